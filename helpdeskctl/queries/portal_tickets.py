"""A customer's tickets as the portal lists them: nothing that the permission table hides (TIC-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations, permissions, wording
from helpdeskctl.domain.filters_words import PORTAL_WORDS
from helpdeskctl.domain.folding import fold
from helpdeskctl.domain.lifecycle import Kind, reopening
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.domain.presentation import Facts, Shown, in_plain_words
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access, found, settings
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.outgoing import named, shown_name
from helpdeskctl.queries.portal_thread import PUBLIC
from helpdeskctl.store.orm import JOIN, fn
from helpdeskctl.store.tables import Agent, Contact, Department, Message, Status, Ticket

PAGE = 25
OPEN = (Kind.NEW, Kind.OPEN, Kind.QUESTION, Kind.ANSWERED, Kind.HOLD)
SHOWN: Mapping[str, Sequence[Kind] | None] = {
    "open": OPEN,
    "turn": (Kind.QUESTION,),
    "solved": (Kind.CLOSED,),
    "all": None,
}
"""The filters of the list and the kinds of status in them; None: whatever."""
_MOST_TERMS = 8
_ASKED = (Action.REPLY, Action.CLOSE, Action.REOPEN)
_ENDED = {Action.REOPEN}  # once closed for good: a customer's answer opens a new request, of which a link shows nothing


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in the list. `shown` is its state in plain words; `last_at` the newest public message."""

    number: int
    subject: str
    shown: Shown
    requester: str
    created_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, newest request first; `next` is the number to go on after. `counts`: tickets per filter."""

    lines: tuple[Line, ...]
    next: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Detail:
    """A ticket's page without its thread. `rights`: what the reader may do to it now."""

    number: int
    subject: str
    shown: Shown
    closed: bool
    billed: bool
    rights: frozenset[Action]
    created_at: datetime


def page(desk: Desk, actor: Actor, *, show: str = "open", query: str = "", after: int | None = None) -> Page:
    """A page of the tickets this customer sees, filtered by `show` and by the words or number in `query`."""
    mine = access.visible(actor) & Ticket.merged_into_id.is_null()
    kinds = SHOWN.get(show, OPEN)
    wanted = mine if kinds is None else mine & Ticket.id.in_(_of_kinds(kinds))
    if query:
        wanted &= _matching(desk, actor, query)
    if after is not None:
        wanted &= Ticket.id < after
    rows = list(_rows(wanted).order_by(Ticket.id.desc()).limit(PAGE + 1))
    lines = _lines(desk, actor, rows[:PAGE])
    return Page(lines, rows[PAGE - 1].id if len(rows) > PAGE else None, _counts(mine))


def detail(desk: Desk, actor: Actor, number: int) -> Detail:
    """A ticket this customer may see; NotFound otherwise, the same as for one that is not there."""
    facts = access.ticket_facts(desk, number)
    if not permissions.may(actor, Action.SEE, facts).allowed:
        raise _missing(number)
    row = _rows(Ticket.id == number).get()
    (line,) = _lines(desk, actor, [row])
    closed = row.status_kind == Kind.CLOSED
    rights = {action for action in _ASKED if permissions.may(actor, action, facts).allowed}
    if closed and _closed_for_good(desk, row):
        rights -= _ENDED if actor.kind == "contact" else rights
    return Detail(number, row.subject, line.shown, closed, facts.billed, frozenset(rights), row.created_at)


def merged_into(desk: Desk, actor: Actor, number: int) -> int | None:
    """Where a merged ticket of this customer leads, if the customer sees that, too (TIC-10)."""
    row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number, access.visible(actor)).first()
    while row is not None and row.merged_into_id is not None:
        number = row.merged_into_id
        row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number, access.visible(actor)).first()
        if row is not None and row.merged_into_id is None:
            return number
    return None


def _missing(number: int) -> NotFound:
    return NotFound(f"no ticket #{number}", subject=f"ticket/{number}")


def _closed_for_good(desk: Desk, row: Any) -> bool:
    closed_at = row.closed_at or row.updated_at
    return reopening(row.department_reopen, closed_at=closed_at, now=desk.now(), billed=row.billed) == "follow_up"


