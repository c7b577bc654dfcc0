r"""Patterns that people type: pieces of text to look for, in any case. No regular expressions: none of these can hang.

    fire|smoke     either of them, anywhere
    ^out of office at the beginning of a line; `ready$` at its end; `^$` an empty one
    won.*prize     with anything between, on one line
    100\$          a backslash before a sign takes the sign as it stands

Everything else stands for itself: a dot is a dot, a star a star. Time is linear in the text (docs/decisions/010).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from helpdeskctl.errors import InvalidInput

LONGEST = 100_000
"""Characters of a text that patterns look at."""

_FOREIGN = re.compile(r"(?<!\\)(?:\.[+?]|\(\?|\[\^?(?:\w-\w)+\]|[\w)\]]\{[0-9]+,?[0-9]*\})")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One alternative: `pieces` follow each other on one line, the first at its begin and the last at its end if so."""

    pieces: tuple[str, ...]
    at_begin: bool = False
    at_end: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is a piece of text that may stand anywhere."""
        return len(self.pieces) == 1 and not self.at_begin and not self.at_end

    def holds(self, line: str) -> bool:
        """Whether it is found in a line, which is casefolded."""
        at, pieces = 0, self.pieces
        if self.at_begin:
            if not line.startswith(pieces[0]):
                return False
            at, pieces = len(pieces[0]), pieces[1:]
        last = pieces[-1] if self.at_end and pieces else ""
        for piece in pieces[:-1] if self.at_end else pieces:
            at = line.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        if not self.at_end:
            return True
        return line.endswith(last) and (at <= len(line) - len(last) if pieces else at == len(line))


class Searched:
    """A text that patterns look into; what they need of it is made once, when the first asks."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST]

    @cached_property
    def folded(self) -> str:
        """The text casefolded. It has the same lines."""
        return self.text.casefold()

    @cached_property
    def lines(self) -> list[str]:
        """The lines of `folded`."""
        return self.folded.split("\n")

    def line_of(self, patterns: Sequence[Pattern]) -> int | None:
        """The first line in which one of `patterns` is found, counted from 0."""
        found = [line for pattern in patterns if (line := self._line_of(pattern)) is not None]
        return min(found, default=None)

    def _line_of(self, pattern: Pattern) -> int | None:
        if pattern.is_plain:
            at = self.folded.find(pattern.pieces[0])
            return None if at < 0 else self.folded.count("\n", 0, at)
        if not all(piece in self.folded for piece in pattern.pieces):
            return None
        return next((number for number, line in enumerate(self.lines) if pattern.holds(line)), None)


@lru_cache(maxsize=4096)
def one(text: str) -> Pattern:
    """A single alternative. Raises InvalidInput, also for what only a regular expression would mean."""
    if foreign := _FOREIGN.search(text):
        hint = 'pieces of text, | or .* between them: "fire|won.*prize"'
        raise InvalidInput(f'patterns know no "{foreign[0]}"', hint=hint)
    at_begin = text.startswith("^")
    pieces, at_end = _pieces(text[at_begin:])
    folded = tuple(piece.casefold() for piece in pieces)
    if not any(folded) and not (at_begin and at_end and folded == ("",)):
        raise InvalidInput(f'the pattern "{text}" says nothing', hint="a piece of text; ^$ is an empty line")
    return Pattern(folded, at_begin, at_end)


def several(text: str) -> tuple[Pattern, ...]:
    """The alternatives of `text`, between `|`. Raises InvalidInput."""
    return tuple(one(part) for part in text.split("|"))


def _pieces(text: str) -> tuple[list[str], bool]:
    """What stands between `.*`, and whether a `$` ends the text."""
    pieces, at = [""], 0
    while at < len(text):
        if text.startswith(".*", at):
            pieces.append("")
            at += 2
        elif text[at] == "\\":
            pieces[-1] += _escaped(text, at + 1)
            at += 2
        elif text[at] == "$" and at == len(text) - 1:
            return pieces, True
        else:
            pieces[-1] += text[at]
            at += 1
    return pieces, False


def _escaped(text: str, at: int) -> str:
    sign = text[at : at + 1]
    if not sign or sign.isalnum():
        what = f"\\{sign}" if sign else "a backslash at the end"
        raise InvalidInput(
            f'patterns know no "{what}"', hint=r"a backslash stands before a sign: \$; | always separates"
        )
    return sign
