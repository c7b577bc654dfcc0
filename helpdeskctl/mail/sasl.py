"""Signing in to a mail server by a token: OAUTHBEARER (RFC 7628) or XOAUTH2, as the server offers.

Both say it all in the first word. A server that refuses explains itself in a challenge, which must be answered with
next to nothing before it says no (RFC 7628, 3.2.3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from helpdeskctl.domain.mailurls import provider_of
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused

MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
Bearer = Callable[[str | None], str]
"""Gives an access token; called with the one that was refused, another one. Raises the error family."""


A_TOKENS_LIFE = 3600.0  # seconds, where the provider does not say; one that dies sooner is renewed when refused


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave; `lives`: for how many seconds the access token is good."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    lives: float = A_TOKENS_LIFE


@dataclass(frozen=True, slots=True)
class Exchange:
    """One sign-in: called with each challenge (None or empty at first), it gives the answer."""

    mechanism: str
    first: str = field(repr=False)

    def __call__(self, challenge: bytes | None = None) -> str:
        """The whole message at first, afterwards the dummy answer that lets the server say no."""
        if not challenge:
            return self.first
        return "\x01" if self.mechanism == "OAUTHBEARER" else ""


def exchange(offered: Collection[str], *, user: str, token: str, host: str, port: int) -> Exchange:
    """The sign-in by the best mechanism a server offers. Refused when it offers none for tokens."""
    mechanism = next((name for name in MECHANISMS if name in offered), None)
    if mechanism is None:
        raise Refused(
            f"{host} takes no sign-in by OAuth 2.0 (neither OAUTHBEARER nor XOAUTH2)",
            hint="helpdeskctl mailbox password ADDRESS",
        )
    if not f"{user}{token}".isascii():
        raise InvalidInput(
            f"{host} cannot be told a user with letters beyond ASCII", hint="mailbox edit ADDRESS --imap URL"
        )
    if mechanism == "XOAUTH2":
        return Exchange(mechanism, f"user={user}\x01auth=Bearer {token}\x01\x01")
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801, 4: an authorization identity
    return Exchange(mechanism, f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")


class TokenRefused(NotPermitted):
    """The mail server does not take a token; another one may do."""


def refused(host: str, said: str, offered: Collection[str], *, by_token: bool) -> NotPermitted:
    """What a refused login means to the one who can mend it. `said`: the server's words, without secrets."""
    message = f'login refused by {host} ("{said}")'
    provider = provider_of(host)
    sign_in = f"helpdeskctl mailbox login ADDRESS --provider {provider or 'ISSUER'}"
    if by_token:
        again = "helpdeskctl mailbox login ADDRESS"
        return TokenRefused(f"{message}: the token is another account's, or the account may not do this", hint=again)
    change = "helpdeskctl mailbox password ADDRESS --password-file FILE"
    if provider is not None:
        return NotPermitted(f"{message}: {provider} wants OAuth 2.0 instead of passwords", hint=sign_in)
    tokens = any(name in offered for name in MECHANISMS)
    return NotPermitted(message, hint=f"{change}; or, where it takes no passwords: {sign_in}" if tokens else change)


def without(said: str, *secrets: str | None) -> str:
    """A server's words, without what we told it."""
    for secret in secrets:
        if secret and len(secret) > 3:
            said = said.replace(secret, "***")
    return said
