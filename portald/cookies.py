"""The cookies of the portal: none that a script could read, none that another site's form would bring along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any

from bottle import HTTPResponse

SESSION, OPENID, LANGUAGE = "portal", "openid", "lang"
_LONGEST = 4096  # octets of all cookies together


def host_only(name: str, *, secure: bool) -> str:
    """What a cookie that opens something is called: `__Host-` makes browsers insist on https, the whole host and /."""
    return f"__Host-{name}" if secure else name


def read(environ: Mapping[str, Any], name: str) -> str:
    """A cookie of the browser, "" without it."""
    try:
        jar = SimpleCookie(str(environ.get("HTTP_COOKIE", ""))[:_LONGEST])
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def put(answer: HTTPResponse, name: str, value: str, *, secure: bool, lasts: timedelta | None = None) -> None:
    """Give the browser a cookie to keep, until it is closed unless `lasts` says how long; "" takes it away.

    Lax: it comes along when somebody follows a link to us, or a provider sends them back.
    """
    age = {} if value and lasts is None else {"maxage": int(lasts.total_seconds()) if value and lasts else 0}
    answer.set_cookie(name, value, path="/", httponly=True, samesite="lax", secure=secure, **age)
