"""Content-Type and Content-Disposition with their parameters (RFC 2045 section 5.1, RFC 2231), as sent in the wild."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from helpdeskctl.mail.charsets import decode
from helpdeskctl.mail.headers import decode_words

_VALUE = re.compile(rb"\s*+([^\s;]*+)")
# A run of white space is looked at from its beginning only.
_PARAMETER = re.compile(
    rb"""(?:;\s*+|(?<!\s)\s++)([^\s=;"*]++)(?:\*(\d{1,3}+))?(\*)?\s*+=\s*+("(?:[^"\\]++|\\.)*+"?|[^;]*+)""", re.DOTALL
)
_COMMENT = re.compile(rb"(?<!\s)\s++\(")
_PIECE_BYTES = 4_000  # of one parameter; longer ones serve nobody


def parse(value: bytes, charset: str | None = None) -> tuple[str, dict[str, str]]:
    """The value in lower case and its parameters by lower-case name, decoded but not cleaned."""
    main = _VALUE.match(value)
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, index, extended, raw in _PARAMETER.findall(value):
        order = int(index) if index else -1 - bool(extended)
        label = name.decode("latin-1").lower()
        pieces.setdefault(label, {}).setdefault(order, (_unquoted(raw), bool(extended)))
    text = main[1].decode("latin-1").lower() if main else ""
    return text, {name: _joined(found, charset) for name, found in pieces.items()}


def _unquoted(raw: bytes) -> bytes:
    if raw.startswith(b'"'):
        # Only quotes and backslashes are escaped by everybody; Windows programs put bare paths here.
        return re.sub(rb'\\(["\\])', rb"\1", raw[1:].removesuffix(b'"'))[:_PIECE_BYTES]
    plain = raw.strip()[:_PIECE_BYTES].rstrip()
    comment = _COMMENT.search(plain) if plain.endswith(b")") else None
    return plain[: comment.start()] if comment else plain


def _joined(pieces: dict[int, tuple[bytes, bool]], charset: str | None) -> str:
    """`name*` wins over `name*0` and its followers, these win over the plain form."""
    if -2 in pieces:
        return _extended([pieces[-2]])
    if 0 in pieces:
        return _extended([pieces[order] for order in sorted(pieces) if order >= 0])
    return decode_words(next(iter(pieces.values()))[0], charset)


def _extended(pieces: list[tuple[bytes, bool]]) -> str:
    first, is_extended = pieces[0]
    charset = None
    if is_extended and first.count(b"'") >= 2:
        label, _, first = first.split(b"'", 2)
        charset = label.decode("latin-1")
        pieces = [(first, True), *pieces[1:]]
    data = b"".join(unquote_to_bytes(raw) if extended else raw for raw, extended in pieces)
    return decode(data, charset) if charset else decode_words(data)
