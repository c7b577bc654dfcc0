"""An authorization server on loopback: device code, browser, client credentials, and tokens that rotate.

It forgives nothing: a refresh token is good once, and its second use ends the whole sign-in, as for a thief. Two
processes that renew at once therefore show.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from bottle import Bottle, HTTPResponse, request

from tests.servers.certificates import Certificate

CLIENT, SECRET = "desk-app", "canary-client-secret"


@dataclass(slots=True)
class Behaviour:
    """What goes wrong. `pending`: answers to a device before it is let in; `down`: every token request fails so."""

    pending: list[str] = field(default_factory=list)
    down: int | None = None  # an HTTP status
    error: str | None = None  # an error of the protocol
    says: str = ""  # its description
    lives: int | None = 3600
    keeps_refresh_token: bool = False  # hands out no new one
    no_refresh_token: bool = False
    slow: float = 0.0  # seconds before a token is handed out
    issuer: str | None = None  # calls itself so
    basic_only: bool = False  # the secret in a header, never in the form


class OAuthServer:
    """Everybody who asks is `user`; `revoke` ends what was given. `requests` holds every token request's form."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        self.port = port
        self.base = f"http{'s' if tls else ''}://localhost:{port}"
        self.user = "nobody@example.org"
        self.behaviour = Behaviour()
        self.requests: list[dict[str, str]] = []
        self.rotations = 0
        self.given: list[str] = []  # every token that is or was good: for those who look where none may be
        self._lock = threading.Lock()
        self._access: dict[str, str] = {}  # token -> user
        self._refresh: dict[str, tuple[str, bool]] = {}  # token -> (sign-in, used)
        self._ended: set[str] = set()
        self._codes: dict[str, dict[str, str]] = {}
        self._devices: set[str] = set()
        self.app = Bottle()
        self.app.get("/.well-known/openid-configuration")(self._describe)
        self.app.post("/device")(self._device)
        self.app.get("/authorize")(self._authorize)
        self.app.post("/token")(self._token)
        self.app.get("/introspect")(self._introspect)
        self.app.get("/introspect<token>")(self._introspect)

    def reset(self, user: str) -> None:
        """A new person, nothing given yet, everything well."""
        self.__init__(self.port, tls=self.base.startswith("https"))  # type: ignore[misc]  # as new, on the same port
        self.user = user

    def revoke_access(self) -> None:
        """No access token given until now is good any more."""
        with self._lock:
            self._access.clear()

    def revoke(self) -> None:
        """The whole sign-in ends: neither access nor refresh."""
        with self._lock:
            self._access.clear()
            self._ended.update(family for family, _ in self._refresh.values())

    def is_good(self, token: str) -> str | None:
        """Whose access token that is."""
        with self._lock:
            return self._access.get(token)

    def _describe(self) -> dict[str, Any]:
        return {
            "issuer": self.behaviour.issuer or self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "device_authorization_endpoint": f"{self.base}/device",
            "scopes_supported": ["openid", "email", "offline_access"],
        }

    def _device(self) -> Any:
        code = secrets.token_urlsafe(16)
        self._devices.add(code)
        return {
            "device_code": code,
            "user_code": "WXYZ-1234",
            "verification_uri": f"{self.base}/activate",
            "expires_in": 900,
            "interval": 0,
        }

    def _authorize(self) -> Any:
        asked = {name: request.query.getunicode(name) for name in request.query}
        code = f"code-{secrets.token_urlsafe(16)}"
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"]}
        if self.behaviour.error:
            answer = {"error": self.behaviour.error, "state": asked["state"]}
        return HTTPResponse(status=302, Location=f"{asked['redirect_uri']}?{urlencode(answer)}")

    def _token(self) -> Any:
        form = {name: request.forms.getunicode(name) for name in request.forms}
        with self._lock:
            self.requests.append(form)
        time.sleep(self.behaviour.slow)
        if self.behaviour.down:
            return HTTPResponse("<p>We are mending it.", status=self.behaviour.down)
        if self.behaviour.error:
            return _no(self.behaviour.error, self.behaviour.says)
        if not self._is_client(form):
            return _no("invalid_client", "AADSTS7000222: the secret has expired", status=401)
        return self._grant(form)

    def _is_client(self, form: dict[str, str]) -> bool:
        if self.behaviour.basic_only:
            pair = f"{CLIENT}:{SECRET}".encode()
            return bool(request.headers.get("Authorization") == f"Basic {base64.b64encode(pair).decode()}")
        return form.get("client_id") == CLIENT and form.get("client_secret") in (None, SECRET)

    def _grant(self, form: dict[str, str]) -> Any:
        match form.get("grant_type"):
            case "client_credentials" if form.get("client_secret") == SECRET or self.behaviour.basic_only:
                return self._tokens(None)
            case "urn:ietf:params:oauth:grant-type:device_code" if form["device_code"] in self._devices:
                if self.behaviour.pending:
                    return _no(self.behaviour.pending.pop(0))
                self._devices.discard(form["device_code"])
                return self._tokens(secrets.token_hex(4))
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._rotated(form["refresh_token"])
        return _no("invalid_grant")

    def _by_code(self, form: dict[str, str]) -> Any:
        asked = self._codes.pop(form["code"], {})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked.get("code_challenge") != challenge or asked.get("redirect_uri") != form["redirect_uri"]:
            return _no("invalid_grant", "PKCE does not fit")
        return self._tokens(secrets.token_hex(4))

    def _rotated(self, token: str) -> Any:
        with self._lock:
            family, used = self._refresh.get(token, ("", True))
            if used:
                self._ended.add(family)
            if used or family in self._ended:
                return _no("invalid_grant", f"AADSTS70008: {token} has expired or was revoked")
            self._refresh[token] = (family, not self.behaviour.keeps_refresh_token)
            self.rotations += 1
        return self._tokens(family)

    def _tokens(self, family: str | None) -> dict[str, Any]:
        access, refresh = f"canary-access-{secrets.token_urlsafe(24)}", f"canary-refresh-{secrets.token_urlsafe(24)}"
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer"}
        with self._lock:
            self._access[access] = self.user
            self.given += [access, refresh]
            if family is not None and self._gives_refresh_token():
                self._refresh[refresh] = (family, False)
                answer["refresh_token"] = refresh
        if self.behaviour.lives is not None:
            answer["expires_in"] = self.behaviour.lives
        return answer

    def _gives_refresh_token(self) -> bool:
        kept = self.behaviour.keeps_refresh_token and self.rotations
        return not (self.behaviour.no_refresh_token or kept)

    def _introspect(self, token: str = "") -> dict[str, Any]:
        """Dovecot says a bad token is a temporary failure unless it hears 200 with active=false (RFC 7662, 2.2)."""
        given = token or request.query.get("token") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        user = self.is_good(given)
        return {"active": True, "username": user} if user else {"active": False}


def _no(error: str, says: str = "", status: int = 400) -> HTTPResponse:
    body = {"error": error} | ({"error_description": says} if says else {})
    return HTTPResponse(json.dumps(body), status=status, headers={"Content-Type": "application/json"})


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Nothing."""


@contextmanager
def oauth_server(certificate: Certificate | None = None) -> Iterator[OAuthServer]:
    """Run the server for the length of the block, with TLS where it has a certificate."""
    server = make_server("127.0.0.1", 0, Bottle(), _Server, handler_class=_Quiet)
    if certificate is not None:
        server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    oauth = OAuthServer(server.server_port, tls=certificate is not None)
    server.set_app(lambda environ, start: oauth.app(environ, start))  # noqa: PLW0108  # its app changes
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield oauth
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
