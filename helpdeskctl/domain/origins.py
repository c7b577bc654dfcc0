"""Web origins (RFC 6454): the sites that may show the portal's form in a frame, as they stand in a header."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from helpdeskctl.domain.setting_types import LOOPBACK
from helpdeskctl.errors import InvalidInput

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.ASCII)
_USUAL = {"https": 443, "http": 80}
_AS = "as https://www.example.org"


def origin(text: str) -> str:
    """An origin in the form that browsers compare: lower case, the host in ASCII (RFC 5891), no usual port.

    InvalidInput for anything with a path, a user, a pattern or an IPv6 address (the header has no form for those), and
    for http to another machine.
    """
    said = text.strip()
    try:
        parts = urlsplit(said)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:  # UnicodeError is one
        raise InvalidInput(f'"{said}" is no origin', hint=_AS) from None
    if "//" not in said:
        raise InvalidInput(f'"{said}" is no origin: it begins with https://', hint=_AS)
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidInput(f'"{said}": an origin has no path: a site is allowed as a whole', hint=_AS)
    if parts.scheme not in _USUAL or not _HOST.fullmatch(host):
        raise InvalidInput(f'"{said}" is no origin', hint=_AS)
    if parts.scheme == "http" and host not in LOOPBACK:
        raise InvalidInput(f'"{said}" must start with https:// (http:// on this machine only)', hint=f"https://{host}")
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _USUAL[parts.scheme]) else "")


def origin_of(address: str) -> str:
    """The origin of an address that a browser sent, "" for what has none."""
    try:
        parts = urlsplit(address)
        return origin(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, InvalidInput):
        return ""
