"""winmail.dat: the envelope in which Outlook sends files to people who do not use it ([MS-OXTNEF], [MS-OXCDATA]).

One pass over the attributes, bounded in their number; nothing is copied but what is handed back.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from helpdeskctl.mail.charsets import decode

_SIGNATURE = 0x223E9F78
_MAX_ATTRIBUTES = 5_000
_MAX_PROPERTIES = 2_000
_MAX_FILES = 200
_RENDERING, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_LONG_NAME, _MIME_TYPE, _CONTENT_ID, _TEXT, _HTML = 0x3707, 0x370E, 0x3712, 0x1000, 0x1013
_FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0xD, 0x102
_SEVERAL = 0x1000
_NAMED = 0x8000


@dataclass(slots=True)
class File:
    """One file in the envelope; `name` may be empty and is not clean."""

    name: str = ""
    content_type: str = "application/octet-stream"
    content: bytes = b""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the envelope holds: files, and the message's text and HTML where they are in it."""

    files: tuple[File, ...]
    text: str
    html: str


def read(data: bytes) -> Opened | None:
    """Open an envelope; None for what is none. A damaged one gives what stands before the damage. Never raises."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    files: list[File] = []
    charset, bodies = "cp1252", {}
    for number, value in _attributes(data):
        if number == _RENDERING and len(files) < _MAX_FILES:
            files.append(File())
        elif number == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif number == _BODY:
            bodies[_TEXT] = _text(value, charset)
        elif number == _MESSAGE_PROPERTIES:
            bodies |= {i: _text(raw, charset, kind) for i, kind, raw in _mapi(value) if i in (_TEXT, _HTML)}
        elif files:
            _describe(files[-1], number, value, charset)
    named = tuple(file for file in files if file.content or file.name)
    return Opened(named, bodies.get(_TEXT, ""), bodies.get(_HTML, ""))


def _attributes(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """(number, value) of each attribute: level, number, type, length, value, checksum."""
    at, view = 6, memoryview(data)
    for _ in range(_MAX_ATTRIBUTES):
        if at + 9 > len(data):
            return
        number, _, length = struct.unpack_from("<HHI", data, at + 1)
        yield number, view[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _describe(file: File, number: int, value: memoryview, charset: str) -> None:
    if number == _TITLE:
        file.name = file.name or _text(value, charset)
    elif number == _DATA:
        file.content = bytes(value)
    elif number == _PROPERTIES:
        for tag, kind, raw in _mapi(value):
            if tag == _LONG_NAME:
                file.name = _text(raw, charset, kind)
            elif tag == _CONTENT_ID:
                file.content_id = _text(raw, charset, kind)
            elif tag == _MIME_TYPE:
                file.content_type = _text(raw, charset, kind).lower() or file.content_type


def _mapi(value: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """(tag, type, value) of the properties in a list; ends where it is damaged."""
    try:
        yield from _properties(value)
    except (struct.error, KeyError):
        return


def _properties(value: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    (count,) = struct.unpack_from("<I", value)
    at = 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        kind, tag = struct.unpack_from("<HH", value, at)
        at += 4
        if tag >= _NAMED:
            at = _after_name(value, at)
        variable = kind & ~_SEVERAL in (_STRING, _UNICODE, _OBJECT, _BINARY)
        several = 1
        if variable or kind & _SEVERAL:
            (several,) = struct.unpack_from("<I", value, at)
            at += 4
        for _ in range(min(several, _MAX_PROPERTIES)):
            length = _FIXED[kind & ~_SEVERAL] if not variable else struct.unpack_from("<I", value, at)[0]
            at += 4 * variable
            yield tag, kind, value[at : at + length]
            at += length + -length % 4


def _after_name(value: memoryview, at: int) -> int:
    """Behind the name of a property: a GUID and a number or a text."""
    (is_text,) = struct.unpack_from("<I", value, at + 16)
    if not is_text:
        return at + 24
    (length,) = struct.unpack_from("<I", value, at + 20)
    return at + 24 + int(length) + -int(length) % 4


def _text(value: memoryview, charset: str, kind: int = _STRING) -> str:
    return decode(bytes(value), "utf-16-le" if kind == _UNICODE else charset).rstrip("\x00")