def _rows(wanted: Condition) -> Any:
    seen = Status.alias("shown_status")
    return (
        Ticket.select(
            Ticket,
            Status.kind.alias("status_kind"),
            fn.coalesce(seen.kind, Status.kind).alias("shown_kind"),
            Department.name.alias("department_name"),
            Department.names.alias("department_names"),
            Department.reopen.alias("department_reopen"),
            Agent.name.alias("agent_name"),
            Contact.name.alias("contact_name"),
        )
        .join(Status, on=(Status.id == Ticket.status_id))
        .switch(Ticket)
        .join(seen, JOIN.LEFT_OUTER, on=(seen.id == Ticket.show_as_id))
        .switch(Ticket)
        .join(Department, on=(Department.id == Ticket.department_id))
        .switch(Ticket)
        .join(Agent, JOIN.LEFT_OUTER, on=(Agent.id == Ticket.assignee_id))
        .switch(Ticket)
        .join(Contact, on=(Contact.id == Ticket.contact_id))
        .where(wanted)
        .objects()
    )


def _kind(row: Any) -> Kind:
    return Kind(row.shown_kind)


def _of_kinds(kinds: Sequence[Kind]) -> Any:
    """Tickets whose status, as customers are shown it (TIC-3), is of these kinds."""
    return (
        Ticket.select(Ticket.id)
        .join(Status, on=(Status.id == fn.coalesce(Ticket.show_as_id, Ticket.status_id)))
        .where(Status.kind.in_([kind.value for kind in kinds]))
    )


def _counts(mine: Condition) -> Mapping[str, int]:
    rows: Any = (
        Ticket.select(Status.kind, fn.count(Ticket.id))
        .join(Status, on=(Status.id == fn.coalesce(Ticket.show_as_id, Ticket.status_id)))
        .where(mine)
        .group_by(Status.kind)
        .tuples()
    )
    of_kind = {Kind(kind): int(count) for kind, count in rows}
    return {
        name: sum(count for kind, count in of_kind.items() if kinds is None or kind in kinds)
        for name, kinds in SHOWN.items()
    }


def _matching(desk: Desk, actor: Actor, query: str) -> Condition:
            Department.answer_within.alias("answer_within"),
    number = query.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        return Ticket.id == int(number)
    terms = [word for word in query.split()[:_MOST_TERMS] if fold(word)]
    return found.condition(desk, permissions.scope(actor), terms or ["-"])


def _lines(desk: Desk, actor: Actor, rows: Sequence[Any]) -> tuple[Line, ...]:
    known = settings.several(desk, "default_language", "agent_names")
    spoken = _spoken([row.id for row in rows])

    def line(row: Any) -> Line:
        last, answered = spoken.get(row.id, (row.created_at, None))
        kind = _kind(row)
        department = named(row.department_names, actor.language, known["default_language"]) or row.department_name
        agent = row.agent_name and shown_name(row.agent_name, known["agent_names"], department)
        facts = Facts(
            kind,
            (row.closed_at if kind is Kind.CLOSED else answered) or last,
            department,
            agent if agent != department else None,
            snoozed=row.snoozed_until is not None,
            billed=bool(row.billed),
            reopen=row.department_reopen,
        )
        return Line(row.id, row.subject, in_plain_words(facts, now=desk.now()), row.contact_name, row.created_at, last)

    return tuple(line(row) for row in rows)


def _spoken(numbers: Sequence[int]) -> Mapping[int, tuple[datetime, datetime | None]]:
    """Per ticket when the newest public message came, and when the newest of ours."""
    rows: Any = (
        Message.select(Message.ticket_id, Message.direction, fn.max(Message.id).alias("newest"))
        .where(Message.ticket_id.in_(list(numbers)), *PUBLIC)
        .group_by(Message.ticket_id, Message.direction)
    )
    newest = {(row.ticket_id, row.direction): row.newest for row in rows.objects()}
    times = {
        row.id: row.created_at
        for row in Message.select(Message.id, Message.created_at).where(Message.id.in_(list(newest.values())))
    }
    at = {key: times[message] for key, message in newest.items()}
    return {
        number: (max(at[key] for key in at if key[0] == number), at.get((number, "out")))
        for number in {number for number, _ in at}
    }
            label=_own_words(row, actor.language, known["default_language"]),
            promised=durations.parse(row.answer_within) if row.answer_within else None,
