"""OAuth 2.0 as a mailbox needs it: tokens by device code (RFC 8628), authorization code, refresh, client credentials.

Knows no database. The one who calls keeps the tokens, and keeps them before using them: a provider may have made the
old refresh token worthless by the time its answer arrives (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import HelpdeskError, NotPermitted, Refused, TryAgain
from helpdeskctl.mail.oauth_http import PATIENCE, Answer, ask, checked
from helpdeskctl.mail.oauth_providers import Provider
from helpdeskctl.mail.sasl import A_TOKENS_LIFE, Tokens

AGAIN = "helpdeskctl mailbox login ADDRESS"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_INTERVAL = 5.0  # seconds between two questions, where the server names none; also what `slow_down` adds
_SHORTEST = 0.2  # the same, where it names next to none: else we would never stop asking
_PASSING = {"temporarily_unavailable", "server_error"}


@dataclass(frozen=True, slots=True)
class Client:
    """The application as it is registered with the provider. `ca_file` is trusted besides the system's authorities;
    `patience` is how many seconds the provider may be silent."""

    id: str
    secret: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person has to do: open `url` on any device and type `user_code`, within `expires` seconds."""

    device_code: str = field(repr=False)
    user_code: str
    url: str
    expires: float
    interval: float


def refreshed(token_url: str, client: Client, refresh_token: str, scope: str) -> Tokens:
    """Fresh tokens (RFC 6749, 6). Without a new refresh token in it the old one goes on.

    Raises NotPermitted when the provider will not renew the sign-in, TryAgain when it is away, Refused for a
    certificate that cannot be verified. The same holds for everything below that asks for tokens.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _granted(token_url, client, form | ({"scope": scope} if scope else {}))


def by_app(token_url: str, client: Client, scope: str) -> Tokens:
    """An access token for the application itself (RFC 6749, 4.4): no person signs in, nothing is to be refreshed."""
    return _granted(token_url, client, {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {}))


def by_code(token_url: str, client: Client, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Tokens for the code that a browser brought back (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
    return _granted(token_url, client, form)


def device_code(provider: Provider, client: Client, scope: str) -> DeviceCode:
    """Begin the flow for a device without a browser (RFC 8628, 3.1)."""
    if provider.device_url is None:
        raise Refused(f"{provider.name} knows no sign-in by device code", hint="--browser")
    status, answer = _ask(provider.device_url, client, {"scope": scope} if scope else {})
    host = urlsplit(provider.device_url).hostname or ""
    if status != 200:
        raise _no(host, answer, ())
    try:
        url = str(answer.get("verification_uri") or answer["verification_url"])  # Google's older name
        checked(url)
        return DeviceCode(
            device_code=str(answer["device_code"]),
            user_code=clean_line(str(answer["user_code"]))[:100],
            url=url,
            expires=_seconds(answer.get("expires_in"), 900.0),
            interval=_seconds(answer.get("interval"), _INTERVAL),
        )
    except KeyError as lacking:
        raise TryAgain(f"{host} gave a device code without {lacking}") from lacking


def wait_for_device(
    provider: Provider,
    client: Client,
    device: DeviceCode,
    *,
    wait: Callable[[float], None] = time.sleep,
    told: Callable[[float], None] = lambda _left: None,
) -> Tokens:
    """Ask until the person has signed in (RFC 8628, 3.4 and 3.5). `told` hears of the seconds left before each wait.

    Raises NotPermitted when the person said no, TryAgain when the code expired before.
    """
    form = {"grant_type": _DEVICE_GRANT, "device_code": device.device_code}
    interval, left = max(device.interval, _SHORTEST), device.expires
    while left > 0:
        told(left)
        wait(min(interval, left))
        left -= interval
        try:
            status, answer = _ask(provider.token_url, client, form)
        except TryAgain:
            interval *= 2  # a server that does not answer is asked less often
            continue
        error = answer.get("error")
        if status == 200 or error not in ("authorization_pending", "slow_down"):
            return _tokens(provider.token_url, status, answer, list(form.values()))
        interval += _INTERVAL if error == "slow_down" else 0.0
    raise TryAgain("nobody signed in before the code expired", hint=AGAIN)


def without_secrets(words: str, secrets: Mapping[str, str] | list[str]) -> str:
    """A server's words, without what we told it: it may repeat it."""
    for secret in secrets.values() if isinstance(secrets, Mapping) else secrets:
        if len(secret) > 5:
            words = words.replace(secret, "***")
    return words


def _granted(token_url: str, client: Client, form: Mapping[str, str]) -> Tokens:
    status, answer = _ask(token_url, client, form)
    told = [form[name] for name in ("refresh_token", "code", "code_verifier") if name in form]
    return _tokens(token_url, status, answer, [*told, client.secret or ""])


def _ask(url: str, client: Client, form: Mapping[str, str]) -> Answer:
    """With the secret in the form, as most take it; who wants it in a header (RFC 6749, 2.3.1) is asked again so."""
    known = {"client_id": client.id, **form}
    how: dict[str, Any] = {"ca_file": client.ca_file, "patience": client.patience}
    if client.secret is None:
        return ask(url, known, **how)
    status, answer = ask(url, {**known, "client_secret": client.secret}, **how)
    if answer.get("error") != "invalid_client":
        return status, answer
    pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
    header = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return ask(url, form, headers=header, **how)


def _tokens(token_url: str, status: int, answer: Mapping[str, Any], told: list[str]) -> Tokens:
    host = urlsplit(token_url).hostname or ""
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if status != 200 or "error" in answer:
        raise _no(host, answer, told)
    if not _is_token(access) or (refresh is not None and not _is_token(refresh)):
        raise TryAgain(f"{host} gave an answer without a token")
    return Tokens(str(access), refresh, _seconds(answer.get("expires_in"), A_TOKENS_LIFE))


def _no(host: str, answer: Mapping[str, Any], told: list[str] | tuple[()]) -> HelpdeskError:
    """RFC 6749 §5.2: what the error means to the one who can mend it."""
    error = clean_line(str(answer.get("error", "")))[:100]
    words = without_secrets(clean_line(str(answer.get("error_description") or "")), list(told))[:300]
    said = f' ("{error}: {words}")' if words else f' ("{error}")'
    if error in _PASSING or not error:  # without one it is a proxy's no, not the protocol's
        return TryAgain(f"{host} cannot sign anybody in now{said}")
    if error == "invalid_grant":
        return NotPermitted(f"the sign-in is not valid any more{said}", hint=AGAIN)
    if error in ("invalid_client", "unauthorized_client"):
        return NotPermitted(
            f"{host} does not accept this application{said}: its id or secret is wrong or has ended",
            hint=f"{AGAIN} --client-id ID, and --client-secret-file FILE with a new secret where it has one",
        )
    if error in ("access_denied", "authorization_declined"):
        return NotPermitted(f"the sign-in was declined{said}", hint=AGAIN)
    if error == "expired_token":
        return TryAgain("nobody signed in before the code expired", hint=AGAIN)
    return NotPermitted(f"{host} refuses the sign-in{said}", hint=AGAIN)


def _is_token(value: object) -> bool:
    """RFC 6750, 2.1: visible ASCII; anything else would be another line to a mail server."""
    return isinstance(value, str) and 0 < len(value) <= 16384 and value.isascii() and value.isprintable()


def _seconds(value: object, otherwise: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return otherwise
    return number if 0 <= number < 10**8 else otherwise
