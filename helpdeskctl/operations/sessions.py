"""Sessions of the portal: opened at sign-in with a fresh id, ended by the customer, by time or by a new password."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.operations import events, portal_drafts, portal_tokens, rate_limits
from helpdeskctl.queries import portal, settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalSession

_NOTED_EVERY = timedelta(minutes=10)  # how finely the use of a session is noted: not every page is a write


@dataclass(frozen=True, slots=True)
class Browser:
    """Who knocks: the peer's address, what the browser calls itself, the session it has, and for how long it asks."""

    peer: str = ""
    name: str = ""
    session: str | None = None  # the fingerprint of the session it comes with
    remember: bool = False


@transaction
def open_session(desk: Desk, contact_id: int, browser: Browser) -> str:
    """Begin a session and return its secret, for the cookie. The one the browser came with ends."""
    secret = secrets.token_urlsafe(32)
    if browser.session:
        end(desk, browser.session)
    PortalSession.insert(
        id_sha256=portal.fingerprint(secret),
        contact_id=contact_id,
        remember=browser.remember,
        agent_string=browser.name[:200],
        peer=browser.peer[:64],
        created_at=desk.now(),
        seen_at=desk.now(),
    ).execute()
    return secret


@transaction
def end(desk: Desk, session: str) -> None:
    """End the session with this fingerprint; one that ended already stays ended."""
    PortalSession.delete().where(PortalSession.id_sha256 == session).execute()


@transaction
def end_all(desk: Desk, contact_id: int) -> int:
    """End every session of a contact; returns how many."""
    return int(PortalSession.delete().where(PortalSession.contact_id == contact_id).execute())


@transaction
def end_one(desk: Desk, visitor: portal.Visitor, begun: datetime) -> None:
    """The customer ends the session that began at this moment, wherever it is open; an unknown one changes nothing."""
    own = PortalSession.contact_id == visitor.contact_id
    if PortalSession.delete().where(own, PortalSession.created_at == begun).execute():
        _told(desk, visitor, 1)


@transaction
def end_others(desk: Desk, visitor: portal.Visitor) -> None:
    """The customer ends every session but this one."""
    own = PortalSession.contact_id == visitor.contact_id
    if ended := PortalSession.delete().where(own, PortalSession.id_sha256 != visitor.session).execute():
        _told(desk, visitor, int(ended))


@transaction
def renew(desk: Desk, session: str, *, acting_for: int | None) -> tuple[str, bool]:
    """Give a session another secret, as for every change of rights, and say for whom it acts; secret, remembered."""
    secret = secrets.token_urlsafe(32)
    rows = (
        PortalSession.update(id_sha256=portal.fingerprint(secret), acting_for_id=acting_for)
        .where(PortalSession.id_sha256 == session)
        .returning(PortalSession)
        .execute()
    )
    return secret, any(row.remember for row in rows)


def note_use(desk: Desk, visitor: portal.Visitor) -> None:
    """Let the session slide on. Written down every ten minutes at most."""
    if desk.now() - visitor.used_at >= _NOTED_EVERY:
        _note_use(desk, visitor.session)


def clean(desk: Desk) -> Mapping[str, int]:
    """Remove all that ended: sessions, tokens, drafts, abandoned uploads with their bytes, counters; how many of each.

    Cron does the same in two jobs (`operations/upkeep.py`).
    """
    return {
        "sessions": forget_ended(desk),
        "tokens": portal_tokens.forget_old(desk),
        "drafts": portal_drafts.forget_old(desk),
        "uploads": portal_drafts.forget_uploads(desk),
        "counters": rate_limits.forget_old(desk),
    }


@transaction
def forget_ended(desk: Desk) -> int:
    """Drop the sessions that time has ended; returns how many."""
    known = settings.several(desk, "session_idle", "session_remember", "session_longest")
    idle, remembered = desk.now() - known["session_idle"], desk.now() - known["session_remember"]
    over = (
        (PortalSession.created_at < desk.now() - known["session_longest"])
        | ((PortalSession.remember == 0) & (PortalSession.seen_at <= idle))
        | ((PortalSession.remember == 1) & (PortalSession.seen_at <= remembered))
    )
    return int(PortalSession.delete().where(over).execute())


def _told(desk: Desk, visitor: portal.Visitor, count: int) -> None:
    who = visitor.actor
    events.record(desk, who, "sessions_ended", subject=("contact", who.label), data={"sessions": count})


@transaction
def _note_use(desk: Desk, session: str) -> None:
    PortalSession.update(seen_at=desk.now()).where(PortalSession.id_sha256 == session).execute()
