"""Customers change their address, or add one: proven by who they are, by the new address, and told to the old one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import (
    events,
    notices,
    portal_access,
    portal_links,
    portal_tokens,
    rate_limits,
    typed_addresses,
)
from helpdeskctl.operations.portal_access import WrongPassword
from helpdeskctl.operations.portal_tokens import Redeemed
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, portal
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.store import prepared
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, ContactAddress, PortalToken, Suppression, Ticket

LASTS = timedelta(hours=24)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proof:
    """That it is the customer who asks: their password, else the six digits that form `nonce` had mailed to them."""

    password: str = ""
    code: str = ""
    nonce: str = ""


def mail_code(desk: Desk, visitor: Visitor, *, nonce: str, peer: str) -> int | None:
    """Mail the six digits to the present address of a customer without a password; TooMany, Refused as signing in."""
    portal_access.count_mail(desk, visitor.actor.label, peer)
    who = portal.customer(desk, visitor.actor.label)
    return portal_access.send_link(desk, who, nonce) if who is not None else None


def ask(desk: Desk, visitor: Visitor, typed: str, proof: Proof, *, peer: str) -> tuple[int, ...]:
    """Mail a link to the new address and a notice to the present one; the outbox rows' ids.

    To an address that is another contact's nothing is mailed; its typist is not told. InvalidInput for one that is
    none, the desk's or the customer's own (its message is `none`, `ours` or `same`), WrongPassword, TooMany.
    """
    address = typed_addresses.checked(typed)
    if address in visitor.actor.addresses:
        raise InvalidInput("same")
    _check(desk, visitor, proof, peer)
    portal_access.count_mail(desk, address, peer)
    return _ask(desk, visitor, address)


def confirm(desk: Desk, secret: str, browser: Browser, *, keep: bool, here: int | None) -> str | None:
    """The link in the mail to the new address was used: it is the customer's; "" or the secret of a new session.

    `keep`: the present address stays beside it, else the new one takes its place. Every session and open token ends
    (I11); `here` is the contact who is signed in where the link was opened, and stays so. None when the link is not
    good, or the address has become somebody else's.
    """
    rate_limits.hit(desk, rate_limits.LOGIN_PEER, rate_limits.network(browser.peer))
    return _confirm(desk, secret, browser, keep, here)


def _check(desk: Desk, visitor: Visitor, proof: Proof, peer: str) -> None:
    if visitor.has_password:
        portal_access.check_password(desk, visitor, proof.password, peer=peer)
        return
    rate_limits.hit(desk, rate_limits.LOGIN_ADDRESS, f"contact:{visitor.contact_id}")
    found = portal_tokens.redeem_code(desk, proof.nonce, "".join(proof.code.split()))
    if found is None or found.contact_id != visitor.contact_id:
        log.event("portal.code_refused", peer=peer, contact=visitor.contact_id)
        raise WrongPassword("these are not the digits that were mailed")


@transaction
def _ask(desk: Desk, visitor: Visitor, address: str) -> tuple[int, ...]:
    present = visitor.actor.label
    told = notices.account_mail(desk, "address_notice", visitor.contact_id, present)
    if told is None and not _bounces(desk, present):
        # Who is not told cannot object: a change waits until the notice can leave.
        raise TooMany(desk.now() + _HOUR)
    events.record(desk, visitor.actor, "address_change_asked", subject=("contact", present))
    there = ContactAddress.get_or_none(ContactAddress.address == address)
    if there is not None and there.contact_id != visitor.contact_id:
        log.event("portal.address_change_not_sent", contact=visitor.contact_id)
        return (told,) if told else ()
    link = portal_links.one_time(desk, "change_address", lasts=LASTS, contact_id=visitor.contact_id, address=address)
    mail = notices.account_mail(desk, "address_change", None, address, link=link, language=visitor.language)
    return tuple(each for each in (told, mail) if each)


@transaction
def _confirm(desk: Desk, secret: str, browser: Browser, keep: bool, here: int | None) -> str | None:
    found = portal_tokens.redeem(desk, secret, "change_address")
    if found is None or not _is_free(found):
        return None
    who = access.contact_actor(desk, found.contact_id)
    if who.label == found.address:
        return None
    if not _take(desk, who, found.address):
        return None
    if keep:
        events.record(desk, who, "address_added", subject=("contact", who.label), data={"address": found.address})
    else:
        _replace(desk, who, found.address)
    portal_access.void(desk, found.contact_id)
    if here != found.contact_id:
        return ""
    return portal_access.open_session(desk, found.contact_id, browser, "address")


def _is_free(found: Redeemed) -> bool:
    there = ContactAddress.get_or_none(ContactAddress.address == found.address)
    alive = Contact.select().where(Contact.id == found.contact_id, Contact.merged_into_id.is_null()).exists()
    return alive and (there is None or there.contact_id == found.contact_id)


def _take(desk: Desk, who: Actor, address: str) -> bool:
    """Put a proven address beside those of a customer; False when another has taken it at this very moment."""
    own = ContactAddress.contact_id == who.id
    ContactAddress.delete().where(ContactAddress.address == address, own).execute()
    return prepared.insert_once(ContactAddress, address=address, contact_id=who.id, main=0, confirmed_at=desk.now())


def _replace(desk: Desk, who: Actor, address: str) -> None:
    """The main address goes; what was asked from it is answered at the new one, where links in old mails lead, too."""
    own = ContactAddress.contact_id == who.id
    ContactAddress.delete().where(ContactAddress.address == who.label, own).execute()
    ContactAddress.update(main=True).where(ContactAddress.address == address).execute()
    theirs = (Ticket.contact_id == who.id) & (Ticket.requester_address == who.label)
    Ticket.update(requester_address=address).where(theirs).execute()
    handles = (PortalToken.contact_id == who.id) & (PortalToken.purpose == portal_links.PURPOSE)
    PortalToken.update(address=address).where(handles, PortalToken.address == who.label).execute()
    events.record(desk, who, "renamed", subject=("contact", address), data={"from": who.label, "to": address})


def _bounces(desk: Desk, address: str) -> bool:
    """Whether the present address is lost for good: often the very reason for a change."""
    return Suppression.select().where(Suppression.address == address, Suppression.until > desk.now()).exists()
