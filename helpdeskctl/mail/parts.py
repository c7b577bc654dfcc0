"""The MIME tree of a mail (RFC 2046), cut from its bytes in one pass that stays within bounds.

Nothing here looks into attached mails: they are leaves. So the depth is that of the multiparts alone.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from helpdeskctl.mail.bounds import MAX_DEPTH, MAX_PARTS, hold
from helpdeskctl.mail.headers import Block, Headers, decode_base64, split
from helpdeskctl.mail.params import parse

_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\r?\Z)")
_ENCODING = re.compile(rb"[a-z0-9-]+")
_MAX_BOUNDARY_LINES = 100_000
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
_UU_END = re.compile(rb"^end", re.MULTILINE)


@dataclass(slots=True, eq=False)
class Part:
    """One part. `body` is still in its transfer encoding; `children` is empty for leaves."""

    headers: Headers
    content_type: str
    parameters: dict[str, str]
    body: bytes
    disposition: str = ""
    disposition_parameters: dict[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)

    @property
    def main_type(self) -> str:
        """What stands before the slash of the content type."""
        return self.content_type.partition("/")[0]

    @property
    def raw_name(self) -> str:
        """The file name the sender gave, from either header; may be empty, is not clean."""
        names = self.disposition_parameters.get("filename"), self.parameters.get("name")
        return names[0] or names[1] or self.disposition_parameters.get("name", "")

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone; as it stands where that fails or is unknown."""
        return _decoded(self.body, self.headers)


class Tree:
    """Reads the parts of one mail. `defects` collects what was wrong with the structure."""

    def __init__(self, raw: bytes, charset: str | None = None) -> None:
        self.raw = raw
        self.charset = charset
        self.defects: list[str] = []
        self._count = 0

    def root(self, block: Block) -> Part:
        """The part that is the mail itself, below its header. Raises Bomb."""
        return self._part(block, self.raw, (block.body, len(self.raw)), depth=0, default="text/plain")

    def _part(self, block: Block, raw: bytes, span: tuple[int, int], *, depth: int, default: str) -> Part:
        self._count += 1
        hold(self._count, MAX_PARTS, "parts")
        hold(depth, MAX_DEPTH, "levels of parts")
        headers = Headers(block.fields, self.charset)
        content_type, parameters = self._content_type(headers, default)
        part = Part(headers, content_type, parameters, b"")
        disposition = headers.raw("content-disposition")
        if disposition is not None:
            part.disposition, part.disposition_parameters = parse(disposition, self.charset)
        if part.main_type == "multipart" and self._read_children(part, raw, span, depth):
            return part
        part.body = raw[slice(*span)]
        return part

    def _content_type(self, headers: Headers, default: str) -> tuple[str, dict[str, str]]:
        value = headers.raw("content-type")
        if value is None:
            return default, {}
        content_type, parameters = parse(value, self.charset)
        if content_type.count("/") != 1:
            self.defects.append("a content type that is none")
            return ("text/html" if content_type == "html" else default), parameters
        return content_type, parameters

    def _read_children(self, part: Part, raw: bytes, span: tuple[int, int], depth: int) -> bool:
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        segments = _segments(raw, span, boundary) if boundary else []
        if not segments and (encoding := _encoding(part.headers)) in ("base64", "quoted-printable"):
            raw = _decoded(raw[slice(*span)], part.headers)
            segments = _segments(raw, (0, len(raw)), boundary) if boundary and encoding else []
        if not segments:
            self.defects.append("a multipart without parts")
            part.content_type = "text/plain"
            return False
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, end in segments:
            block = split(raw, start, end)
            self.defects += block.defects
            span = (min(block.body, end), end)
            part.children.append(self._part(block, raw, span, depth=depth + 1, default=default))
        return True


def _segments(raw: bytes, span: tuple[int, int], boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts between the delimiter lines stand. One after a too early end counts, an epilogue does not."""
    mark, (at, end) = b"--" + boundary, span
    segments: list[tuple[int, int]] = []
    start: int | None = None
    lines = 0
    found = at if raw.startswith(mark, at, end) else _next_line_with(mark, raw, at, end)
    while found >= 0:
        lines += 1
        hold(lines, _MAX_BOUNDARY_LINES, "lines like a boundary")
        delimiter = _AFTER_BOUNDARY.match(raw, found + len(mark), end)
        if delimiter:
            if start is not None:
                segments.append((start, _before_line_end(raw, start, found)))
                hold(len(segments), MAX_PARTS, "parts")
            start = None if delimiter[1] else delimiter.end()
            at = delimiter.end() - 1
        else:
            at = found + len(mark)
        found = _next_line_with(mark, raw, at, end)
    if start is not None:
        # Some programs forget the line end before the closing delimiter.
        closing = raw.rfind(mark + b"--", start, end)
        is_glued = closing >= 0 and not raw[closing + len(mark) + 2 : end].strip()
        segments.append((start, closing if is_glued else end))
    return segments


def _next_line_with(mark: bytes, raw: bytes, at: int, end: int) -> int:
    found = raw.find(b"\n" + mark, at, end)
    return found + 1 if found >= 0 else -1


def _before_line_end(raw: bytes, start: int, found: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    end = found - 1
    if end > start and raw[end - 1] == 0x0D:
        end -= 1
    return max(end, start)


def _encoding(headers: Headers) -> str:
    value = headers.raw("content-transfer-encoding")
    found = _ENCODING.search(value.lower()) if value else None
    return found[0].decode() if found else ""


def _decoded(body: bytes, headers: Headers) -> bytes:
    encoding = _encoding(headers)
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "x-uue", "uuencode", "uue"):
        return _uudecoded(body)
    return body


def _uudecoded(body: bytes) -> bytes:
    # The end is looked for once, behind the first beginning: a body of beginnings alone must stay linear.
    begin = _UU_BEGIN.search(body)
    end = _UU_END.search(body, begin.end()) if begin else None
    lines = (body[begin.end() : end.start()] if begin and end else body).splitlines()
    try:
        return b"".join(binascii.a2b_uu(line) for line in lines)
    except binascii.Error:
        return body
