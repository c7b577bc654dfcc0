"""A customer's own account as its pages show it: profile, sessions, the feed, what may be known of it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access, portal, settings
from helpdeskctl.store.tables import Contact, PortalSession, PortalToken

MAILS: Mapping[str, tuple[str, ...]] = {
    "received": ("receipts",),
    "taken": ("tell_taken",),
    "status": ("tell_status",),
    "closed": ("tell_closed",),
    "merged": ("tell_merged",),
    "rating": ("ratings",),
}
"""The mails that a customer may do without (OUT-3), and the settings of which one sends them."""


LATELY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a customer may change of themselves. `mails`: of those that the desk sends, which are wanted."""

    name: str
    phone: str
    timezone: str | None
    language: str | None
    mails: Mapping[str, bool]
    deletion_asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """Where somebody is signed in. `begun` names it: its id never leaves the server."""

    agent_string: str
    begun: datetime
    used: datetime
    present: bool


def profile(desk: Desk, contact_id: int) -> Profile:
    """The customer's own entries."""
    row = Contact.get(Contact.id == contact_id)
    known = settings.several(desk, *{name for names in MAILS.values() for name in names})
    sent = [event for event, names in MAILS.items() if any(known[name] for name in names)]
    mails = {event: row.wants_mail.get(event, True) for event in sent}
    return Profile(row.name, row.phone, row.timezone, row.language, mails, row.deletion_asked_at)


def sessions(desk: Desk, contact_id: int, present: str) -> tuple[Session, ...]:
    """Where a customer is signed in, the last used first; `present` is the fingerprint of the session that asks."""
    known = settings.several(desk, "session_idle", "session_remember", "session_longest")
    rows = PortalSession.select().where(PortalSession.contact_id == contact_id).order_by(PortalSession.seen_at.desc())
    return tuple(
        Session(row.agent_string, row.created_at, row.seen_at, row.id_sha256 == present)
        for row in rows
        if not portal.ended(row, desk.now(), known)
    )


def came_in_lately(desk: Desk, session: str) -> bool:
    """Whether the session with this fingerprint was begun a quarter of an hour ago at most."""
    begun = PortalSession.created_at.between(desk.now() - LATELY, desk.now())
    return PortalSession.select().where(PortalSession.id_sha256 == session, begun).exists()


def has_feed(desk: Desk, contact_id: int) -> bool:
    """Whether the customer's requests can be read by an address with a key."""
    found = PortalToken.contact_id == contact_id, PortalToken.purpose == "feed", PortalToken.used_at.is_null()
    return PortalToken.select().where(*found, PortalToken.expires_at > desk.now()).exists()


def reader_of_feed(desk: Desk, key: str) -> Actor | None:
    """Whose requests the address with this key shows; None when it was revoked or the portal is closed to them."""
    row = PortalToken.select(PortalToken.contact_id).where(*portal.usable(desk, key, "feed")).first()
    if row is None or not portal.is_open(desk, row.contact_id):
        return None
    return access.contact_actor(desk, row.contact_id)
