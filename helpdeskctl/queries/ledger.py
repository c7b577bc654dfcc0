"""The ledger of incoming mail and its quarantine, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.mail.rules.decision import SENTENCES, Held
from helpdeskctl.queries import access
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import Department, IncomingMail, Mailbox, Quarantine

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail that came in, and what became of it."""

    id: int
    received_at: datetime
    mailbox: str | None
    sender: str | None
    subject: str | None
    size: int
    state: str
    decision: str | None
    rule: str | None
    reason: str | None
    ticket: int | None
    message_id: str | None
    sha256: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail in quarantine; its id is that of the ledger."""

    id: int
    reason: str
    sentence: str
    detail: str
    mailbox: str | None
    sender: str | None
    subject: str | None
    size: int
    sha256: str | None
    received_at: datetime
    department: str | None
    state: str


def entries(
    desk: Desk, *, mailbox: str | None = None, since: datetime | None = None, limit: int | None = 50
) -> list[Entry]:
    """What came in, the newest first. NotFound for an unknown mailbox."""
    query: Any = _with_mailbox(IncomingMail.select(IncomingMail, Mailbox.address.alias("mailbox")))
    if mailbox is not None:
        query = query.where(IncomingMail.mailbox_id == mailbox_id(desk, mailbox))
    if since is not None:
        query = query.where(IncomingMail.created_at >= since)
    query = query.order_by(IncomingMail.id.desc())
    return [_entry(row) for row in (query.limit(limit) if limit is not None else query).objects()]


def entry(desk: Desk, actor: Actor, ledger_id: int) -> Entry:
    """One mail. NotFound when there is none, or none that the actor may see."""
    row: Any = (
        _with_mailbox(IncomingMail.select(IncomingMail, Mailbox.address.alias("mailbox")))
        .where(IncomingMail.id == ledger_id)
        .objects()
        .first()
    )
    if row is None or not _may_see(desk, actor, row):
        raise missing(ledger_id)
    return _entry(row)


def mailbox_id(desk: Desk, address: str) -> int:
    """The id of a mailbox by its address. NotFound."""
    row = Mailbox.get_or_none(Mailbox.address == address.casefold())
    if row is None:
        raise NotFound(f'no mailbox "{address}"', hint="helpdeskctl mailbox list", subject=f"mailbox/{address}")
    return int(row.id)


def raw(desk: Desk, found: Entry) -> bytes:
    """The mail octet for octet. NotFound where retention took it, or where it stayed on the server."""
    if found.sha256 is None:
        raise NotFound("the bytes of this mail are not kept (any more)", subject=f"mail/{found.id}")
    return desk.blobs.get(found.sha256)


def held(desk: Desk, actor: Actor, *, state: str = "held") -> Iterator[HeldMail]:
    """The quarantine, oldest first: of the departments whose mail the actor may release."""
    after = 0
    while page := list(_page(state, after)):
        after = page[-1].quarantine_id
        yield from (_held(row) for row in page if may_release(actor, row.department_id, row.personal_of))


def one_held(desk: Desk, actor: Actor, ledger_id: int) -> HeldMail:
    """One mail of the quarantine, whatever its state. NotFound when there is none that the actor may release."""
    row = _quarantined().where(IncomingMail.id == ledger_id).objects().first()
    if row is None or not may_release(actor, row.department_id, row.personal_of):
        raise NotFound(
            f"no mail {ledger_id} in quarantine",
            hint="helpdeskctl mail quarantine list",
            subject=f"mail/{ledger_id}",
        )
    return _held(row)


def may_release(actor: Actor, department_id: int | None, personal_of: int | None) -> bool:
    """AGT-1: the department's agents; mail that belongs to no department is for admins."""
    if actor.kind == "system" or (actor.admin and personal_of is None):
        return True
    if department_id is None:
        return False
    return permissions.may_in(actor, Action.RELEASE, department_id, personal_of).allowed


def missing(ledger_id: int) -> NotFound:
    """The one answer for mail that is not there and mail that may not be seen."""
    return NotFound(f"no mail {ledger_id}", hint="helpdeskctl mail log", subject=f"mail/{ledger_id}")


def _with_mailbox(query: Any) -> Any:
    return query.join(Mailbox, JOIN.LEFT_OUTER, on=(Mailbox.id == IncomingMail.mailbox_id))


def _may_see(desk: Desk, actor: Actor, row: Any) -> bool:
    if actor.kind == "system" or actor.admin:
        return True
    if row.ticket_id is None:
        found = _quarantined().where(IncomingMail.id == row.id).objects().first()
        return found is not None and may_release(actor, found.department_id, found.personal_of)
    try:
        facts = access.ticket_facts(desk, row.ticket_id)
    except NotFound:
        return False
    return permissions.may(actor, Action.SEE_NOTES, facts).allowed


def _entry(row: Any) -> Entry:
    return Entry(
        row.id,
        row.received_at or row.created_at,
        row.mailbox,
        row.sender,
        row.subject,
        row.size,
        row.state,
        row.decision,
        row.rule,
        row.reason,
        row.ticket_id,
        row.mail_id,
        row.raw_sha256,
        row.attempts,
    )


def _quarantined() -> Any:
    return (
        Quarantine.select(
            IncomingMail,
            Quarantine.id.alias("quarantine_id"),
            Quarantine.reason.alias("held_for"),
            Quarantine.detail.alias("detail"),
            Quarantine.state.alias("held_state"),
            Quarantine.department_id.alias("department_id"),
            Department.key.alias("department"),
            Department.agent_id.alias("personal_of"),
            Mailbox.address.alias("mailbox"),
        )
        .join(IncomingMail, on=(IncomingMail.id == Quarantine.incoming_id))
        .join(Mailbox, JOIN.LEFT_OUTER, on=(Mailbox.id == IncomingMail.mailbox_id))
        .join(Department, JOIN.LEFT_OUTER, on=(Department.id == Quarantine.department_id))
    )


def _page(state: str, after: int) -> Iterable[Any]:
    rows: Iterable[Any] = (
        _quarantined()
        .where(Quarantine.state == state, Quarantine.id > after)
        .order_by(Quarantine.id)
        .limit(_PAGE)
        .objects()
    )
    return rows


def _held(row: Any) -> HeldMail:
    return HeldMail(
        row.id,
        row.held_for,
        SENTENCES[Held(row.held_for)],
        row.detail,
        row.mailbox,
        row.sender,
        row.subject,
        row.size,
        row.raw_sha256,
        row.received_at or row.created_at,
        row.department,
        row.held_state,
    )
