"""The script for other people's pages: it opens the request form in place. The pages for frames are the usual ones."""

from __future__ import annotations

from bottle import HTTPResponse

from portald.visit import Visit

_KEPT = "public, max-age=600"  # seconds: pages everywhere name the same address, and a better script should reach them


def script(visit: Visit) -> HTTPResponse:
    """The same for everybody, from any page; 304 for a browser that has it."""
    pages = visit.site.pages
    kind, data = pages.statics["embed.js"]
    mark = f'"{pages.urls["embed.js"].split("/")[2]}"'
    headers = {"Cache-Control": _KEPT, "ETag": mark, "Cross-Origin-Resource-Policy": "cross-origin"}
    known = [each.strip().removeprefix("W/") for each in visit.environ.get("HTTP_IF_NONE_MATCH", "").split(",")]
    if mark in known:
        return HTTPResponse("", 304, headers)
    return HTTPResponse(data, 200, headers | {"Content-Type": kind})
