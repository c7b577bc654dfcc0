"""What an OpenID provider says of who signs in: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636).

Asks only the issuer that was set up and the endpoints that it names itself; answers come over verified connections, are
never redirected, and are bounded in size and time (`oauth_http`). ID tokens are judged by joserfc.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from helpdeskctl.errors import Refused, TryAgain
from helpdeskctl.mail import oauth_http

PATIENCE = 5.0  # seconds: somebody waits before a page
LEEWAY = 60  # seconds that the clocks may differ
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key that only the provider has: neither `none`, nor those by a secret that both know."""
_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Provider:
    """An issuer as its own document describes it (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None = None
    secret_in_form: bool = False  # RFC 6749 §2.3.1: servers take Basic, but for a few that say otherwise


@dataclass(frozen=True, slots=True)
class Client:
    """As whom we ask, and where the browser comes back to."""

    id: str
    redirect_uri: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What binds an answer to the browser that asked: three times 256 random bits."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says has signed in. `email` is one that it has verified, else None."""

    issuer: str
    subject: str
    email: str | None = None
    name: str = ""
    language: str | None = None


def attempt() -> Attempt:
    """A new one."""
    return Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))


def discover(issuer: str) -> Provider:
    """Ask an issuer for its endpoints. Refused when the document is not its own or names none, TryAgain when away."""
    status, found = oauth_http.ask(
        f"{issuer.rstrip('/')}/.well-known/openid-configuration", ca_file=None, patience=PATIENCE
    )
    said = found.get("issuer")
    if status != 200 or not isinstance(said, str) or said.rstrip("/") != issuer.rstrip("/"):
        raise Refused(f"{issuer} has no document of an OpenID provider that names this issuer", hint="its exact URL")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        said,
        _endpoint(issuer, found, "authorization_endpoint"),
        _endpoint(issuer, found, "token_endpoint"),
        _endpoint(issuer, found, "jwks_uri"),
        _endpoint(issuer, found, "userinfo_endpoint") if found.get("userinfo_endpoint") else None,
        "client_secret_basic" not in methods and "client_secret_post" in methods,
    )


def sign_in_url(provider: Provider, client: Client, tried: Attempt, *, language: str) -> str:
    """Where the browser goes to sign in."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "scope": _SCOPE,
        "state": tried.state,
        "nonce": tried.nonce,
        "code_challenge": _without_padding(hashlib.sha256(tried.verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    return f"{provider.authorization}{'&' if '?' in provider.authorization else '?'}{urlencode(asked)}"


def claims(provider: Provider, client: Client, tried: Attempt, code: str, *, now: datetime) -> Claims:
    """Turn the code that the browser brought into who has signed in.

    Refused when the provider does not take the code, or its token is not one for us and for this attempt; TryAgain
    when it cannot be reached.
    """
    answer = _exchange(provider, client, tried, code)
    told = _verified(provider, client, tried, answer["id_token"], now)
    if "email" not in told and provider.userinfo is not None:
        told = told | dict(_userinfo(provider.userinfo, str(answer.get("access_token", "")), told["sub"]))
    email = told.get("email")
    proven = told.get("email_verified") is True and isinstance(email, str)
    name, locale = told.get("name"), told.get("locale")
    return Claims(
        provider.issuer,
        told["sub"],
        email if proven else None,
        name if isinstance(name, str) else "",
        locale[:2].lower() if isinstance(locale, str) else None,
    )


def _endpoint(issuer: str, found: Mapping[str, Any], name: str) -> str:
    url = found.get(name)
    if not isinstance(url, str) or (issuer.startswith("https:") and not url.startswith("https:")):
        raise Refused(f"{issuer} names no {name} on https", hint="an OpenID provider with the authorization code flow")
    oauth_http.checked(url)
    return url


def _exchange(provider: Provider, client: Client, tried: Attempt, code: str) -> Mapping[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": tried.verifier,
        "client_id": client.id,
    }
    headers = {}
    if client.secret is not None and provider.secret_in_form:
        form["client_secret"] = client.secret
    elif client.secret is not None:
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    status, answer = oauth_http.ask(provider.token, form, headers=headers, ca_file=None, patience=PATIENCE)
    if status != 200 or not isinstance(answer.get("id_token"), str):
        raise Refused(f"{provider.issuer} does not take the code (HTTP {status})")
    return answer


def _verified(provider: Provider, client: Client, tried: Attempt, token: str, now: datetime) -> dict[str, Any]:
    """The claims of an ID token, by the rules of OpenID Connect Core §3.1.3.7."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    status, keys = oauth_http.ask(provider.keys, ca_file=None, patience=PATIENCE)
    if status != 200 or not isinstance(keys.get("keys"), list):
        raise TryAgain(f"{provider.issuer} does not show its keys (HTTP {status})")
    wanted = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": client.id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": tried.nonce},
    )
    try:
        told = dict(
            jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=list(ALGORITHMS)).claims
        )
        wanted.validate(told)
    except (JoseError, ValueError, KeyError, TypeError) as fault:  # keys and tokens of strangers come in any shape
        raise Refused(f"the token of {provider.issuer} is not good ({type(fault).__name__})") from fault
    several = isinstance(told["aud"], list) and len(told["aud"]) > 1
    if (several or "azp" in told) and told.get("azp") != client.id:
        raise Refused(f"the token of {provider.issuer} is for another client")
    return told


def _userinfo(url: str, access_token: str, subject: str) -> Mapping[str, Any]:
    """What some providers tell there only; nothing when it is about somebody else (§5.3.2)."""
    headers = {"Authorization": f"Bearer {access_token}"}
    status, told = oauth_http.ask(url, headers=headers, ca_file=None, patience=PATIENCE)
    if status != 200 or told.get("sub") != subject:
        return {}
    return {name: told[name] for name in ("email", "email_verified", "name", "locale") if name in told}


def _without_padding(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
