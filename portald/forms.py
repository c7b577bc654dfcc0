"""Bodies of POST requests, read within limits of our own: parts, fields, header octets, memory, disk.

Bottle's own reader caps everything in memory together, so that two ordinary files fail; it is never used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
_MEMORY = 4 * 1024**2
_HEADER = 4096
_BINARY = "application/octet-stream"


class Unreadable(Exception):
    """The body is no form, or ends too early."""


class TooLarge(Exception):
    """The body is larger than is taken; `fields` are the texts that came before that was noticed."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("the request is too large")
        self.fields = fields


@dataclass(slots=True)
class Form:
    """What came with a POST: texts by name, and files that lie in temporary files until they are asked for."""

    fields: dict[str, str] = field(default_factory=dict)
    parts: list[Any] = field(default_factory=list)

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
            data = part.raw
            if name := cleaned(part.filename or ""):
                yield NewFile(name, content_type(data, part.content_type), data)
            elif data:
                yield NewFile("file", content_type(data, part.content_type), data)

    def close(self) -> None:
        """Remove the temporary files."""
        for part in self.parts:
            part.close()


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
        for part in multipart.MultipartParser(
            stream, boundary, length, part_limit=MOST_PARTS, headersize_limit=_HEADER, spool_limit=LONGEST_TEXT,
            memory_limit=_MEMORY, disk_limit=max_body,
        ):  # fmt: skip
            if part.filename is not None:
                form.parts.append(part)
            elif part.is_buffered():
                form.fields[part.name] = part.raw.decode("utf-8", "replace")
                part.close()
            else:
                part.close()
                raise multipart.ParserLimitReached("a text is too long")
    except multipart.MultipartError as error:
        form.close()
        if isinstance(error, multipart.ParserLimitReached):
            raise TooLarge(form.fields) from error
        raise Unreadable(str(error)) from error
    return form
