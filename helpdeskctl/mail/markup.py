"""Raw HTML, tokenised as browsers do (HTML Living Standard 13.2.5), to judge it before a parser is let near it.

The sanitizer takes quadratic time in the nesting. So the depth it will build is estimated first, in linear time and
never too low: a closing tag counts only where the standard says that it closes something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from helpdeskctl.mail.bounds import MAX_HTML_CHARACTERS, MAX_HTML_DEPTH

# `clean` has run: white space is blank, tab and LF.
_ATTRIBUTE = r"""[^\t\n />][^\t\n />=]*+(?:[\t\n ]*+=[\t\n ]*+(?:"[^"]*+"|'[^']*+'|(?=>)|[^\t\n "'>][^\t\n >]*+))?+"""
_MARKUP = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?:[!?]|/(?![a-zA-Z]))[^>]*+(?:>|\Z)"
    rf"|<(?P<close>/?)(?P<name>[a-zA-Z][^\t\n />]*+)(?:[\t\n /]++|{_ATTRIBUTE})*+>",
    re.DOTALL,
)
_LETTER = re.compile(r"</?[a-zA-Z]")
_FOREIGN = re.compile(r"(</?)(?=(?:svg|math)[\t\n />])", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(
    r"&(?!(?:[a-zA-Z][a-zA-Z0-9]{1,31}|\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6});|(?:nbsp|amp|[lg]t|quot|[aouAOU]uml|szlig)\b)"
)
_RAW_TEXT = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"}
# Void elements, and those that the next of their kind or their only parent closes.
_FLAT = set(
    "area base br col embed hr img input link meta param source track wbr html head body form "  # noqa: SIM905 - a list of names
    "p li td th tr tbody thead tfoot".split()
)
_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_BARRIERS = {"table", "select", "template", "object", "marquee", "applet", "button"}
_NEW_LINE = {"br", "p", "div", "tr", "li", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
_MAX_TAG = 32 * 1024  # attributes are compared with each other
_MAX_WORK = 2_000_000
_MAX_ENTITIES = 50_000  # the sanitizer copies a text anew at each of them


def tame(html: str) -> str:
    """`html` (cleaned) without what makes parsers slow or odd, and the same to look at.

    SVG and MathML become unknown elements: their content follows other rules, and none of it is shown. Bare
    ampersands are escaped: the sanitizer takes quadratic time over a row of what only begins like an entity.
    """
    return _BARE_AMPERSAND.sub("&amp;", _FOREIGN.sub(r"\1x-", html))


def too_much(html: str, most: int = MAX_HTML_CHARACTERS) -> str | None:
    """Why `html` is not given to a parser, or None; `most` characters may be."""
    if len(html) > most:
        return "the HTML is too long"
    if len(html) < _MAX_TAG and html.count("<") <= MAX_HTML_DEPTH:
        return None  # most mail: too little of it to be nested too deeply
    if html.count("&") > _MAX_ENTITIES:
        return "the HTML has too many entities"
    nesting = _Nesting()
    for start, end, name, closing in _tags(html):
        if name and end - start > _MAX_TAG:
            return "a tag of the HTML is too long"
        nesting.close(name) if closing else nesting.open(name)
        if len(nesting.open_tags) > MAX_HTML_DEPTH or nesting.work > _MAX_WORK:
            return "the HTML is nested too deeply"
    return None


def stripped(html: str) -> str:
    """The text between the tags, in linear time, for HTML that no parser is given."""
    text: list[str] = []
    at = 0
    for start, end, name, _ in _tags(html):
        text.append(html[at:start])
        text.append("\n" if name in _NEW_LINE else "")
        at = end
    text.append(html[at:])
    return unescape("".join(text))


def _tags(html: str) -> Iterator[tuple[int, int, str, bool]]:
    """Start, end, lower-case name and whether it closes, of every tag. Comments come as tags without a name."""
    at = 0
    while (at := html.find("<", at)) >= 0:
        found = _MARKUP.match(html, at)
        if found is None and _LETTER.match(html, at):
            return  # the end comes inside a tag: browsers drop the rest
        if found is None:
            at += 1
            continue
        name, end = (found["name"] or "").lower(), found.end()
        if name in _RAW_TEXT and not found["close"]:
            end = _end_of_raw_text(html, end, name)
            name = ""
        yield at, end, name, bool(found["close"])
        at = end


def _end_of_raw_text(html: str, at: int, name: str) -> int:
    if name == "plaintext":
        return len(html)
    end = re.compile(rf"</{name}(?=[\t\n />])", re.IGNORECASE).search(html, at)
    return end.start() if end else len(html)


class _Nesting:
    """The stack of open elements, at least as deep as the standard's."""

    def __init__(self) -> None:
        self.open_tags: list[str] = []
        self.work = 0
        self._formatting = 0

    def open(self, name: str) -> None:
        # Formatting that was left open is opened again inside every new block.
        self.work += self._formatting
        if name and name not in _FLAT:
            self.open_tags.append(name)
            self._formatting += name in _FORMATTING

    def close(self, name: str) -> None:
        if name in _FLAT:
            return
        for depth in range(len(self.open_tags) - 1, -1, -1):
            self.work += 1
            if self.open_tags[depth] == name:
                self._pop(depth, name)
                return
            if self.open_tags[depth] in _BARRIERS:
                return

    def _pop(self, depth: int, name: str) -> None:
        if name in _FORMATTING:
            self._formatting -= 1
            del self.open_tags[depth]
        else:
            self.open_tags[depth:] = [left for left in self.open_tags[depth:] if left in _FORMATTING]
