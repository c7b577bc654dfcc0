"""Who is at the portal's door: the visitor of a session, the customer behind an address, a token that still holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access, delegates, settings
from helpdeskctl.queries.outgoing import may_sign_in
from helpdeskctl.store import compiled
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import Contact, ContactAddress, PortalSession, PortalToken, Ticket


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in customer. `session` is the fingerprint of the session's secret."""

    actor: Actor
    session: str
    timezone: str
    has_password: bool
    used_at: datetime
    language: str | None = None
    remembered: bool = False  # on a device of their own, as far as they say

    @property
    def contact_id(self) -> int:
        """The contact's id."""
        return self.actor.id or 0


@dataclass(frozen=True, slots=True)
class Customer:
    """Who an address belongs to, as far as signing in is concerned.

    `open`: the portal is open to them today; `waiting`: an agent has not yet said yes. `settled`: the address is
    confirmed, or the only one that could be: a second address that nobody proved opens nothing.
    """

    contact_id: int
    address: str
    name: str
    password_hash: str | None
    confirmed: bool
    settled: bool
    open: bool
    until: str | None
    waiting: bool


def fingerprint(secret: str) -> str:
    """What the database keeps of a secret: its SHA-256. The secrets have 256 random bits, so this cannot be undone."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def visitor(desk: Desk, secret: str) -> Visitor | None:
    """The customer of the session with this secret; None when it ended or the portal is closed to them (CON-3).

    A session in which a delegate acts for somebody ends with that right: what was begun for another must not go on in
    the delegate's own name (CON-6).
    """
    known = settings.several(desk, "session_idle", "session_remember", "session_longest", "timezone")
    rows = compiled.rows(_session, fingerprint(secret))
    if not rows or ended(rows[0], desk.now(), known) or not _open(desk, rows[0], known["timezone"]):
        return None
    row = rows[0]
    actor = access.actor_with(row, rows)
    if row.acting_for_id is not None:
        person = _person(desk, row.id, row.acting_for_id, known["timezone"])
        if person is None:
            return None
        actor = replace(actor, acting_for=person)
    return Visitor(
        actor,
        row.id_sha256,
        row.timezone or known["timezone"],
        row.password_hash is not None,
        row.seen_at,
        row.language,
        bool(row.remember),
    )


def _session(fingerprint: str) -> Any:
    """A session with its contact, a row for each of their addresses."""
    columns = (
        PortalSession.id_sha256, PortalSession.acting_for_id, PortalSession.remember,
        PortalSession.created_at, PortalSession.seen_at,
        Contact.id, Contact.name, Contact.company_id, Contact.main_contact, Contact.language, Contact.timezone,
        Contact.password_hash, Contact.portal_access, Contact.portal_from, Contact.portal_until, Contact.merged_into_id,
        ContactAddress.address, ContactAddress.main, ContactAddress.confirmed_at,
    )  # fmt: skip
    return (
        PortalSession.select(*columns)
        .join(Contact, on=(Contact.id == PortalSession.contact_id))
        .join(ContactAddress, JOIN.LEFT_OUTER, on=(ContactAddress.contact_id == Contact.id))
        .where(PortalSession.id_sha256 == fingerprint)
    )


def ended(session: Any, now: datetime, known: dict[str, timedelta]) -> bool:
    """Whether a session has been idle or has lasted for too long; `known` are the settings that say so."""
    idle = known["session_remember" if session.remember else "session_idle"]
    return not (now - idle < session.seen_at and now - known["session_longest"] < session.created_at <= now)


def customer(desk: Desk, address: str) -> Customer | None:
    """Whose address this is. The address that counts from here on is the stored one, not the typed one."""
    row = ContactAddress.get_or_none(ContactAddress.address == address.strip().casefold())
    if row is None:
        return None
    contact = Contact.get(Contact.id == row.contact_id)
    others = ContactAddress.select().where(
        ContactAddress.contact_id == contact.id, ContactAddress.confirmed_at.is_null(False)
    )
    return Customer(
        contact.id,
        row.address,
        contact.name,
        contact.password_hash,
        row.confirmed_at is not None,
        row.confirmed_at is not None or not others.exists(),
        _open(desk, contact, settings.get(desk, "timezone")),
        contact.portal_until,
        contact.portal_asked_at is not None,
    )


def holds(desk: Desk, secret: str, *purposes: str) -> bool:
    """Whether a one-time token could be redeemed now. Looking does not use it up."""
    return PortalToken.select().where(*usable(desk, secret, *purposes)).exists()


def usable(desk: Desk, secret: str, *purposes: str) -> tuple[Any, ...]:
    """What a row of PortalToken must be for this secret to be good: of these purposes, unused, in its time."""
    now = desk.now()
    return (
        PortalToken.secret_sha256 == fingerprint(secret),
        PortalToken.purpose.in_(purposes),
        PortalToken.used_at.is_null(),
        PortalToken.expires_at > now,
        PortalToken.created_at <= now,  # a clock that was set back revives nothing
    )


def link_holder(desk: Desk, secret: str) -> Actor | None:
    """Whoever has the link to one ticket that an agent handed out (POR-5).

    None when it ended or was revoked, and when its ticket was merged: the survivor has what nobody shared.
    """
    row = (
        PortalToken.select(PortalToken.ticket_id)
        .join(Ticket, on=(Ticket.id == PortalToken.ticket_id))
        .where(*usable(desk, secret, "ticket_link"), Ticket.merged_into_id.is_null())
        .first()
    )
    if row is None:
        return None
    return Actor("link", label="link holder", name="Link holder", ticket=row.ticket_id)


def is_open(desk: Desk, contact_id: int) -> bool:
    """Whether the portal is open to a contact today."""
    contact = Contact.get_or_none(Contact.id == contact_id)
    return contact is not None and _open(desk, contact, settings.get(desk, "timezone"))


def recipient(desk: Desk, handle: str) -> str | None:
    """The address that the handle of a mail's link stands for (POR-5)."""
    found: str | None = (
        PortalToken.select(PortalToken.address)
        .where(
            PortalToken.secret_sha256 == fingerprint(handle),
            PortalToken.purpose == "handle",
            PortalToken.expires_at > desk.now(),
        )
        .scalar()
    )
    return found


def people_to_act_for(desk: Desk, contact_id: int) -> tuple[Actor, ...]:
    """For whom this contact may act now: who named them and has the portal open (CON-6)."""
    timezone = settings.get(desk, "timezone")
    found = (_person(desk, contact_id, person_id, timezone) for person_id in delegates.named_by(contact_id))
    return tuple(person for person in found if person is not None)


def _person(desk: Desk, delegate_id: int, person_id: int, timezone: str) -> Actor | None:
    contact = Contact.get_or_none(Contact.id == person_id)
    if contact is None or not (delegates.acts(person_id, delegate_id) and _open(desk, contact, timezone)):
        return None
    return access.contact_actor(desk, person_id)


def _open(desk: Desk, contact: Any, timezone: str) -> bool:
    today = desk.now().astimezone(ZoneInfo(timezone)).date()
    return contact.merged_into_id is None and may_sign_in(contact, today)


def proposed(desk: Desk, secret: str) -> tuple[Actor, str] | None:
    """Whose account a mailed link to a new address is about, and that address; None when it is not good."""
    row = PortalToken.get_or_none(*usable(desk, secret, "change_address"))
    if row is None or row.contact_id is None:
        return None
    return access.contact_actor(desk, row.contact_id), row.address or ""
