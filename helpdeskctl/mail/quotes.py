"""Which lines of a reply are quoted or signature (MAIL-16). Linear time; nothing is cut, only named.

Every pattern looks at one line, or at a few joined ones of limited length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from helpdeskctl.mail import phrases
from helpdeskctl.mail.incoming import Fold

_ATTRIBUTION_LINES = 7
_ATTRIBUTION_LENGTH = 400
_MAX_TRIED = 200  # lines above any quote that end like `wrote:` or begin like `From:`
_HEADER_LINES = 8
_LABEL_LENGTH = 40
_SIGNATURE_LINES = 15
_DELIMITED_LINES = 40  # below the delimiter that everybody agrees on
_CLOSING_LINES = 4
# Marks of the reading direction, which programs put round names and at the ends of lines.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_QUOTED = re.compile(r" {0,3}>")
_RULE = re.compile(r"\s*(?:[_-]{3,}|\* \* \*)\s*")
_SIGNATURE = re.compile(r"\s*(?:--|—+|––+|_{3,}|-{3,}|ᐧ)\s*")
_DASHES = {"-", "—", "–", "_", "ᐧ"}  # with which each of those begins
_DELIMITERS = ("--", "-- ")  # RFC 3676 section 4.3; many programs strip the space
_TELLING = re.compile(r"[\d@]|--")
_DASHED_NAME = re.compile(r"-{1,2}[^\W\d_][\w.'’-]{0,30}(?: [^\W\d_][\w.'’-]{0,30}){0,2}")


class _Quote(NamedTuple):
    first: int
    content: int
    """The first line below `On … wrote:`, a separator or a header."""


def folds(text: str) -> tuple[Fold, ...]:
    """The foldable lines of `text`, in order.

    Quotes are not folded where the author wrote below or between them, but for what is quoted below the last answer;
    and never is everything folded.
    """
    lines = (text if text.isascii() else _DIRECTIONS.sub("", text)).split("\n")
    quote = _foldable_quote(lines)
    end = quote.first_line if quote else len(lines)
    signature = _signature(lines, 0, end)
    if not _holds_words(lines[: signature.first_line if signature else end]):
        signature = None
    if not _holds_words(lines[:end]):
        return ()
    below = _signature(lines, quote.last_line + 1, len(lines)) if quote else None
    return tuple(fold for fold in (signature, quote, below) if fold)


def _foldable_quote(lines: list[str]) -> Fold | None:
    """The quote, when nothing of the author's follows it but a signature."""
    quote = _start_of_quote(lines)
    if quote is None:
        return None
    marked = next((n for n in range(quote.content, len(lines)) if lines[n].strip()), None)
    if marked is None or not _QUOTED.match(lines[marked]):
        return Fold("quote", quote.first, len(lines) - 1)
    last = _end_of_marks(lines, marked)
    below = _signature(lines, last + 1, len(lines))
    end = below.first_line if below else len(lines)
    if not _holds_words(lines[last + 1 : end]) or _is_closing(lines[last + 1 : end]):
        return Fold("quote", quote.first, last)
    return _below_last_answer(lines, end)


def _below_last_answer(lines: list[str], end: int) -> Fold | None:
    """What is quoted at the very end of `lines[:end]`, behind answers between quotes."""
    first = last = end
    for number in range(end - 1, -1, -1):
        if _QUOTED.match(lines[number]):
            first, last = number, max(last, number) if last < end else number
        elif lines[number].strip():
            break
    return Fold("quote", first, last) if first < end else None


def _is_closing(lines: list[str]) -> bool:
    """Whether the author only takes leave here: that is no answer to what is quoted above it."""
    words = [line for line in lines if line.strip()]
    return len(words) <= _CLOSING_LINES and phrases.CLOSING.fullmatch(words[0][:80].strip()) is not None


def _start_of_quote(lines: list[str]) -> _Quote | None:
    tried = 0
    for number, line in enumerate(lines):
        # Most lines are told by a look at their ends; the long patterns see the few that are left.
        if tried < _MAX_TRIED and _ends_like_attribution(line):
            tried += 1
            if (start := _start_of_attribution(lines, number)) is not None:
                return _Quote(start, number + 1)
        if line.lstrip(" ").startswith(">") and _QUOTED.match(line):
            return _Quote(number, number)
        if ("--" in line or ":" in line) and phrases.SEPARATOR.fullmatch(line[:_ATTRIBUTION_LENGTH]):
            return _Quote(number, number + 1)
        if tried < _MAX_TRIED and phrases.HEADER.match(line[:_LABEL_LENGTH]):
            tried += 1
            if (end := _end_of_header(lines, number)) is not None:
                return _Quote(_above_rule(lines, number), end)
    return None


