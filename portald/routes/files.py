"""Attachments, always as downloads; pictures in place if their bytes are a picture's. And the portal's own files."""

from __future__ import annotations

import re
from urllib.parse import quote

from bottle import HTTPResponse

from helpdeskctl.domain.images import image_type
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import portal_thread
from portald.pages import one_line
from portald.visit import Visit

_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}", re.ASCII)
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'"


def download(visit: Visit, attachment: str, name: str) -> HTTPResponse:
    """A file of a ticket that the visitor sees."""
    return send(visit, visit.actor, int(attachment))


def send(visit: Visit, actor: Actor, attachment: int) -> HTTPResponse:
    """A file that the actor sees. `?inline=1` shows a picture; whatever else is asked for, downloads."""
    file = portal_thread.file(visit.desk, actor, attachment)
    return as_download(visit, file.filename, file.content_type, visit.desk.blobs.get(file.sha256))


def as_download(visit: Visit, filename: str, content_type: str, data: bytes) -> HTTPResponse:
    """Bytes of strangers: nothing in them runs, whatever they say they are."""
    picture = image_type(data)
    inline = picture is not None and visit.query.get("inline") == "1"
    stored = picture or (content_type if _TYPE.fullmatch(content_type) else "application/octet-stream")
    headers = {
        "Content-Type": stored if not stored.startswith("text/") else f"{stored}; charset=UTF-8",
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {disposition(filename)}",
        "Content-Security-Policy": _SANDBOX,
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return HTTPResponse(data, 200, headers)


def static(visit: Visit, mark: str, name: str) -> HTTPResponse:
    """A style sheet or icon of the portal. Its address changes with its bytes, so it may be kept for ever."""
    pages = visit.site.pages
    if pages.urls.get(name) != f"/static/{mark}/{name}":
        return HTTPResponse("", 404)
    kind, data = pages.statics[name]
    return HTTPResponse(data, 200, {"Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable"})


def disposition(name: str) -> str:
    """A file name as parameters of Content-Disposition (RFC 6266): plain ASCII for the old, UTF-8 for the others."""
    name = one_line(name) or "file"
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
