"""Signing in at an OpenID provider (POR-12): who comes back is known by issuer and `sub`, at first by their address.

What binds the answer to the browser travels in a sealed cookie of ten minutes; a state is good once.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.errors import ConfigError, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.mail import openid
from helpdeskctl.mail.openid import Attempt, Claims, Client, Provider
from helpdeskctl.operations import contacts, events, portal_access, portal_admission, rate_limits, typed_addresses
from helpdeskctl.operations.portal_admission import Standing
from helpdeskctl.operations.portal_tokens import Redeemed
from helpdeskctl.operations.rate_limits import Limit, TooMany
from helpdeskctl.operations.registration import Registered
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, portal, settings
from helpdeskctl.queries import openid as queries
from helpdeskctl.queries import registration as registering
from helpdeskctl.queries.openid import Setup
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import ContactIdentity

LASTS = timedelta(minutes=10)
_STATE = Limit("openid:state", 1, LASTS)
_KNOWN_FOR = timedelta(hours=1)


class Unverified(NotPermitted):
    """The provider names no verified address, or none that could be a customer's."""


class NoAccount(NotPermitted):
    """Nobody is known by this address, and nobody registers here."""


@dataclass(slots=True)
class Discovered:
    """The provider's document, asked for once an hour by each process."""

    provider: Provider | None = None
    since: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, desk: Desk, issuer: str) -> Provider:
        """The provider of this issuer. Refused, TryAgain as `openid.discover`."""
        with self.lock:
            known, since = self.provider, self.since
        fresh = since is not None and timedelta(0) <= desk.now() - since < _KNOWN_FOR
        if known is not None and fresh and known.issuer.rstrip("/") == issuer.rstrip("/"):
            return known
        found = openid.discover(issuer)
        with self.lock:
            self.provider, self.since = found, desk.now()
        return found


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie it takes along."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of who came back, and the page they wanted."""

    registered: Registered
    after: str


def begin(desk: Desk, discovered: Discovered, *, after: str, language: str, peer: str) -> Departure:
    """Send a browser to the provider; `after` is the page of ours to land at. NotFound where none is set up, TooMany,
    Refused or TryAgain when the provider is not what it should be, or away."""
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(peer))
    setup = _setup(desk)
    provider, tried = discovered.of(desk, setup.issuer), openid.attempt()
    url = openid.sign_in_url(provider, Client(setup.client_id, setup.redirect_uri), tried, language=language)
    kept = {"openid": asdict(tried), "after": after, "at": int(desk.now().timestamp())}
    return Departure(url, desk.keys.seal(json.dumps(kept)).decode().rstrip("="))


def finish(desk: Desk, discovered: Discovered, cookie: str, query: Mapping[str, str], browser: Browser) -> Arrival:
    """Let in who came back with a code, as `registration` and their access allow.

    Refused for an answer that is not one to this browser's question, or was used; Unverified, NoAccount; NotFound,
    TooMany, TryAgain as `begin`.
    """
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    setup = _setup(desk)
    tried, after = _opened(desk, cookie)
    if not hmac.compare_digest(tried.state.encode(), query.get("state", "").encode("utf-8", "replace")):
        raise Refused("the answer belongs to another question")
    _use_up(desk, tried.state)
    provider = discovered.of(desk, setup.issuer)
    if query.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        raise Refused("the answer is another issuer's")
    if not query.get("code"):
        raise Refused("the provider let nobody in")
    client = Client(setup.client_id, setup.redirect_uri, queries.secret(desk))
    told = openid.claims(provider, client, tried, query["code"], now=desk.now())
    return Arrival(_arrive(desk, told, browser), after)


def _setup(desk: Desk) -> Setup:
    found = queries.setup(desk)
    if found is None:
        raise NotFound("no OpenID provider is set up", hint="helpdeskctl portal openid set")
    return found


def _opened(desk: Desk, cookie: str) -> tuple[Attempt, str]:
    try:
        kept: Any = json.loads(desk.keys.unseal(f"{cookie}{'=' * (-len(cookie) % 4)}".encode()))
        tried, after, at = Attempt(**kept["openid"]), str(kept["after"]), int(kept["at"])
    except (ConfigError, ValueError, KeyError, TypeError) as fault:
        raise Refused("the browser brought no question of ours") from fault
    if not 0 <= desk.now().timestamp() - at <= LASTS.total_seconds():
        raise Refused("the question is too old")
    return tried, after


def _use_up(desk: Desk, state: str) -> None:
    try:
        rate_limits.hit(desk, _STATE, state)
    except TooMany as again:
        raise Refused("the answer was used already") from again


@transaction
def _arrive(desk: Desk, told: Claims, browser: Browser) -> Registered:
    bound = ContactIdentity.get_or_none(ContactIdentity.issuer == told.issuer, ContactIdentity.subject == told.subject)
    if bound is None:
        contact_id, standing = _bind(desk, told)
    else:
        contact_id = contacts.survivor(bound.contact_id)
        standing = portal_admission.admit(desk, contact_id, access.contact_actor(desk, contact_id).label)
    if standing != "in":
        return Registered(standing)
    return Registered(standing, portal_access.open_session(desk, contact_id, browser, "openid"))


def _bind(desk: Desk, told: Claims) -> tuple[int, Standing]:
    """The contact of a verified address, known or new, who is from now on known by issuer and subject."""
    address = _address(desk, told)
    who = portal.customer(desk, address)
    if who is not None and not who.settled:
        raise Unverified("the address is somebody's further one, and was never proven here")
    if who is None and registering.mode_for(desk, address) == "closed":
        raise NoAccount("nobody is known by this address")
    language = told.language if told.language in settings.get(desk, "languages") else None
    contact_id = contacts.known_or_new(desk, address, name=told.name[:100], origin="portal", language=language)
    standing = portal_admission.admit(desk, contact_id, address)
    if standing == "closed":
        return contact_id, standing
    portal_access.prove(desk, Redeemed(contact_id, address, None))
    ContactIdentity.insert(
        issuer=told.issuer, subject=told.subject, contact_id=contact_id, created_at=desk.now()
    ).on_conflict(action="NOTHING", conflict_target=[ContactIdentity.issuer, ContactIdentity.subject]).execute()
    who_now = access.contact_actor(desk, contact_id)
    events.record(desk, who_now, "identity_bound", subject=("contact", who_now.label), data={"issuer": told.issuer})
    return contact_id, standing


def _address(desk: Desk, told: Claims) -> str:
    if told.email is None:
        raise Unverified("the provider names no verified address")
    try:
        return typed_addresses.checked(told.email)
    except InvalidInput as unfit:
        raise Unverified(f"the address of the provider cannot be a customer's: {unfit.message}") from unfit
