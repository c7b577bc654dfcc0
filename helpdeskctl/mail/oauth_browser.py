"""The sign-in by a browser: PKCE (RFC 7636) and the redirect to a port of this machine (RFC 8252, 7.3).

The one who signs in may sit elsewhere (SSH): then the browser ends on an address it cannot open, and that address,
pasted at the terminal, is as good as the redirect itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused, TryAgain
from helpdeskctl.mail.oauth import AGAIN, Client
from helpdeskctl.mail.oauth_providers import Provider

_LONGEST = 32768  # octets of a request or of a pasted line
_PATIENCE = 5.0  # seconds a browser may take to say what it wants
_TICK = 1.0  # seconds between two looks at the clock
_PAGE = "<!doctype html><meta charset=utf-8><title>{title}</title><p>{title} You may close this page.\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One try to sign in: `url` is for the person, `state` and `verifier` prove that the answer belongs to it."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def request(provider: Provider, client: Client, scope: str, *, redirect_uri: str, user: str | None = None) -> Request:
    """What to open in a browser. `user` is offered as the account to sign in with."""
    if provider.authorize_url is None:
        raise Refused(f"{provider.name} knows no sign-in by a browser", hint="--app-only")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"login_hint": user} if user else {}),
        **provider.asked,
    }
    join = "&" if urlsplit(provider.authorize_url).query else "?"
    return Request(f"{provider.authorize_url}{join}{urlencode(asked)}", redirect_uri, state, verifier)


def code_in(answer: Mapping[str, str], wanted: Request) -> str:
    """The code that a redirect brought.

    InvalidInput when it does not answer `wanted`: somebody else's, or an older one. NotPermitted when the provider
    or the person said no.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), wanted.state.encode()):
        raise InvalidInput("this does not answer the sign-in that is under way", hint="open the URL shown above")
    if error := answer.get("error"):
        said = clean_line(f"{error}: {answer.get('error_description', '')}").rstrip(": ")[:300]
        raise NotPermitted(f'the sign-in was declined ("{said}")', hint=AGAIN)
    if not answer.get("code"):
        raise InvalidInput("this address holds no code", hint="paste the whole address of the last page")
    return answer["code"]


class Listener:
    """Listens on 127.0.0.1 for the browser to come back. `port` 0: any that is free."""

    def __init__(self, here: str = "127.0.0.1", port: int = 0) -> None:
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except OSError as taken:
            raise TryAgain(f"port {port} of this machine cannot be used: {taken.strerror}", hint="--port N") from taken
        self.port: int = self._socket.getsockname()[1]
        self.redirect_uri = f"http://{here}:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def code(
        self,
        wanted: Request,
        *,
        patience: float,
        terminal: int | None = None,
        complain: Callable[[str], None] = lambda _words: None,
    ) -> str:
        """The code, from the redirect or from the line of a person at `terminal` (a file number).

        What does not answer `wanted` is turned away, a person told by `complain`. TryAgain after `patience` seconds,
        NotPermitted when the sign-in was declined.
        """
        end = time.monotonic() + patience
        sources = [self._socket.fileno(), *([terminal] if terminal is not None else [])]
        while (left := end - time.monotonic()) > 0:
            for source in select.select(sources, [], [], min(left, _TICK))[0]:
                try:
                    if source != terminal:
                        found = self._from_browser(wanted)
                    elif line := os.read(source, _LONGEST).decode("utf-8", "replace").strip():
                        found = code_in(_query(line), wanted)
                    else:
                        sources.remove(source)  # the terminal was closed
                        continue
                except InvalidInput as wrong:
                    complain(f"{wrong.message}: {wrong.hint}")
                    continue
                if found:
                    return found
        raise TryAgain("nobody signed in in time", hint=AGAIN)

    def _from_browser(self, wanted: Request) -> str | None:
        """What one connection brings: the code, None for anything that is not the redirect."""
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(_PATIENCE)
            try:
                target = _target(connection)
                answer = _query(target)
                if not {"code", "error"} & answer.keys():
                    _reply(connection, 404, "Nothing is here.")
                    return None
                code = code_in(answer, wanted)
            except NotPermitted:
                _reply(connection, 200, "The sign-in was declined.")
                raise
            except InvalidInput:
                _reply(connection, 400, "This does not answer the sign-in that is under way.")
                return None
            except OSError:
                return None
            _reply(connection, 200, "You are signed in.")
            return code


def _target(connection: socket.socket) -> str:
    """The target of a GET request; empty for everything else. OSError when the line breaks or hangs."""
    read = b""
    while b"\r\n\r\n" not in read and len(read) < _LONGEST:
        part = connection.recv(_LONGEST)
        if not part:
            break
        read += part
    words = read.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ")
    return words[1] if len(words) == 3 and words[0] == "GET" else ""


def _query(url: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(url).query, max_num_fields=50))
    except ValueError:
        return {}


def _reply(connection: socket.socket, status: int, title: str) -> None:
    body = _PAGE.format(title=title).encode()
    head = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        "Connection: close\r\n\r\n"
    )
    try:
        connection.sendall(head.encode() + body)
    except OSError:
        return  # the browser has gone; what it brought counts
