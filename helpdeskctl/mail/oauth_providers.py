"""Where to sign in: Microsoft 365 and Google by name, every other provider by its own description.

A description is OpenID Connect Discovery 1.0, §4: a JSON document below the issuer, which must name that issuer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from helpdeskctl.domain.mailurls import GOOGLE, MICROSOFT
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.mail.oauth_http import ask, checked

_LOGIN = "https://login.microsoftonline.com"
_OUTLOOK = "https://outlook.office.com"
_ANY_TENANT = "organizations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An authorization server. Without `device_url` it knows no device code that grants mail (RFC 8628).

    `receive`, `send`: the scopes to read and send mail, `always` those besides; `for_apps` that of client credentials.
    `asked` goes into the URL that a person opens; `here` is how its redirect calls this machine (RFC 8252, 7.3).
    """

    name: str
    token_url: str
    authorize_url: str | None = None
    device_url: str | None = None
    receive: str = ""
    send: str = ""
    always: str = ""
    for_apps: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    here: str = "127.0.0.1"

    def scope(self, *, receives: bool, sends: bool) -> str:
        """What to ask for, for a mailbox that does these."""
        wanted = [self.receive if receives else "", self.send if sends else "", self.always]
        return " ".join(dict.fromkeys(word for words in wanted for word in words.split()))


def named(name: str, *, tenant: str | None = None, ca_file: str | None = None) -> Provider:
    """`microsoft` (of a `tenant`: its id or domain; else of any organization), `google`, or an issuer's URL.

    Raises InvalidInput or NotFound for what is none, and what `oauth_http.ask` raises.
    """
    if name == MICROSOFT:
        return _microsoft(tenant or _ANY_TENANT)
    if tenant is not None:
        raise InvalidInput(f"{name} has no tenants", hint="--tenant is for --provider microsoft")
    if name == GOOGLE:
        return _google()
    if "://" not in name:
        raise InvalidInput(f'no provider "{name}"', hint="microsoft, google, or the https:// URL of an issuer")
    return _discovered(name, ca_file)


def tenant_of(token_url: str) -> str | None:
    """The tenant in Microsoft's token URL; None in any other."""
    found = re.fullmatch(rf"{re.escape(_LOGIN)}/([^/]+)/oauth2/v2\.0/token", token_url)
    return found[1] if found else None


def _microsoft(tenant: str) -> Provider:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,100}", tenant):
        raise InvalidInput("that is no tenant", hint="--tenant with the directory's id or domain, as example.org")
    base = f"{_LOGIN}/{quote(tenant)}/oauth2/v2.0"
    return Provider(
        name=MICROSOFT,
        token_url=f"{base}/token",
        authorize_url=f"{base}/authorize",
        device_url=f"{base}/devicecode",
        receive=f"{_OUTLOOK}/IMAP.AccessAsUser.All",
        send=f"{_OUTLOOK}/SMTP.Send",
        always="offline_access",
        for_apps="https://outlook.office365.com/.default",
        here="localhost",
    )


def _google() -> Provider:
    mail = "https://mail.google.com/"
    return Provider(
        name=GOOGLE,
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106  # a URL, no password
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        receive=mail,
        send=mail,
        asked={"access_type": "offline", "prompt": "consent"},
    )


def _discovered(issuer: str, ca_file: str | None) -> Provider:
    checked(issuer)
    host = urlsplit(issuer).hostname
    status, found = ask(f"{issuer.rstrip('/')}/.well-known/openid-configuration", ca_file=ca_file)
    if status != 200:
        raise NotFound(f"{host} does not describe itself as an OpenID provider (HTTP {status})", hint="its issuer URL")
    if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise Refused(f"what {host} describes is another issuer than {issuer}", hint="the URL it calls itself by")
    token_url = _endpoint(found, "token_endpoint")
    if token_url is None:
        raise Refused(f"{host} names no token endpoint", hint="another issuer URL")
    return Provider(
        name=issuer.rstrip("/"),
        token_url=token_url,
        authorize_url=_endpoint(found, "authorization_endpoint"),
        device_url=_endpoint(found, "device_authorization_endpoint"),
        always=_known_scopes(found),
    )


def _endpoint(found: Mapping[str, Any], name: str) -> str | None:
    url = found.get(name)
    if not isinstance(url, str):
        return None
    checked(url)
    return url


def _known_scopes(found: Mapping[str, Any]) -> str:
    offered = found.get("scopes_supported")
    wanted = ("openid", "email", "offline_access")
    return " ".join(scope for scope in wanted if not isinstance(offered, list) or scope in offered)
