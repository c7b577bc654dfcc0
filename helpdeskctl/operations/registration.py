"""Customers who register themselves (POR-1): nobody comes into being before the address is proven by a mailed link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import (
    contacts,
    notices,
    passwords,
    portal_access,
    portal_admission,
    portal_links,
    portal_tokens,
    rate_limits,
    typed_addresses,
)
from helpdeskctl.operations.portal_admission import Standing
from helpdeskctl.operations.portal_tokens import Redeemed
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import portal, settings
from helpdeskctl.queries import registration as queries
from helpdeskctl.queries.registration import Newcomer
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, PortalDraft

LASTS = timedelta(hours=24)

AddressFault = Literal["none", "ours", "domain"]


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a proven address; `secret` is that of the session of who is in."""

    standing: Standing
    secret: str | None = None


def ask(desk: Desk, newcomer: Newcomer, *, nonce: str, peer: str) -> int | None:
    """Mail a link that proves the address, and to customers with access the ordinary one to sign in; the mail's id.

    None where no mail leaves; its typist is not told. NotFound where nobody registers, InvalidInput for an address
    that cannot register (its message is an `AddressFault`), TooMany past the limits. `nonce` is the form's.
    """
    _refuse_unless_offered(desk)
    address = typed_addresses.checked(newcomer.address)
    if not queries.of_allowed_domain(desk, address):
        raise InvalidInput("domain")
    portal_access.count_mail(desk, address, peer)
    who = portal.customer(desk, address)
    if who is not None and not who.settled:
        log.event("portal.registration_not_sent", peer=peer)
        return None
    if who is not None and who.open:
        by_link = settings.get(desk, "sign_in") != "password"
        return portal_access.send_link(desk, who, nonce) if by_link else portal_access.send_reset(desk, who)
    return _send(desk, replace(newcomer, address=address), peer)


def confirm(desk: Desk, secret: str, browser: Browser, *, name: str = "", password: str = "") -> Registered | None:
    """The button behind the link was pressed: the address is proven. None when the link is not good.

    Whatever was set up before that proof is void. `password` may be empty. InvalidInput for one that cannot be chosen,
    TooMany past the limit.
    """
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    typed = queries.typed(desk, secret)
    if typed is None or queries.mode(desk) == "closed":
        return None
    if password:
        portal_access.refuse_unfit(password, personal=frozenset({typed.address}))
    hashed = passwords.hashed(password) if password else None
    return _confirm(desk, secret, replace(typed, name=name or typed.name), hashed, browser)


def _refuse_unless_offered(desk: Desk) -> None:
    if queries.mode(desk) == "closed":
        raise NotFound("nobody registers here", hint="helpdeskctl setting set registration open")


@transaction
def _send(desk: Desk, newcomer: Newcomer, peer: str) -> int | None:
    address = newcomer.address
    link = portal_links.one_time(desk, "register", lasts=LASTS, contact_id=None, address=address)
    PortalDraft.insert(
        nonce_sha256=portal.fingerprint(link.secret),
        peer=peer[:64],
        route=queries.ROUTE,
        content={"fields": {"name": newcomer.name, "language": newcomer.language or ""}},
        created_at=desk.now(),
    ).execute()
    return notices.account_mail(desk, "registration", None, address, link=link, language=newcomer.language)


@transaction
def _confirm(desk: Desk, secret: str, newcomer: Newcomer, hashed: str | None, browser: Browser) -> Registered | None:
    address = newcomer.address
    found = portal_tokens.redeem(desk, secret, "register")
    if found is None or found.address != address:
        return None
    PortalDraft.delete().where(PortalDraft.nonce_sha256 == portal.fingerprint(secret)).execute()
    contact_id = contacts.known_or_new(desk, address, name=newcomer.name, origin="portal", language=newcomer.language)
    who = portal.customer(desk, address)
    if who is None or not who.settled:  # the address became somebody's further one since the mail left
        return None
    portal_access.prove(desk, Redeemed(contact_id, address, None))
    _fill_in(contact_id, newcomer)
    standing = portal_admission.admit(desk, contact_id, address)
    if standing == "closed":
        return Registered(standing)
    portal_access.void(desk, contact_id)
    if hashed is not None:
        portal_access.keep_password(desk, contact_id, hashed, browser)
    if standing == "waiting":
        return Registered(standing)
    return Registered(standing, portal_access.open_session(desk, contact_id, browser, "registration"))


def _fill_in(contact_id: int, newcomer: Newcomer) -> None:
    """A contact made by a mail of theirs has perhaps neither name nor language yet."""
    own = Contact.id == contact_id
    if newcomer.name:
        Contact.update(name=newcomer.name).where(own, Contact.name == newcomer.address).execute()
    if newcomer.language:
        Contact.update(language=newcomer.language).where(own, Contact.language.is_null()).execute()
