"""Header blocks in whatever state: split from bytes, encoded words decoded (RFC 5322 section 2.2, RFC 2047)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from itertools import islice, takewhile

from helpdeskctl.domain.text import clean_line
from helpdeskctl.mail.bounds import MAX_HEADER_BYTES, MAX_HEADERS, hold
from helpdeskctl.mail.charsets import decode, looks_japanese

_FIELD = re.compile(rb"([!-9;-~\x80-\xff]++)[ \t]*+:(.*+(?:\n[ \t].*+)*+)\n?")
_LINE = re.compile(rb".*\n?")
_BLANK = re.compile(rb"\r?(?:\n|\Z)")
_PARAMETER = re.compile(rb"[\w*-]{1,40}=")
_END = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_WELL_KNOWN = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|received|return-path|reply-to|in-reply-to|references|mime-version"
    rb"|content-[a-z-]+)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
# Tolerant: spaces and question marks stand in the text of words that real programs write. The outer repeat may give
# back: a possessive one matches wrongly before Python 3.11.5.
_WORD = re.compile(rb"=\?([^?\s]{1,60}+)\?([bBqQ])\?([^?=]*+(?:(?:=(?!\?[^=])|\?(?!=))[^?=]*+)*)\?=")
_BASE64_RUN = re.compile(rb"([^=]+)(=*)")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_MAX_BASE64_RUNS = 10_000


@dataclass(frozen=True, slots=True)
class Headers:
    """The header fields of a mail, in its order. `fields` holds lower-case names and raw, unfolded values."""

    fields: tuple[tuple[str, bytes], ...] = ()
    charset: str | None = None
    """What raw 8-bit values are taken for, unless they are UTF-8."""

    def first(self, name: str) -> str | None:
        """The first value of `name`, decoded, on one line; None when there is no such field."""
        raw = self.raw(name)
        return None if raw is None else self._decoded(raw)

    def all(self, name: str) -> tuple[str, ...]:
        """All values of `name`, decoded, on one line each, in the order of the mail."""
        name = name.lower()
        return tuple(self._decoded(value) for field, value in self.fields if field == name)

    def raw(self, name: str) -> bytes | None:
        """The first value of `name` as it came, unfolded."""
        name = name.lower()
        return next((value for field, value in self.fields if field == name), None)

    def all_raw(self, name: str) -> list[bytes]:
        """All values of `name` as they came, unfolded."""
        name = name.lower()
        return [value for field, value in self.fields if field == name]

    def names(self) -> tuple[str, ...]:
        """The names that stand in the mail, lower case, once each."""
        return tuple(dict.fromkeys(name for name, _ in self.fields))

    @classmethod
    def of(cls, **values: str) -> Headers:
        """Headers from keywords, `_` for `-`: `Headers.of(auto_submitted="auto-replied")`."""
        return cls(tuple((name.replace("_", "-").lower(), value.encode()) for name, value in values.items()))

    def _decoded(self, value: bytes) -> str:
        return clean_line(decode_words(value, self.charset))


@dataclass(frozen=True, slots=True)
class Block:
    """A header block found in raw bytes: its fields, where the body begins, and what was wrong with it."""

    fields: tuple[tuple[str, bytes], ...]
    body: int
    defects: tuple[str, ...] = ()


def split(raw: bytes, start: int = 0, end: int | None = None) -> Block:
    """Read the header block of `raw[start:end]`. Raises Bomb when it is over bounds.

    A line that is no field ends the block, unless a well-known field still follows: then it is taken for a
    continuation that lost its indent. So is a parameter behind a value that ends in a semicolon.
    """
    at, end = start, len(raw) if end is None else end
    fields: list[tuple[str, bytes]] = []
    strays = 0
    last_known: int | None = None
    while at < end:
        if field := _FIELD.match(raw, at, end):
            fields.append((field[1].decode("latin-1").lower(), unfold(field[2])))
            at = field.end()
        elif blank := _BLANK.match(raw, at, end):
            return _block(fields, blank.end(), strays)
        elif fields and fields[-1][1].endswith(b";") and _PARAMETER.match(raw, at, end):
            strays += 1
            at = _lost_indent(raw, at, end, fields)
        else:
            last_known = _last_well_known(raw, at, end) if last_known is None else last_known
            if at > last_known:
                return _block(fields, at, strays, "the header ends without an empty line")
            strays += 1
            at = _lost_indent(raw, at, end, fields)
        hold(at - start, MAX_HEADER_BYTES, "bytes in one header")
        hold(len(fields) + strays, MAX_HEADERS, "header fields")
    return _block(fields, at, strays)


def _block(fields: list[tuple[str, bytes]], body: int, strays: int, *defects: str) -> Block:
    return Block(tuple(fields), body, ("a line of the header is no field",) * bool(strays) + defects)


def unfold(value: bytes) -> bytes:
    """A field's value on one line, without white space at its ends."""
    return (_FOLD.sub(b"", value) if b"\n" in value else value).strip()


