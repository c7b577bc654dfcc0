"""The desk's own pictures and colours (POR-7). Their addresses change with what they are, so they may be kept."""

from __future__ import annotations

from bottle import HTTPResponse

from portald.visit import Visit

_NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def picture(visit: Visit, name: str) -> HTTPResponse:
    """A logo or the picture beside the form to sign in. Nothing in it runs, were it opened by itself."""
    found = visit.own.pictures.get(name)
    if found is None:
        return HTTPResponse("", 404)
    headers = {
        "Content-Type": found.content_type,
        "Content-Security-Policy": _NOTHING_RUNS,
        "Cache-Control": _kept(visit, found.mark),
    }
    return HTTPResponse(visit.desk.blobs.get(found.sha256), 200, headers)


def theme(visit: Visit) -> HTTPResponse:
    """The colours and corners of the desk as custom properties, then its own style sheet."""
    headers = {"Content-Type": "text/css; charset=UTF-8", "Cache-Control": _kept(visit, visit.own.theme.mark)}
    return HTTPResponse(visit.own.theme.css, 200, headers)


def _kept(visit: Visit, mark: str) -> str:
    """For ever under its full address, for an hour under the short one."""
    return "public, max-age=31536000, immutable" if visit.query.get("v") == mark else "public, max-age=3600"
