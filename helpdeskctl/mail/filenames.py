"""Names of attachments: shown to people, offered for download, never used as a path."""

from __future__ import annotations

import re

from helpdeskctl.domain.text import clean_line
from helpdeskctl.mail.headers import Headers, split
from helpdeskctl.mail.parts import Part

_MAX_LENGTH = 200
_DIRECTIONS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PATH = re.compile(r"[A-Za-z]:[/\\\\]|[/\\\\]|\.+[/\\\\]")
_SLASHES = re.compile(r"[/\\]+")
_BY_TYPE = {
    "application/ms-tnef": "winmail.dat",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "receipt.txt",
    "message/feedback-report": "feedback-report.txt",
    "message/rfc822": "message.eml",
    "text/calendar": "invitation.ics",
    "text/html": "message.html",
    "text/plain": "message.txt",
    "text/rfc822-headers": "headers.txt",
}
_EXTENSIONS = {"jpeg": "jpg", "octet-stream": "bin", "plain": "txt", "svg+xml": "svg", "tiff": "tif", "x-zip": "zip"}


def file_name(part: Part, number: int) -> str:
    """The name the sender gave, made harmless to show; else the subject of an attached mail; else one made up."""
    if part.content_type == "message/rfc822" and not part.raw_name:
        return f"{cleaned(_subject(part))}.eml" if cleaned(_subject(part)) else "message.eml"
    made_up = _BY_TYPE.get(part.content_type) or _made_up(part.content_type, number)
    described = cleaned(part.headers.first("content-description") or "")
    if described and "." not in described:
        described += made_up[made_up.rindex(".") :]
    return cleaned(part.raw_name) or described or made_up


def _subject(part: Part) -> str:
    content = part.content
    return Headers(split(content).fields, part.headers.charset).first("subject") or ""


def cleaned(name: str) -> str:
    """A stranger's file name, fit to be shown: one line, no path, no controls; empty when nothing is left."""
    name = _DIRECTIONS.sub("", clean_line(name))
    if _PATH.match(name):
        name = _SLASHES.split(name)[-1]
    name = _SLASHES.sub("_", name)
    if len(name) > _MAX_LENGTH:
        _, dot, extension = name.rpartition(".")
        kept = dot + extension if dot and len(extension) <= 10 else ""
        name = name[: _MAX_LENGTH - len(kept)] + kept
    return "" if set(name) <= set("._ ") else name


def _made_up(content_type: str, number: int) -> str:
    main, _, subtype = content_type.partition("/")
    subtype = re.sub(r"[^a-z0-9+-]", "", subtype)
    extension = _EXTENSIONS.get(subtype, subtype if 2 <= len(subtype) <= 4 else "bin")
    return f"{main}.{extension}" if main in ("image", "audio", "video") else f"attachment-{number}.{extension}"
