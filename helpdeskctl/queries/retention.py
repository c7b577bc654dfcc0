"""What has been kept long enough (OPS-7): the conditions by which it goes, and how much that is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations
from helpdeskctl.domain.erasure import NAME
from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.queries import settings
from helpdeskctl.queries.access import Condition
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    Contact,
    ContactAddress,
    IncomingMail,
    MailboxAddress,
    Participant,
    Quarantine,
    Status,
    Ticket,
)

RAW_MAIL, QUARANTINE, SPAM, CLOSED = "raw_mail_kept", "quarantine_kept", "spam_kept", "closed_tickets_kept"
_NOT_SETTLED = ("received", "failed")
_WITH_QUARANTINE = ("quarantined", "dead")


@dataclass(frozen=True, slots=True)
class Due:
    """What goes at the next run for one setting: so many, so many octets of mail; the oldest of them."""

    what: str
    setting: str
    kept: str
    number: int
    octets: int | None = None
    oldest: datetime | None = None


def due(desk: Desk) -> list[Due]:
    """What the next run of `retention.clean` removes, by setting; nothing is removed by asking."""
    raw: Any = IncomingMail.select(
        fn.count(IncomingMail.id), fn.sum(IncomingMail.size), fn.min(IncomingMail.created_at)
    )
    held: Any = Quarantine.select(fn.count(Quarantine.id), fn.sum(IncomingMail.size), fn.min(Quarantine.at)).join(
        IncomingMail, on=(IncomingMail.id == Quarantine.incoming_id)
    )
    spam: Any = Ticket.select(fn.count(Ticket.id), fn.min(Ticket.updated_at))
    persons: Any = Contact.select(fn.count(Contact.id))
    return [
        _due(desk, "raw mail", RAW_MAIL, raw, old_raw_mail(desk), columns=("number", "octets", "oldest")),
        _due(desk, "quarantine", QUARANTINE, held, old_quarantine(desk), columns=("number", "octets", "oldest")),
        _due(desk, "spam tickets", SPAM, spam, old_spam(desk), columns=("number", "oldest")),
        _due(desk, "persons of closed tickets", CLOSED, persons, persons_done_with(desk), columns=("number",)),
    ]


def old_raw_mail(desk: Desk) -> Condition | None:
    """On `IncomingMail`: whose bytes were kept long enough; None: for ever. What lies in quarantine is not asked."""
    before = _before(desk, RAW_MAIL)
    if before is None:
        return None
    settled = IncomingMail.state.not_in((*_NOT_SETTLED, *_WITH_QUARANTINE))
    return (IncomingMail.created_at < before) & IncomingMail.raw_sha256.is_null(False) & settled


def old_quarantine(desk: Desk) -> Condition | None:
    """On `Quarantine` joined with `IncomingMail`: what waited or was discarded long enough ago; None: for ever."""
    before = _before(desk, QUARANTINE)
    if before is None:
        return None
    kept = (Quarantine.state == "held") | IncomingMail.raw_sha256.is_null(False)
    return (Quarantine.at < before) & Quarantine.state.in_(("held", "discarded")) & kept


def old_spam(desk: Desk) -> Condition | None:
    """On `Ticket`: spam that nothing happened to for long enough, and that holds no other ticket; None: for ever."""
    before = _before(desk, SPAM)
    if before is None:
        return None
    other: Any = Ticket.alias()
    survivors = other.select(other.merged_into_id).where(other.merged_into_id.is_null(False))
    return (Ticket.spam == 1) & (Ticket.updated_at < before) & Ticket.id.not_in(survivors)


def persons_done_with(desk: Desk) -> Condition | None:
    """On `Contact`: who asked for something once, and every ticket of theirs has been closed for long enough.

    Theirs is what they asked for or take part in. None: they are kept for ever. Addresses of agents and mailboxes are
    no customers'.
    """
    before = _before(desk, CLOSED)
    if before is None:
        return None
    closed = Status.select(Status.id).where(Status.kind == Kind.CLOSED.value)
    in_use = Ticket.status_id.not_in(closed) | (fn.coalesce(Ticket.closed_at, Ticket.updated_at) >= before)
    asked = Ticket.select(Ticket.contact_id)
    asks = Ticket.select(Ticket.contact_id).where(in_use)
    takes_part = (
        Participant.select(Participant.contact_id)
        .join(Ticket, on=(Ticket.id == Participant.ticket_id))
        .where(Participant.contact_id.is_null(False), in_use)
    )
    ours = Agent.select(Agent.address).union(MailboxAddress.select(MailboxAddress.address))
    of_ours = ContactAddress.select(ContactAddress.contact_id).where(ContactAddress.address.in_(ours))
    wanted = Contact.merged_into_id.is_null() & (Contact.name != NAME) & Contact.id.in_(asked)
    return wanted & Contact.id.not_in(asks) & Contact.id.not_in(takes_part) & Contact.id.not_in(of_ours)


def _before(desk: Desk, setting: str) -> datetime | None:
    kept = settings.get(desk, setting)
    return None if kept is None else desk.now() - kept


def _due(
    desk: Desk, what: str, setting: str, query: Any, condition: Condition | None, *, columns: tuple[str, ...]
) -> Due:
    kept = settings.get(desk, setting)
    if condition is None:
        return Due(what, setting, "forever", 0)
    values = dict(zip(columns, query.where(condition).tuples().first(), strict=True))
    octets = values.get("octets")
    return Due(
        what,
        setting,
        durations.exact(kept),
        values["number"],
        int(octets) if octets is not None else None,
        values.get("oldest"),
    )