def decode_words(value: bytes, charset: str | None = None) -> str:
    """Text of a raw field value: encoded words decoded, raw bytes read as UTF-8 or `charset`. Not cleaned.

    Neighbouring words of one charset are joined as bytes first: writers cut characters in two.
    """
    if b"=?" not in value:
        return _raw_text(value, charset)
    text: list[str] = []
    run = bytearray()
    run_charset = ""
    at = 0
    # Behind the last `?=` no word can end, so none is searched there: that keeps hostile values linear.
    for word in _WORD.finditer(value, 0, value.rfind(b"?=") + 2):
        between = value[at : word.start()]
        label = word[1].decode("latin-1").partition("*")[0].lower()
        if between.strip() or label != run_charset or not run:
            text.append(decode(bytes(run), run_charset))
            run.clear()
            if between.strip() or at == 0:
                text.append(_raw_text(between, charset))
        run += _word_bytes(word)
        run_charset = label
        at = word.end()
    text += (decode(bytes(run), run_charset), _raw_text(value[at:], charset))
    return "".join(text)


def _word_bytes(word: re.Match[bytes]) -> bytes:
    if word[2] in b"qQ":
        return binascii.a2b_qp(word[3], header=True)
    return decode_base64(word[3])


def decode_base64(data: bytes) -> bytes:
    """The bytes of base64 text (RFC 2045 section 6.8). Foreign characters and lacking padding are passed over.

    What stands behind padding counts only where it is whole base64 again: lists append footers, writers join pieces.
    """
    digits = data.translate(None, b" \t\r\n")
    try:
        return binascii.a2b_base64(digits, strict_mode=True)
    except binascii.Error:
        runs = islice(_BASE64_RUN.finditer(digits), _MAX_BASE64_RUNS)
        return b"".join(_base64_run(run[1]) for run in takewhile(_counts, runs))


def _counts(run: re.Match[bytes]) -> bool:
    digits, padding = run.groups()
    return run.start() == 0 or (not digits.translate(None, _BASE64) and (len(digits) + len(padding)) % 4 == 0)


def _base64_run(run: bytes) -> bytes:
    digits = run.translate(None, _NOT_BASE64)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _raw_text(value: bytes, charset: str | None) -> str:
    return decode(value, "iso-2022-jp" if looks_japanese(value) else charset)


def _last_well_known(raw: bytes, at: int, end: int) -> int:
    blank = _END.search(raw, at, min(end, at + MAX_HEADER_BYTES))
    found = -1
    for field in _WELL_KNOWN.finditer(raw, at, blank.start() if blank else min(end, at + MAX_HEADER_BYTES)):
        found = field.start()
    return found


def _lost_indent(raw: bytes, at: int, end: int, fields: list[tuple[str, bytes]]) -> int:
    line = _LINE.match(raw, at, end)
    assert line is not None  # noqa: S101 - the pattern matches everywhere
    if fields:
        name, value = fields[-1]
        fields[-1] = (name, value + b" " + line[0].strip())
    return line.end()
