"""One question to an authorization server over HTTPS: verified, never redirected, bounded in size and time.

Secrets travel in the body of a POST alone, so that no log of a proxy or server has them in a URL.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from helpdeskctl.domain.mailurls import is_loopback
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput, Refused, TryAgain

_LONGEST = 1 << 20  # octets of an answer
PATIENCE = 15.0  # seconds without a word; twice that for the whole answer, however slowly it drips

Answer = tuple[int, Mapping[str, Any]]


def ask(
    url: str,
    form: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    ca_file: str | None,
    patience: float = PATIENCE,
) -> Answer:
    """POST a form, or without one GET, and return the status with the JSON object of the answer.

    A no without one has {}. `ca_file` is trusted besides the authorities of the system. Raises TryAgain when the
    server is away, busy or answers with no JSON object, Refused for a redirect or a certificate that is not trusted.
    """
    host = checked(url).hostname or ""
    body = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(  # noqa: S310  # the scheme was checked
        url, data=body, headers={"Accept": "application/json", "User-Agent": "helpdeskctl", **(headers or {})}
    )
    try:
        with _opener(host, ca_file).open(request, timeout=patience) as answer:
            return _understood(host, answer.status, _read(answer, patience))
    except urllib.error.HTTPError as no:
        with no:
            return _refusal(host, no, patience)
    except urllib.error.URLError as away:
        raise _unreachable(host, away.reason if isinstance(away.reason, Exception) else away) from away
    except (OSError, HTTPException) as away:
        raise _unreachable(host, away) from away


def checked(url: str) -> Any:
    """The parts of a URL to which secrets may be sent: https, or http to this machine. InvalidInput for another."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("a URL of the sign-in cannot be read") from None
    if not host or parts.username or parts.fragment or any(c.isspace() or not c.isprintable() for c in url):
        raise InvalidInput(f'"{clean_line(url)[:200]}" is no URL to sign in at', hint="as https://login.example.org")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise InvalidInput(f"signing in at {host} without TLS would show the tokens to everybody", hint="https://")
    return parts


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token server that sends us elsewhere would have us show our secrets there."""

    def redirect_request(self, *_asked: Any) -> None:
        """No: the redirect itself becomes the answer."""


def _opener(host: str, ca_file: str | None) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect(), urllib.request.HTTPSHandler(context=context)]
    if is_loopback(host):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _read(answer: IO[bytes], patience: float) -> bytes:
    parts, size, end = [], 0, time.monotonic() + 2 * patience
    while part := answer.read1(65536) if hasattr(answer, "read1") else answer.read(65536):
        parts.append(part)
        size += len(part)
        if size > _LONGEST or time.monotonic() > end:
            raise TimeoutError
    return b"".join(parts)


def _refusal(host: str, no: urllib.error.HTTPError, patience: float) -> Answer:
    """RFC 6749 §5.2: errors of the protocol come as JSON with status 400 or 401; other statuses are the server's."""
    if 300 <= no.code < 400:
        raise Refused(f"{host} sends us elsewhere (HTTP {no.code}), where our secrets do not go", hint="another URL")
    if no.code == 429 or no.code >= 500:
        raise TryAgain(f"{host} cannot sign anybody in now (HTTP {no.code})")
    return _understood(host, no.code, _read(no, patience))


def _understood(host: str, status: int, body: bytes) -> Answer:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        if status >= 400:
            return status, {}
        raise TryAgain(f"{host} gave an answer that is none of OAuth 2.0 (HTTP {status})")
    return status, answer


def _unreachable(host: str, fault: Exception) -> TryAgain | Refused:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return Refused(
            f"the certificate of {host} is not trusted: {fault.verify_message or fault.reason}",
            hint="name the server as its certificate does, or `mailbox edit ADDRESS --ca-file FILE`",
        )
    if isinstance(fault, TimeoutError):
        words = "no answer in time"
    elif isinstance(fault, socket.gaierror):
        words = "its name is not known"
    else:
        words = clean_line(str(getattr(fault, "strerror", None) or fault))[:200] or type(fault).__name__
    return TryAgain(f"{host} cannot be reached to sign in: {words}")
