"""A small OpenID provider with keys of its own; it can be told to lie. Nobody types a password: a browser that is sent
there comes back as whoever the test says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "helpdesk", "a secret: of two parts"
Claims = dict[str, Any]


@cache
def key(name: str) -> RSAKey:
    """A key; `name` is its kid."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


def by_none(claims: Claims) -> str:
    """A token without a signature (RFC 7519 §6)."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


def by_public_key(claims: Claims) -> str:
    """A token signed by HMAC with what everybody knows: the public key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "right"}, claims)]
    signed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    mac = hmac.digest(key("right").as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def by_stranger(claims: Claims) -> str:
    """A token signed by a key of somebody else under the right name."""
    return jwt.encode({"alg": "RS256", "kid": "right"}, claims, key("wrong"))


def rightly(claims: Claims) -> str:
    """A token as it should be."""
    return jwt.encode({"alg": "RS256", "kid": "right"}, claims, key("right"))


@dataclass(slots=True)
class Provider:
    """A running provider. `who` are the claims of whoever comes next, `lies` what its token says instead (None: it says
    nothing), `sign` how, `document` what its document says instead, `userinfo` what only that page tells."""

    port: int
    who: Claims = field(default_factory=dict)
    lies: Claims = field(default_factory=dict)
    sign: Callable[[Claims], str] = rightly
    document: dict[str, Any] = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    again: bool = False  # takes a code twice
    moved: str | None = None  # says that its document is to be found there
    clock: Callable[[], float] = time.time

    @property
    def issuer(self) -> str:
        """Its name and address."""
        return f"http://127.0.0.1:{self.port}/realm"

    def reset(self) -> None:
        """Honest again, and nobody there."""
        self.who, self.lies, self.sign, self.document, self.userinfo = {}, {}, rightly, {}, {}
        self.asked, self.codes, self.again, self.moved = [], {}, False, None

    def sign_in(self, url: str) -> str:
        """What a browser does there: it is sent back to this path of the portal."""
        parts = urlsplit(url)
        assert (parts.netloc, parts.path) == (f"127.0.0.1:{self.port}", "/realm/auth"), url
        asked = dict(parse_qsl(parts.query))
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def answer(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        """What the provider says."""
        self.asked.append(path)
        if path == "/realm/.well-known/openid-configuration":
            return 200, self.moved or self._document()
        if path == "/realm/keys":
            return 200, {"keys": [key("right").as_dict(private=False)]}
        if path == "/realm/userinfo" and headers.get("Authorization") == "Bearer opens the page of claims":
            return 200, self.userinfo
        return self._token(form, headers) if path == "/realm/token" else (404, {})

    def _document(self) -> dict[str, Any]:
        named = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys",
                 "userinfo_endpoint": "userinfo"}  # fmt: skip
        return {"issuer": self.issuer, **{n: f"{self.issuer}/{p}" for n, p in named.items()}, **self.document}

    def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        pair = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode().split(":")
        code = form.get("code", "")
        asked = self.codes.get(code) if self.again else self.codes.pop(code, None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = asked is not None and asked["code_challenge"] == challenge
        if [unquote(part) for part in pair] != [CLIENT, SECRET] or not right or asked is None:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 60, "iat": now, "nonce": asked["nonce"], **self.who}
        claims = {name: value for name, value in {**claims, **self.lies}.items() if value is not None}
        return 200, {"access_token": "opens the page of claims", "token_type": "Bearer", "id_token": self.sign(claims)}


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """A provider on a free port, for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*provider.answer(self.path, {}, self.headers))  # type: ignore[arg-type]

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*provider.answer(self.path, form, self.headers))  # type: ignore[arg-type]

        def _say(self, status: int, answer: Any) -> None:
            if isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                self.end_headers()
                return
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
