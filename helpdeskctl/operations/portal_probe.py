"""Asking the portal whether it is there: at the address it listens at, or from outside at the one customers use."""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from helpdeskctl.desk import Desk
from helpdeskctl.queries import settings
from helpdeskctl.queries.doctor import Examined, Finding, Level
from helpdeskctl.queries.portal_proof import proof

_PATIENCE = 10.0  # seconds without a word
_LONGEST = 1 << 16  # octets of an answer that are read
_ENDS_SOON = timedelta(days=14)
_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
_RESTART = "systemctl restart helpdesk-portal, or by hand: portald"


@dataclass(frozen=True, slots=True)
class _Door:
    """Where the portal is asked: the words for it, the host that it is asked as, and how one gets there."""

    shown: str
    host: str
    secure: bool
    at: str | tuple[str, int]  # the path of a socket, or host and port


def probe(desk: Desk, *, external: bool) -> Iterator[Examined]:
    """What the portal says, as the doctor tells it: at its own door, or `external` at portal_url, by DNS and TLS."""
    url = settings.get(desk, "portal_url")
    if external and url is None:
        return
    door = _outer(url) if external else _inner(desk.config.portal.listen, url)
    for finding in _asked(desk, door):
        yield Examined("portal", "address" if external else "daemon", finding)


def _outer(url: str) -> _Door:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    return _Door(url, parts.netloc, secure, (host, parts.port or (443 if secure else 80)))


def _inner(listen: str, url: str | None) -> _Door:
    named = urlsplit(url).netloc if url else "localhost"
    if listen.startswith("unix:"):
        return _Door(listen, named, False, listen.removeprefix("unix:"))
    host, _, port = listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104 - compared, not listened at
    return _Door(listen, named, False, (host, int(port)))


def _asked(desk: Desk, door: _Door) -> Iterator[Finding]:
    nonce = secrets.token_hex(16)
    try:
        with _connected(door) as line:
            yield from _certificate(door, line)
            said, _ = _get(line, door, f"/healthz?check={nonce}")
        with _connected(door) as line:
            status, headers = _get(line, door, "/login")
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or error.reason
        yield Finding(Level.ERROR, f"the certificate of {door.shown} is not right: {why}", "renew it at the proxy")
        return
    except (OSError, http.client.HTTPException) as error:
        mend = "systemctl status helpdesk-portal; see the log of the proxy" if door.secure else _RESTART
        if isinstance(error, socket.gaierror):
            mend = "give the name an address at its name server, or: helpdeskctl portal url https://…"
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        yield Finding(Level.ERROR, f"nothing answers at {door.shown}: {why}", mend)
        return
    yield _who(desk, door, nonce, said)
    yield from _page(door, status, headers)


def _certificate(door: _Door, line: socket.socket) -> Iterator[Finding]:
    shown = line.getpeercert() if isinstance(line, ssl.SSLSocket) else None
    if not shown:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    left = ends - datetime.now(UTC)
    level = Level.WARNING if left < _ENDS_SOON else Level.OK
    yield Finding(level, f"the certificate of {door.shown} is good for {left.days} days", "renew it at the proxy")


def _who(desk: Desk, door: _Door, nonce: str, said: str) -> Finding:
    desk_says, version_says = proof(desk, nonce).split()
    words = said.split()
    if words[:2] != ["ok", desk_says]:
        text = f"what answers at {door.shown} is not this desk's portal, or an old one"
        return Finding(Level.ERROR, text, f"{_RESTART}; helpdeskctl portal url, for the address")
    if words[2:] != [version_says]:
        return Finding(Level.ERROR, f"the portal at {door.shown} runs another version than this program", _RESTART)
    return Finding(Level.OK, f"this desk's portal answers at {door.shown}, with this version")


def _page(door: _Door, status: str, headers: http.client.HTTPMessage) -> Iterator[Finding]:
    if status != "200":
        text = f"{door.shown}/login answers {status}: the proxy may not pass the name of the host on"
        yield Finding(Level.ERROR, text, "let it send Host as it came: proxy_set_header Host $host")
        return
    wanted = (*_HEADERS, *(["Strict-Transport-Security"] if door.secure else []))
    for name in (name for name in wanted if name not in headers):
        text = f"pages at {door.shown} come without {name}: the proxy takes it away"
        yield Finding(Level.WARNING, text, "leave the headers of the portal as they are")


def _connected(door: _Door) -> socket.socket:
    if isinstance(door.at, str):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_PATIENCE)
        line.connect(door.at)
        return line
    line = socket.create_connection(door.at, _PATIENCE)
    if not door.secure:
        return line
    return ssl.create_default_context().wrap_socket(line, server_hostname=door.at[0])


def _get(line: socket.socket, door: _Door, path: str) -> tuple[str, http.client.HTTPMessage]:
    """The text of the health page, or the status of any other, with the headers."""
    asked = http.client.HTTPConnection(door.host)
    asked.sock = line
    asked.request("GET", path, headers={"Host": door.host, "User-Agent": "helpdeskctl", "Connection": "close"})
    answer = asked.getresponse()
    body = answer.read(_LONGEST)
    return (body.decode("utf-8", "replace") if path.startswith("/healthz") else str(answer.status)), answer.headers
