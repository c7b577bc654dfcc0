"""A query cut into tokens, each with its position. Knows the signs of the language, not its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from helpdeskctl.domain.filters_words import Op

KEYWORDS = ("and", "or", "not")

_SPACE = re.compile(r"\s+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r'[^\s()"]+')
_WORD = re.compile(r"([^\W\d_][\w.-]*)(<=|>=|[:~<>])")
_VALUE = re.compile(r'[^\s(),"]+')


class Fault(Exception):
    """Something at offset `at` after which nothing can be understood."""

    def __init__(self, at: int, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.at, self.what, self.hint = at, what, hint


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: `(`, `)`, a keyword, `term` (text to look for), `compare` or `end`; `at` is an offset.

    A comparison has its word in `text`, its operator, and its values with their offsets.
    """

    kind: str
    at: int
    text: str = ""
    op: Op = Op.IS
    values: tuple[tuple[int, str], ...] = ()


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`, ended by one of kind `end`. Raises Fault at a quote that is never closed."""
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _token(text, at)
        yield token
    yield Token("end", at)


def _token(text: str, at: int) -> tuple[Token, int]:
    if text[at] in "()":
        return Token(text[at], at), at + 1
    if text[at] == '"':
        term, end = _quoted(text, at)
        return Token("term", at, term), end
    if word := _WORD.match(text, at):
        values, end = _values(text, word.end())
        return Token("compare", at, word[1], Op(word[2]), values), end
    end = _end_of(_BARE, text, at)
    bare = text[at:end]
    return Token(bare.casefold() if bare.casefold() in KEYWORDS else "term", at, bare), end


def _values(text: str, at: int) -> tuple[tuple[tuple[int, str], ...], int]:
    values: list[tuple[int, str]] = []
    while True:
        start = at
        if text.startswith('"', at):
            value, at = _quoted(text, at)
        else:
            at = _end_of(_VALUE, text, at)
            value = text[start:at]
        values.append((start, value))
        if not text.startswith(",", at):
            return tuple(values), at
        at += 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    found = _QUOTED.match(text, at)
    if found is None:
        raise Fault(at, "this quote is never closed")
    return re.sub(r'\\(["\\])', r"\1", found[1]), found.end()


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
