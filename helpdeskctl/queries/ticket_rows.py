"""A ticket as a line of a list shows it, read for a whole page at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Kind, Priority
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries.undelivered import undelivered
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import (
    Agent,
    Company,
    Contact,
    Department,
    Draft,
    Presence,
    ReadMark,
    Status,
    Team,
    Ticket,
)

PRESENT = timedelta(seconds=45)  # three heartbeats of a screen


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One line. Keys and addresses name things; the names beside them are for show. Times are aware UTC.

    `unread`, `writing` (other agents who write in it now) and `draft` are the reading agent's; `company` is the
    ticket's, which need not be the requester's present one. `undelivered`: an answer did not reach somebody.
    """

    number: int
    subject: str
    status: str
    status_kind: Kind
    status_names: Mapping[str, str]
    priority: Priority
    department: str
    department_name: str
    assignee: str | None
    assignee_name: str | None
    team: str | None
    requester: str
    requester_name: str
    contact_id: int
    company: str | None
    company_name: str | None
    language: str | None
    origin: str
    created_at: datetime
    updated_at: datetime
    message_at: datetime | None
    waiting_since: datetime | None
    due_at: datetime | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    merged_into: int | None
    spam: bool
    billed: bool
    proven: bool
    portal: bool
    customer_may_close: bool
    unread: bool = False
    draft: bool = False
    writing: tuple[str, ...] = ()
    undelivered: bool = False


_COLUMNS: Mapping[str, Any] = {
    "number": Ticket.id,
    "status": Status.key,
    "status_kind": Status.kind,
    "status_names": Status.names,
    "department": Department.key,
    "department_name": Department.name,
    "assignee": Agent.address,
    "assignee_name": Agent.name,
    "team": Team.key,
    "requester": Ticket.requester_address,
    "requester_name": Contact.name,
    "company": Company.key,
    "company_name": Company.name,
    "merged_into": Ticket.merged_into_id,
} | {
    name: getattr(Ticket, name)
    for name in (
        "subject", "priority", "contact_id", "language", "origin", "created_at", "updated_at", "message_at",
        "waiting_since", "due_at", "snoozed_until", "closed_at", "spam", "billed", "proven", "portal",
        "customer_may_close",
    )
}  # fmt: skip


def rows(desk: Desk, actor: Actor, numbers: Sequence[int]) -> tuple[TicketRow, ...]:
    """The lines of these tickets, in this order; the right to see them has been asked. At most five queries."""
    if not numbers:
        return ()
    marks = _marks(desk, actor, numbers)
    lines = {line["number"]: line for line in _joined(numbers).dicts()}
    return tuple(_row(lines[number], marks.get(number, {})) for number in numbers if number in lines)


def _joined(numbers: Sequence[int]) -> Any:
    return (
        Ticket.select(Ticket.last_customer_message_id, *(column.alias(name) for name, column in _COLUMNS.items()))
        .join(Status, on=(Status.id == Ticket.status_id))
        .join(Department, on=(Department.id == Ticket.department_id))
        .join(Contact, on=(Contact.id == Ticket.contact_id))
        .join(Agent, JOIN.LEFT_OUTER, on=(Agent.id == Ticket.assignee_id))
        .join(Team, JOIN.LEFT_OUTER, on=(Team.id == Ticket.team_id))
        .join(Company, JOIN.LEFT_OUTER, on=(Company.id == Ticket.company_id))
        .where(Ticket.id.in_(list(numbers)))
    )


def _row(line: dict[str, Any], marks: Mapping[str, Any]) -> TicketRow:
    spoken = line.pop("last_customer_message_id")
    return TicketRow(
        **line
        | {"priority": Priority(line["priority"]), "status_kind": Kind(line["status_kind"])}
        | {"unread": spoken is not None and spoken > marks.get("seen", spoken)}
        | {name: marks[name] for name in ("draft", "writing", "undelivered") if name in marks}
    )


def _marks(desk: Desk, actor: Actor, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What the reading agent has of these tickets: the message seen last, a draft; who else writes, what failed."""
    if actor.kind != "agent":
        return {}
    marks: dict[int, dict[str, Any]] = {number: {"seen": 0} for number in numbers}
    wanted = list(numbers)
    for mark in ReadMark.select().where(ReadMark.agent_id == actor.id, ReadMark.ticket_id.in_(wanted)):
        marks[mark.ticket_id]["seen"] = mark.message_id
    for draft in Draft.select(Draft.ticket_id).where(Draft.agent_id == actor.id, Draft.ticket_id.in_(wanted)):
        marks[draft.ticket_id]["draft"] = True
    writing: Any = (
        Presence.select(Presence.ticket_id, Agent.name)
        .join(Agent, on=(Agent.id == Presence.agent_id))
        .where(
            Presence.ticket_id.in_(wanted),
            Presence.mode == "writing",
            Presence.agent_id != actor.id,
            Presence.seen_at > desk.now() - PRESENT,
        )
        .order_by(Presence.since)
    )
    for number, name in writing.tuples():
        marks[number]["writing"] = (*marks[number].get("writing", ()), name)
    for ticket in Ticket.select(Ticket.id).where(Ticket.id.in_(wanted), undelivered()):
        marks[ticket.id]["undelivered"] = True
    return marks
