"""Signing in and out of the portal: by mailed link or code, by password; and choosing a password.

Whether an address is known makes no difference to what its typist sees, nor to how long it takes (the front end waits
out the rest of a fixed time). What fails is logged, what succeeds is an event.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.operations import (
    events,
    notices,
    passwords,
    portal_admission,
    portal_links,
    portal_tokens,
    rate_limits,
    sessions,
)
from helpdeskctl.operations.portal_tokens import Redeemed
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, outgoing, own_account, portal, settings
from helpdeskctl.queries.portal import Customer, Visitor
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, ContactAddress, Ticket

SIGN_IN_LASTS = timedelta(minutes=10)  # as the mail says
RESET_LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody came in: the secret of the new session, and the ticket to land at, if one was meant."""

    secret: str
    ticket: int | None = None


class WrongPassword(NotPermitted):
    """Address and password do not belong together, or there is no such address: the same to whoever asks."""


class AccessEnded(NotPermitted):
    """The right password, but the portal is closed to this customer (CON-3); `until` was the last day, if any;
    `waiting`: it is not open yet."""

    def __init__(self, until: str | None, *, waiting: bool = False) -> None:
        super().__init__("the access to the portal has ended")
        self.until, self.waiting = until, waiting


class SignInAgain(NotPermitted):
    """What is asked for needs a sign-in that is not long ago."""


def ask_link(desk: Desk, address: str, *, nonce: str, ticket: int | None, peer: str) -> int | None:
    """Mail a sign-in link and code to an address that may sign in; the outbox row's id.

    None for every other address. `nonce`: the form's, to which the code is bound. Refused where the desk cannot send
    such mail at all, TooMany past the limits; both tell nothing about the address.
    """
    _refuse_unless(desk, "link")
    count_mail(desk, address, peer)
    who = portal.customer(desk, address)
    if who is None or not (who.open and who.settled):
        log.event("portal.link_not_sent", peer=peer)
        return None
    return send_link(desk, who, nonce, ticket)


def ask_reset(desk: Desk, address: str, *, peer: str) -> int | None:
    """Mail a link to choose a new password, to the stored address; as `ask_link` otherwise."""
    _refuse_unless(desk, "password")
    count_mail(desk, address, peer)
    who = portal.customer(desk, address)
    if who is None or not (who.open and who.settled):
        log.event("portal.reset_not_sent", peer=peer)
        return None
    return send_reset(desk, who)


def sign_in_by_link(desk: Desk, secret: str, browser: Browser) -> Entered | None:
    """Use a mailed link up and open a session; None when it is not good (any more)."""
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    return _enter_by_link(desk, secret, browser)


def sign_in_by_code(desk: Desk, nonce: str, code: str, browser: Browser) -> Entered | None:
    """The same by the six digits, typed into the form that asked for them."""
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    found = portal_tokens.redeem_code(desk, nonce, "".join(code.split()))
    if found is None:
        log.event("portal.code_refused", peer=browser.peer)
    return _enter(desk, found, browser, "code") if found else None


def sign_in_by_password(desk: Desk, address: str, password: str, browser: Browser) -> Entered:
    """Open a session. WrongPassword, AccessEnded, TooMany; Refused where the desk signs in by link only."""
    _refuse_unless(desk, "password")
    account = address.strip().casefold()
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    rate_limits.hit(desk, rate_limits.LOGIN_ADDRESS, account)
    who = portal.customer(desk, address)
    stored = who.password_hash if who is not None and who.confirmed else None
    if not passwords.fits(stored, password) or who is None:
        log.event("portal.password_refused", level=logging.WARNING, peer=browser.peer)
        raise WrongPassword("address and password do not belong together")
    if not who.open:
        raise AccessEnded(who.until, waiting=who.waiting)
    rate_limits.forgive(desk, rate_limits.LOGIN_ADDRESS, account)
    again = passwords.hashed(password) if stored and passwords.outdated(stored) else None
    return _enter_by_password(desk, who, browser, again)


@transaction
def sign_out(desk: Desk, visitor: Visitor) -> None:
    """End this session."""
    sessions.end(desk, visitor.session)
    events.record(desk, visitor.actor, "signed_out", subject=("contact", visitor.actor.label))


