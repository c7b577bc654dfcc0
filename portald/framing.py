"""Pages in frames on other people's sites: everything below /embed/.

Browsers keep the cookies of a framed site from it, and a page around a frame can have the visitor click where he does
not look. So nothing there depends on who has signed in, no cookie is read or set, and only listed sites may show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpdeskctl.domain.origins import origin_of

PREFIX = "/embed"
_LISTED = "portald.origins"
_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {}"


def framed(environ: Mapping[str, Any]) -> bool:
    """Whether the page that is asked for is one for frames."""
    return str(environ["PATH_INFO"]).startswith(f"{PREFIX}/")


def enter(environ: dict[str, Any], listed: Sequence[str]) -> None:
    """Let a request for a frame know which sites are listed, and forget its cookies."""
    environ.pop("HTTP_COOKIE", None)
    environ[_LISTED] = tuple(listed)


def listed(environ: Mapping[str, Any]) -> tuple[str, ...]:
    """The sites that may show the page."""
    return tuple(environ.get(_LISTED, ()))


def around(environ: Mapping[str, Any]) -> str:
    """The listed site that the frame stands in, as far as the browser tells; else ""."""
    said = origin_of(str(environ.get("HTTP_REFERER", "")))
    return said if said in listed(environ) else ""


def headers(environ: Mapping[str, Any], usual: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer: the usual ones, but that listed sites may frame it. X-Frame-Options knows no list."""
    if not listed(environ):
        return dict(usual)
    others = {name: value for name, value in usual.items() if name != "X-Frame-Options"}
    return others | {"Content-Security-Policy": _POLICY.format(" ".join(listed(environ)))}
