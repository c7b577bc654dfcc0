"""Bodies of POST requests, read within limits of our own: parts, fields, header octets, memory, disk.

Bottle's own reader caps everything in memory together, so that two ordinary files fail; it is never used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import parse_qsl

import multipart

from helpdeskctl.domain.images import image_type
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.mail.filenames import cleaned
from helpdeskctl.operations.portal_drafts import NewFile
from helpdeskctl.queries.portal_forms import InBasket

MOST_PARTS = 60
LONGEST_TEXT = 256 * 1024  # octets of one text field
_SPOOL = 64 * 1024  # octets of a part that are kept in memory
_HEADER = 4096
_HEADERS = 8
_BINARY = "application/octet-stream"


class Unreadable(Exception):
    """The body is no form, or ends too early."""


class TooLarge(Exception):
    """The body is larger than is taken; `fields` are the texts that came before that was noticed."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("the request is too large")
        self.fields = fields


@dataclass(slots=True)
class Part:
    """A part of a body, in memory while it is small and in a temporary file that has no name once it is not."""

    name: str
    filename: str | None
    content_type: str
    size: int = 0
    whole: bool = False
    content: SpooledTemporaryFile[bytes] = field(default_factory=lambda: SpooledTemporaryFile(_SPOOL))  # noqa: SIM115 - closed with its form

    def read(self) -> bytes:
        """All of it."""
        self.content.seek(0)
        return self.content.read()


@dataclass(slots=True)
class Form:
    """What came with a POST: texts by name, and files that lie in temporary files until they are asked for."""

    fields: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A text of several lines, cleaned; empty when it did not come."""
        return clean(self.fields.get(name, ""))

    def line(self, name: str) -> str:
        """A text on one line, cleaned."""
        return clean_line(self.fields.get(name, ""))

    def secret(self, name: str) -> str:
        """A password, exactly as it was typed."""
        return self.fields.get(name, "")

    def number(self, name: str) -> int:
        """A whole number; 0 for anything else."""
        text = self.fields.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0

    def files(self) -> Iterator[NewFile]:
        """The chosen files, one after the other in memory."""
        for part in self.parts:
            if part.filename or (part.filename is not None and part.size):
                data = part.read()
                yield NewFile(cleaned(part.filename) or "file", content_type(data, part.content_type), data)

    def texts(self) -> dict[str, str]:
        """The texts among the parts that arrived whole."""
        found = [part for part in self.parts if part.filename is None and part.whole]
        return {part.name: part.read().decode("utf-8", "replace") for part in found}

    def close(self) -> None:
        """Remove the temporary files."""
        for part in self.parts:
            part.content.close()


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it is shown: its token, what stands in its fields, what is wrong there, and the files it has."""

    token: str
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    files: tuple[InBasket, ...] = ()

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "")


def read(environ: Mapping[str, Any], *, max_body: int) -> Form:
    """The form of a request. Raises Unreadable, or TooLarge with the texts that were read before."""
    kind, options = multipart.parse_options_header(environ.get("CONTENT_TYPE", ""))
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Unreadable("no length")
    if kind == "multipart/form-data":
        return _read_parts(environ["wsgi.input"], options.get("boundary", ""), int(length), max_body)
    if kind in ("application/x-www-form-urlencoded", "") or int(length) == 0:
        return _read_pairs(environ["wsgi.input"], int(length))
    raise Unreadable(kind)


def content_type(data: bytes, said: str) -> str:
    """What a file is stored as: by its bytes if they are an image's, else what the browser said, unless that lies."""
    if seen := image_type(data):
        return seen
    main, slash, sub = said.strip().lower().partition("/")
    plausible = slash and all(part.replace("-", "").replace(".", "").replace("+", "").isalnum() for part in (main, sub))
    return f"{main}/{sub}" if plausible and said.isascii() and len(said) <= 100 and main != "image" else _BINARY


def _read_pairs(stream: Any, length: int) -> Form:
    if length > 2 * LONGEST_TEXT:
        raise TooLarge({})
    body = stream.read(length)
    if len(body) < length:
        raise Unreadable("the body ends too early")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_PARTS)
    except ValueError as error:
        raise TooLarge({}) from error
    return Form(dict(pairs))


def _read_parts(stream: Any, boundary: str, length: int, max_body: int) -> Form:
    form = Form()
    try:
        with multipart.PushMultipartParser(
            boundary, length, max_segment_count=MOST_PARTS, max_header_count=_HEADERS, max_header_size=_HEADER
        ) as parser:
            for event in parser.parse_blocking(stream.read):
                _take(form, event, max_body)
    except multipart.MultipartError as error:
        texts = form.texts()
        form.close()
        if isinstance(error, multipart.ParserLimitReached):
            raise TooLarge(texts) from error
        raise Unreadable(str(error)) from error
    form.fields |= form.texts()
    return form


def _take(form: Form, event: Any, max_body: int) -> None:
    """Go on with what the parser found: the head of a part, octets of it, or its end."""
    if isinstance(event, multipart.MultipartSegment):
        form.parts.append(Part(event.name, event.filename, event.content_type or ""))
    elif event:
        part = form.parts[-1]
        part.content.write(event)
        part.size += len(event)
        longest = LONGEST_TEXT if part.filename is None else max_body
        if part.size > longest or sum(each.size for each in form.parts) > max_body:
            raise multipart.ParserLimitReached("too large")
    else:
        form.parts[-1].whole = True