def set_password(desk: Desk, visitor: Visitor, new: str, *, current: str, browser: Browser) -> Entered:
    """Choose a password when signed in; who has one must know it. Every session ends, a new one begins (I11).

    WrongPassword for a wrong `current` one, SignInAgain for who has none and came in long ago: what a password opens,
    a change of address too, is not for whoever finds a session. InvalidInput for one that cannot be chosen, TooMany.
    """
    _refuse_unless(desk, "password")
    check_password(desk, visitor, current, peer=browser.peer)
    if not visitor.has_password:
        check_presence(desk, visitor, current, peer=browser.peer)
    refuse_unfit(new, personal=visitor.actor.addresses)
    return _set_password(desk, visitor.contact_id, passwords.hashed(new), browser)


def check_password(desk: Desk, visitor: Visitor, current: str, *, peer: str) -> None:
    """Raise WrongPassword unless `current` is the password of who has signed in, if they have one; TooMany."""
    rate_limits.hit(desk, rate_limits.LOGIN_ADDRESS, f"contact:{visitor.contact_id}")
    stored = Contact.get(Contact.id == visitor.contact_id).password_hash
    if stored is not None and not passwords.fits(stored, current):
        log.event("portal.password_refused", level=logging.WARNING, peer=peer, contact=visitor.contact_id)
        raise WrongPassword("that is not the present password")


def check_presence(desk: Desk, visitor: Visitor, current: str, *, peer: str) -> None:
    """Be sure that the customer is there, and not somebody before their screen: who came in just now is, else the
    password tells. WrongPassword, TooMany; SignInAgain for who has none and came in long ago."""
    if own_account.came_in_lately(desk, visitor.session):
        return
    if not visitor.has_password:
        raise SignInAgain("signed in too long ago")
    check_password(desk, visitor, current, peer=peer)


def reset_password(desk: Desk, secret: str, new: str, browser: Browser) -> Entered | None:
    """Choose a password by a mailed link (reset, or the invitation of a welcome mail); None when it is not good."""
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    if not portal.holds(desk, secret, "reset", "invite"):
        return None
    refuse_unfit(new)  # before the link is used up
    return _reset_password(desk, secret, passwords.hashed(new), browser)


@transaction
def confirm_request(desk: Desk, secret: str) -> int | None:
    """A guest's address is proven by a mailed link: its request may be seen; the ticket's number.

    Where everybody may register, so has this guest (POR-1): the proof is the same.
    """
    found = portal_tokens.redeem(desk, secret, "confirm")
    owner = portal.customer(desk, found.address) if found else None
    if found is None or found.ticket is None or owner is None or not owner.settled:
        return None  # whose account the address stands in has not shown that it is theirs: agents read and answer it
    prove(desk, found)
    mine = (Ticket.contact_id == owner.contact_id) & (Ticket.requester_address == found.address)
    Ticket.update(proven=True).where(Ticket.id == found.ticket, mine).execute()
    portal_admission.admit_guest(desk, owner.contact_id, found.address)
    who = access.contact_actor(desk, owner.contact_id)
    events.record(desk, who, "confirmed", ticket=found.ticket, data={"address": found.address})
    return found.ticket


@transaction
def prove(desk: Desk, found: Redeemed) -> None:
    """The holder of an address has come by a link mailed there: it is confirmed.

    Where it is the contact's first, whatever somebody set up before that proof is void: password, sessions, tokens.
    """
    row = ContactAddress.get(ContactAddress.address == found.address)
    if row.confirmed_at is not None:
        return
    confirmed = ContactAddress.select().where(
        ContactAddress.contact_id == row.contact_id, ContactAddress.confirmed_at.is_null(False)
    )
    if not confirmed.exists():
        void(desk, row.contact_id)
        Contact.update(password_hash=None).where(Contact.id == row.contact_id).execute()
    ContactAddress.update(confirmed_at=desk.now()).where(ContactAddress.address == row.address).execute()
    events.record(desk, SYSTEM, "address_confirmed", subject=("contact", row.address))


def refuse_unfit(new: str, *, personal: frozenset[str] = frozenset()) -> None:
    """Raise InvalidInput for a password that cannot be chosen; its message is the word of `passwords.fault`."""
    words = {word for address in personal for word in (address, address.partition("@")[0])}
    if found := passwords.fault(new, personal=words):
        raise InvalidInput(found)


def _refuse_unless(desk: Desk, way: str) -> None:
    known = settings.several(desk, "sign_in", "portal_url")
    if known["sign_in"] not in ("both", way):
        raise Refused(f"this desk does not sign in by {way}", hint="helpdeskctl setting set sign_in both")


