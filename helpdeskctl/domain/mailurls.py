"""Mail servers as URLs, as in `mailbox create --imap URL --smtp URL`; what each scheme means stands in SCHEMES."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from helpdeskctl.errors import InvalidInput


class Security(StrEnum):
    """How the connection is protected. Certificates are always verified; there is no fall back to plain."""

    TLS = "tls"
    STARTTLS = "starttls"  # required
    PLAIN = "plain"


Protocol = Literal["imap", "smtp"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a URL's scheme stands for."""

    protocol: Protocol
    security: Security
    port: int


SCHEMES: Mapping[str, Scheme] = {
    "imaps": Scheme("imap", Security.TLS, 993),
    "imap": Scheme("imap", Security.STARTTLS, 143),
    "imap+insecure": Scheme("imap", Security.PLAIN, 143),
    "submissions": Scheme("smtp", Security.TLS, 465),
    "smtps": Scheme("smtp", Security.TLS, 465),
    "submission": Scheme("smtp", Security.STARTTLS, 587),
    "smtp": Scheme("smtp", Security.STARTTLS, 25),
    "smtp+insecure": Scheme("smtp", Security.PLAIN, 25),
}


MICROSOFT, GOOGLE = "microsoft", "google"
_HOSTS_OF = {
    MICROSOFT: re.compile(r"(?:^|\.)(?:office365\.com|outlook\.com|office\.com)$"),
    GOOGLE: re.compile(r"(?:^|\.)(?:gmail\.com|googlemail\.com|google\.com)$"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: where it is, how to reach it, and as whom (None: without signing in)."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Sendmail:
    """The local sendmail program instead of a server."""

    path: str = "/usr/sbin/sendmail"


def parse_imap(url: str, *, allow_insecure: bool = False) -> Server:
    """The server to receive from. Raises InvalidInput."""
    return _server(url, "imap", allow_insecure=allow_insecure)


def parse_smtp(url: str, *, allow_insecure: bool = False) -> Server | Sendmail:
    """The server or program to send by. Raises InvalidInput."""
    if url.startswith("sendmail:"):
        return _sendmail(url)
    return _server(url, "smtp", allow_insecure=allow_insecure)


def imap_at(host: str, address: str) -> str:
    """The URL that `--server HOST` means for receiving: `imaps`, and the address as the user."""
    return f"imaps://{quote(address, safe='')}@{host}"


def smtp_at(host: str, address: str) -> tuple[str, str]:
    """The URLs that `--server HOST` means for sending, in the order to try: 587 with STARTTLS, then 465."""
    user = quote(address, safe="")
    return f"submission://{user}@{host}", f"submissions://{user}@{host}"


def signed_in(url: str, address: str) -> str:
    """`url` with the address as its user, where it names none: nobody reads mail without signing in."""
    scheme, _, rest = url.partition("://")
    return url if "@" in rest else f"{scheme}://{quote(address, safe='')}@{rest}"


def provider_of(host: str) -> str | None:
    """Whose mail server that is, where it is one that takes OAuth 2.0 for passwords: `microsoft` or `google`."""
    return next((name for name, hosts in _HOSTS_OF.items() if hosts.search(host.casefold())), None)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or address alone; no name is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _server(url: str, protocol: Protocol, *, allow_insecure: bool) -> Server:
    known = [name for name, scheme in SCHEMES.items() if scheme.protocol == protocol]
    if re.search(r"\s", url) or re.search(r"[\x00-\x1f\x7f]", unquote(url)):
        raise InvalidInput("a mail URL holds no spaces or control characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("this mail URL cannot be read", hint=f"as {known[0]}://mail.example.org") from None
    if parts.password is not None:
        raise InvalidInput("a password does not belong into the URL", hint="--password-stdin or --secret")
    if parts.scheme not in known:
        raise InvalidInput(f'"{parts.scheme}" is no way to reach a mail server here', hint=f"known: {', '.join(known)}")
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidInput("a mail URL is scheme, user and host", hint=f"as {known[0]}://user@mail.example.org")
    scheme = SCHEMES[parts.scheme]
    if scheme.security is Security.PLAIN and not (allow_insecure or is_loopback(host)):
        raise InvalidInput(
            f"without TLS only to this machine, not to {host}", hint=f"{known[0]}://, or --allow-insecure"
        )
    user = unquote(parts.username) if parts.username else None
    return Server(protocol, host, port or scheme.port, scheme.security, user)


def _sendmail(url: str) -> Sendmail:
    path = url.removeprefix("sendmail:")
    if path and not re.fullmatch(r"/[^/\s\x00-\x1f][^\s\x00-\x1f]*", path):
        raise InvalidInput("the sendmail program is named by its whole path", hint="sendmail:/usr/sbin/sendmail")
    return Sendmail(path) if path else Sendmail()
