"""The ledger of incoming mail and its quarantine, as they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.mail.rules.decision import SENTENCES, Held
from helpdeskctl.queries import access
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import all_of
from helpdeskctl.store.orm import JOIN, SQL
from helpdeskctl.store.tables import Department, IncomingMail, Mailbox, Message, Quarantine

STATES = (
    "received", "stored", "duplicate", "reflected", "ignored", "refused", "quarantined", "failed", "dead", "left",
)  # fmt: skip
"""What can have become of a mail (schema.sql)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which mails of the ledger: all that is given must hold. `sender` is an address or `@domain`.

    `ticket`: those whose message stands in it now, however it came there; `message_id` with or without its brackets.
    """

    mailbox: str | None = None
    since: datetime | None = None
    states: Collection[str] = ()
    sender: str | None = None
    ticket: int | None = None
    message_id: str | None = None


EVERYTHING = Wanted()


def entries(desk: Desk, actor: Actor, wanted: Wanted = EVERYTHING, *, limit: int | None = 50) -> Iterator[Entry]:
    """What came in, the newest first, as far as the actor may see it. NotFound for an unknown mailbox.

    InvalidInput for a state that there is not.
    """
    condition = _condition(desk, wanted)
    return islice(_visible(desk, actor, condition), limit)


def _visible(desk: Desk, actor: Actor, condition: Condition) -> Iterator[Entry]:
    before = 2**62
    while page := list(
        _with_mailbox(IncomingMail.select(IncomingMail, Mailbox.address.alias("mailbox")))
        .where(condition, IncomingMail.id < before)
        .order_by(IncomingMail.id.desc())
        .limit(_PAGE)
        .objects()
    ):
        before = page[-1].id
        yield from (_entry(row) for row in page if may_see(desk, actor, row))


def _condition(desk: Desk, wanted: Wanted) -> Condition:
    if unknown := sorted(set(wanted.states) - set(STATES)):
        raise InvalidInput(f'no state "{unknown[0]}"', hint=f"known: {', '.join(STATES)}")
    conditions: list[Condition] = []
    if wanted.mailbox is not None:
        conditions.append(IncomingMail.mailbox_id == mailbox_id(desk, wanted.mailbox))
    if wanted.since is not None:
        conditions.append(IncomingMail.created_at >= wanted.since)
    if wanted.states:
        conditions.append(IncomingMail.state.in_(sorted(wanted.states)))
    if wanted.sender is not None:
        conditions.append(_from(wanted.sender))
    if wanted.ticket is not None:
        there = Message.select(Message.incoming_id).where(Message.ticket_id == wanted.ticket)
        conditions.append(IncomingMail.id.in_(there.where(Message.incoming_id.is_null(False))))
    if wanted.message_id is not None:
        conditions.append(IncomingMail.mail_id == f"<{wanted.message_id.strip().strip('<>')}>")
    return all_of(conditions)


def _from(sender: str) -> Condition:
    if sender.startswith("@"):
        found: Condition = IncomingMail.sender.endswith(sender.casefold())
        return found
    return IncomingMail.sender.in_([sender, sender.casefold()])


def entry(desk: Desk, actor: Actor, ledger_id: int) -> Entry:
    """One mail. NotFound when there is none, or none that the actor may see."""
    row: Any = (
        _with_mailbox(IncomingMail.select(IncomingMail, Mailbox.address.alias("mailbox")))
        .where(IncomingMail.id == ledger_id)
        .objects()
        .first()
    )
    if row is None or not may_see(desk, actor, row):
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


def raw_pieces(desk: Desk, found: Entry) -> Iterator[bytes]:
    """The same, a piece at a time: a mail can be larger than this host's memory. StorageFailed for changed bytes."""
    if found.sha256 is None:
        raise NotFound("the bytes of this mail are not kept (any more)", subject=f"mail/{found.id}")
    return desk.blobs.pieces(found.sha256)


def held(desk: Desk, actor: Actor, *, state: str = "held") -> Iterator[HeldMail]:
    """The quarantine, oldest first: of the departments whose mail the actor may release."""
    after = 0
    while page := list(_page(state, after)):
        after = page[-1].quarantine_id
        yield from (_held(row) for row in page if may_release(actor, row.department_id, row.personal_of))


def waiting(actor: Actor, *, at_most: int = 1000) -> int:
    """How many mails wait in the quarantine for this agent, or anyone with the same rights; counted so far only."""
    held_now = Quarantine.id.in_(SQL("(SELECT id FROM quarantine WHERE state = 'held')"))  # literally as its index
    departments = Department.select(Department.id, Department.agent_id)
    open_to = [row.id for row in departments if may_release(actor, row.id, row.agent_id)]
    theirs = Quarantine.department_id.in_(open_to)
    if may_release(actor, None, None):
        theirs |= Quarantine.department_id.is_null()
    return int(Quarantine.select(Quarantine.id).where(held_now, theirs).limit(at_most).count())


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


def may_see(desk: Desk, actor: Actor, row: Any) -> bool:
    """Whether the actor may see a row of the ledger: as its ticket's notes, as its quarantine; else admins alone."""
    if actor.kind == "system":
        return True
    if row.ticket_id is None:
        if actor.admin:
            return True
        found = _quarantined().where(IncomingMail.id == row.id).objects().first()
        return found is not None and may_release(actor, found.department_id, found.personal_of)
    try:
        facts = access.ticket_facts(desk, _ticket_now(row))
    except NotFound:
        return actor.admin  # it was deleted
    return permissions.may(actor, Action.SEE_NOTES, facts).allowed


def _ticket_now(row: Any) -> int:
    """Where its message stands, after merges and splits."""
    moved = Message.get_or_none(Message.id == row.message_id) if row.message_id is not None else None
    return int(moved.ticket_id if moved is not None else row.ticket_id)


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