def count_mail(desk: Desk, address: str, peer: str) -> None:
    """Count a mail that somebody asks for. Refused where the desk cannot send such mail at all, TooMany past limits."""
    outgoing.account_mailbox(desk)
    if settings.get(desk, "portal_url") is None:
        raise Refused("the portal's address is not set", hint="helpdeskctl setting set portal_url https://…")
    rate_limits.hit(desk, rate_limits.MAIL_PEER, rate_limits.network(peer))
    rate_limits.hit(desk, rate_limits.MAIL_ADDRESS, address.strip().casefold())


@transaction
def send_link(desk: Desk, who: Customer, nonce: str, ticket: int | None = None) -> int | None:
    """Mail a sign-in link and code to a customer; the outbox row's id, None past the limits of MAIL-22."""
    known = ticket if ticket and Ticket.select().where(Ticket.id == ticket).exists() else None
    link = portal_links.one_time(
        desk, "sign_in", lasts=SIGN_IN_LASTS, contact_id=who.contact_id, address=who.address, ticket=known, nonce=nonce
    )
    return notices.account_mail(desk, "sign_in", who.contact_id, who.address, link=link)


@transaction
def send_reset(desk: Desk, who: Customer) -> int | None:
    """Mail a customer a link to choose a new password; as `send_link` otherwise."""
    link = portal_links.one_time(desk, "reset", lasts=RESET_LASTS, contact_id=who.contact_id, address=who.address)
    events.record(desk, SYSTEM, "reset_asked", subject=("contact", who.address))
    return notices.account_mail(desk, "reset", who.contact_id, who.address, link=link)


@transaction
def _enter_by_link(desk: Desk, secret: str, browser: Browser) -> Entered | None:
    found = portal_tokens.redeem(desk, secret, "sign_in")
    if found is None:
        log.event("portal.link_refused", peer=browser.peer)
        return None
    return _enter(desk, found, browser, "link")


@transaction
def _enter(desk: Desk, found: Redeemed, browser: Browser, way: str) -> Entered | None:
    who = portal.customer(desk, found.address)
    if who is None or who.contact_id != found.contact_id or not (who.open and who.settled):
        return None  # the portal was closed to them, or the address moved, since the mail left
    prove(desk, found)
    return Entered(open_session(desk, found.contact_id, browser, way), found.ticket)


@transaction
def _enter_by_password(desk: Desk, who: Customer, browser: Browser, rehashed: str | None) -> Entered:
    if rehashed is not None:
        Contact.update(password_hash=rehashed).where(Contact.id == who.contact_id).execute()
    return Entered(open_session(desk, who.contact_id, browser, "password"))


def open_session(desk: Desk, contact_id: int, browser: Browser, way: str) -> str:
    """Sign a contact in and return the session's secret, in the caller's transaction. `way` stands in the event."""
    who = access.contact_actor(desk, contact_id)
    events.record(desk, who, "signed_in", subject=("contact", who.label), data={"by": way, "peer": browser.peer})
    return sessions.open_session(desk, contact_id, browser)


@transaction
def _reset_password(desk: Desk, secret: str, hashed: str, browser: Browser) -> Entered | None:
    found = portal_tokens.redeem(desk, secret, "reset", "invite")
    who = portal.customer(desk, found.address) if found else None
    if found is None or who is None or who.contact_id != found.contact_id or not who.open:
        return None
    prove(desk, found)
    return _set_password(desk, found.contact_id, hashed, browser)


@transaction
def _set_password(desk: Desk, contact_id: int, hashed: str, browser: Browser) -> Entered:
    keep_password(desk, contact_id, hashed, browser)
    return Entered(open_session(desk, contact_id, browser, "password"))


@transaction
def keep_password(desk: Desk, contact_id: int, hashed: str, browser: Browser) -> None:
    """Give a contact a password, as `passwords.hashed` made it; every session and open token ends (I11)."""
    void(desk, contact_id)
    Contact.update(password_hash=hashed, password_changed_at=desk.now()).where(Contact.id == contact_id).execute()
    who = access.contact_actor(desk, contact_id)
    events.record(desk, who, "password_changed", subject=("contact", who.label), data={"peer": browser.peer})


def void(desk: Desk, contact_id: int) -> None:
    """End every session and open token of a contact, in the caller's transaction."""
    sessions.end_all(desk, contact_id)
    portal_tokens.kill_all(desk, contact_id)