def _ends_like_attribution(line: str) -> bool:
    end = line[-60:].rstrip().lower()
    return end.endswith(phrases.ATTRIBUTION_ENDS) or " gmt+" in end


def _start_of_attribution(lines: list[str], end: int) -> int | None:
    """The first line of `On … wrote:` when its last one is `end`: the nearest one above that has the date, if any."""
    pattern = phrases.ATTRIBUTION_ABOVE_MARKS if _marks_follow(lines, end) else phrases.ATTRIBUTION
    joined, found = "", None
    for start in range(end, max(end - _ATTRIBUTION_LINES, -1), -1):
        line = lines[start].strip()
        if (not line and not joined.startswith("<")) or len(line) + len(joined) > _ATTRIBUTION_LENGTH:
            break
        joined = f"{line} {joined}".strip()
        # Every form has a date, an address or dashes; without them the long patterns need not be tried.
        if line and _TELLING.search(joined) and pattern.fullmatch(joined):
            found = start
            if phrases.MOMENT.search(line):
                break
    return found


def _marks_follow(lines: list[str], number: int) -> bool:
    below = next((line for line in lines[number + 1 : number + 4] if line.strip()), "")
    return bool(_QUOTED.match(below))


def _end_of_header(lines: list[str], start: int) -> int | None:
    """Where a mail's header ends that begins on line `start`, as Outlook and others write it above what they quote."""
    found: set[str | None] = set()
    number = start
    for number in range(start, min(start + _HEADER_LINES, len(lines))):
        if not lines[number].strip():
            break
        if header := phrases.HEADER.match(lines[number][:_LABEL_LENGTH]):
            found.add(header.lastgroup)
    if len(found) == 1 and _is_header_in_a_line(lines[start]):
        return start + 1
    return number + 1 if len(found) >= 2 else None


def _is_header_in_a_line(line: str) -> bool:
    """Whether a second field stands behind the first, as in text made of careless HTML."""
    line = line[:_ATTRIBUTION_LENGTH]
    return bool(phrases.SECOND_FIELD.search(line) and phrases.MOMENT.search(line) and "@" in line)


def _above_rule(lines: list[str], start: int) -> int:
    """A rule right above a quoted header belongs to it."""
    above = start - 1
    while above >= 0 and start - above < 3 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.fullmatch(lines[above]) else start


def _end_of_marks(lines: list[str], first: int) -> int:
    """The last marked line: empty lines and single ones that lost their mark in wrapping belong to the quote."""
    last = first
    for number in range(first + 1, len(lines)):
        if _QUOTED.match(lines[number]):
            last = number
        elif lines[number].strip() and not _was_wrapped(lines, number):
            break
    return last


def _was_wrapped(lines: list[str], number: int) -> bool:
    before, after = lines[number - 1], lines[number + 1] if number + 1 < len(lines) else ""
    return bool(_QUOTED.match(before) and _QUOTED.match(after)) and not lines[number].strip()[0].isupper()


def _signature(lines: list[str], start: int, end: int) -> Fold | None:
    """The signature at the end of `lines[start:end]`: below a delimiter, or a line that a program added."""
    while end > start and not lines[end - 1].strip():
        end -= 1
    near = max(end - _SIGNATURE_LINES, start)
    far = lines[max(end - _DELIMITED_LINES, start) : near]
    if delimiter := next((each for each in _DELIMITERS if each in far), None):
        return Fold("signature", near - len(far) + far.index(delimiter), end - 1)
    for number in range(near, end):
        line = lines[number]
        if line.lstrip()[:1] in _DASHES and _SIGNATURE.fullmatch(line[:100]):
            return Fold("signature", number, end - 1)
        if number >= end - 3 and phrases.SENT_FROM.fullmatch(line[:100]):
            return Fold("signature", number, end - 1)
    return _dashed_name(lines, start, end)


def _dashed_name(lines: list[str], start: int, end: int) -> Fold | None:
    """`-Alice` below an empty line."""
    is_apart = end - start > 2 and not lines[end - 2].strip()
    return Fold("signature", end - 1, end - 1) if is_apart and _DASHED_NAME.fullmatch(lines[end - 1][:100]) else None


def _holds_words(lines: list[str]) -> bool:
    return any(c.isalnum() for line in lines for c in line)
