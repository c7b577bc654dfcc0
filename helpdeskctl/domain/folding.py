"""Text as the full-text search compares it: without case, marks, signs and compatibility forms."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 250_000
"""Characters of a message that are searched: what a tsvector of Postgres can hold whatever the script."""

_LONG_WORD = re.compile(r"(\S{500})\S+")  # Postgres takes no longer ones than 2046 octets
_SIGNS = re.compile(r"[\W_]+")
_NO_SPACES = re.compile(  # scripts written without spaces: each character is a word, a run of them a phrase
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


def fold(text: str) -> str:
    """The words of `text`, one space between: NFKD without marks, casefolded, at most `LIMIT` characters.

    What is searched and what is searched for both pass here, so that both databases agree on what a word is.
    """
    text = text[:LIMIT]
    if not text.isascii():
        # Marks go first: normalising a long run of them takes quadratic time.
        text = _unmarked(unicodedata.normalize("NFKD", _unmarked(text)))
        text = _NO_SPACES.sub(r" \1 ", text)
    return _LONG_WORD.sub(r"\1", _SIGNS.sub(" ", text.casefold()).strip()[:LIMIT])


def _unmarked(text: str) -> str:
    return "".join(c for c in text if c < "\x80" or unicodedata.category(c)[0] != "M")
