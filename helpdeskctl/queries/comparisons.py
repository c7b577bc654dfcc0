"""The comparisons of the query language, a function a word; what each word means stands in domain/filters_words.py."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.filters import Compare
from helpdeskctl.domain.filters_words import Op
from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput
from helpdeskctl.queries import names
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import any_of, contains, exists, known, none_of
from helpdeskctl.queries.undelivered import undelivered
from helpdeskctl.store.orm import SQL, Case, Field, fn, is_postgres
from helpdeskctl.store.tables import (
    Agent,
    Attachment,
    Company,
    Contact,
    ContactAddress,
    Department,
    FieldValue,
    Message,
    Rating,
    ReadMark,
    Status,
    Tag,
    Team,
    Ticket,
    TicketTag,
    TicketType,
    Topic,
)
from helpdeskctl.store.tables import Field as CustomField

_ORDERED: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.IS: operator.eq,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, on which desk."""

    desk: Desk
    actor: Actor

    def agent_id(self, word: str) -> int:
        """The agent that `word` speaks of. InvalidInput when no agent asks."""
        if self.actor.kind != "agent" or self.actor.id is None:
            raise InvalidInput(f'"{word}" needs an agent', hint="--as AGENT")
        return self.actor.id

    def midnight(self, day: date) -> datetime:
        """When `day` begins where the actor is."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            zone = ZoneInfo(self.actor.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        return datetime.combine(day, time(), zone)


def statuses(asked: Asked, compare: Compare, *, others: bool = False) -> Condition:
    """`status:` and `kind:` as the statuses they name, or as all `others`. Customers have those they are shown."""
    wanted = set(map(str, compare.values))
    known = list(Status.select(Status.id, Status.key, Status.kind))
    for value in sorted(wanted) if compare.word == "status" else ():
        if value not in {row.key for row in known}:
            raise names.missing("status", value, (row.key for row in known))
    column = "key" if compare.word == "status" else "kind"
    shown: Any = fn.coalesce(Ticket.show_as_id, Ticket.status_id)
    status = Ticket.status_id if asked.actor.kind in {"agent", "system"} else shown
    found: Condition = status.in_([row.id for row in known if (getattr(row, column) in wanted) is not others])
    return found


def _by_key(column: Field[Any], kind: str, key: Field[str]) -> Callable[[Asked, Compare], Condition]:
    return lambda asked, compare: known(column, names.ids(kind, key, map(str, compare.values)))


def _assignee(asked: Asked, compare: Compare) -> Condition:
    parts: list[Condition] = []
    for value in map(str, compare.values):
        if value == "nobody":
            parts.append(Ticket.assignee_id.is_null())
        elif value == "me":
            parts.append(known(Ticket.assignee_id, [asked.agent_id("assignee:me")]))
        elif value.startswith("team:"):
            parts.append(known(Ticket.team_id, names.ids("team", Team.key, [value.removeprefix("team:")])))
        else:
            parts.append(known(Ticket.assignee_id, names.ids("agent", Agent.address, [value])))
    return any_of(parts)


def _requester(_: Asked, compare: Compare) -> Condition:
    parts: list[Condition] = []
    for value in map(str, compare.values):
        named = Contact.select(Contact.id).where(contains(Contact.name, value))
        written = ContactAddress.select(ContactAddress.contact_id).where(contains(ContactAddress.address, value))
        parts.append(Ticket.contact_id.in_(named) | Ticket.contact_id.in_(written))
    return any_of(parts)


def _tag(_: Asked, compare: Compare) -> Condition:
    tags = names.ids("tag", Tag.key, map(str, compare.values))
    return Ticket.id.in_(TicketTag.select(TicketTag.ticket_id).where(TicketTag.tag_id.in_(tags)))


def _number_of(column: Field[int]) -> Callable[[Asked, Compare], Condition]:
    def compare_numbers(_: Asked, compare: Compare) -> Condition:
        if compare.op is Op.IS:
            return column.in_(list(compare.values))
        return any_of([_ORDERED[compare.op](column, value) for value in compare.values])

    return compare_numbers


def _sla(asked: Asked, compare: Compare) -> Condition:
    """The time left until the ticket is due; `late` is none left. What is closed has no clock."""
    parts: list[Condition] = []
    for value in compare.values:
        if isinstance(value, timedelta):
            parts.append(_ORDERED[compare.op](Ticket.due_at, asked.desk.now() + value))
        else:
            parts.append(Ticket.due_at < asked.desk.now())
    running = statuses(asked, Compare("kind", Op.IS, (Kind.CLOSED.value,)), others=True)
    return Ticket.due_at.is_null(False) & any_of(parts) & running


def _age(column: Field[Any], compared: Op) -> Callable[[Asked, Compare], Condition]:
    def compare_ages(asked: Asked, compare: Compare) -> Condition:
        now = asked.desk.now()
        ages = [value for value in compare.values if isinstance(value, timedelta)]
        parts = [_ORDERED[compared](column, now - age) for age in ages]
        return column.is_null(False) & any_of(parts)

    return compare_ages


def _day(column: Field[Any]) -> Callable[[Asked, Compare], Condition]:
    def compare_days(asked: Asked, compare: Compare) -> Condition:
        parts: list[Condition] = []
        for value in compare.values:
            if isinstance(value, date):
                parts.append(_within_days(column, compare.op, asked.midnight(value), asked.midnight(_next(value))))
        return column.is_null(False) & any_of(parts)

    return compare_days


def _next(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _within_days(column: Field[Any], op: Op, begins: datetime, ends: datetime) -> Condition:
    bounds: Mapping[Op, Callable[[], Condition]] = {
        Op.IS: lambda: (column >= begins) & (column < ends),
        Op.LT: lambda: column < begins,
        Op.LE: lambda: column < ends,
        Op.GT: lambda: column >= ends,
        Op.GE: lambda: column >= begins,
    }
    return bounds[op]()


def _has(asked: Asked, _: Compare) -> Condition:
    files = (
        Message.select(Message.id)
        .join(Attachment, on=(Attachment.message_id == Message.id))
        .where(Message.ticket_id == Ticket.id, Attachment.deleted_at.is_null(), Attachment.inline == 0)
    )
    if asked.actor.kind in {"contact", "link"}:
        files = files.where(Message.direction != "internal")
    return exists(files)


def _unread(asked: Asked) -> Condition:
    seen = ReadMark.select(ReadMark.ticket_id).where(
        ReadMark.ticket_id == Ticket.id,
        ReadMark.agent_id == asked.agent_id("is:unread"),
        ReadMark.message_id >= Ticket.last_customer_message_id,
    )
    return Ticket.last_customer_message_id.is_null(False) & none_of(exists(seen))


_STATES: Mapping[str, Callable[[Asked], Condition]] = {
    "unread": _unread,
    "mine": lambda asked: known(Ticket.assignee_id, [asked.agent_id("is:mine")]),
    "undelivered": lambda asked: undelivered(),
    "spam": lambda asked: Ticket.id.in_(SQL("(SELECT id FROM ticket WHERE spam = 1)")),  # literally as its index
    "merged": lambda asked: Ticket.merged_into_id.is_null(False),
    "snoozed": lambda asked: Ticket.snoozed_until.is_null(False) & (Ticket.snoozed_until > asked.desk.now()),
}


def _is(asked: Asked, compare: Compare) -> Condition:
    return any_of([_STATES[str(value)](asked) for value in compare.values])


def _rating(_: Asked, compare: Compare) -> Condition:
    words = {"good": Rating.good == 1, "bad": Rating.good == 0}
    parts: list[Condition] = [
        Ticket.id.in_(Rating.select(Rating.ticket_id).where(words[value])) if value in words
        else Ticket.id.not_in(Rating.select(Rating.ticket_id))
        for value in map(str, compare.values)
    ]  # fmt: skip
    return any_of(parts)


def _language(_: Asked, compare: Compare) -> Condition:
    return Ticket.language.is_null(False) & Ticket.language.in_(list(map(str, compare.values)))


def _subject(_: Asked, compare: Compare) -> Condition:
    return any_of([contains(Ticket.subject, str(value)) for value in compare.values])


def _field(_: Asked, compare: Compare) -> Condition:
    (field_id,) = names.ids("field", CustomField.key, [compare.key])
    holding = FieldValue.select(FieldValue.ticket_id).where(
        FieldValue.field_id == field_id,
        FieldValue.ticket_id.is_null(False),
        any_of([_holds(compare.op, value) for value in compare.values]),
    )
    return Ticket.id.in_(holding)


def _holds(op: Op, value: object) -> Condition:
    if op is Op.HAS:
        return contains(FieldValue.value, str(value))
    if op is Op.IS:
        return fn.LOWER(FieldValue.value) == str(value).lower()
    if isinstance(value, date):
        return _ORDERED[op](FieldValue.value, value.isoformat())  # type: ignore[no-any-return]  # operators are untyped
    return _ORDERED[op](_as_number(), value)  # type: ignore[no-any-return]  # operators are untyped


def _as_number() -> Any:
    """The value of a field as a number, NULL where it is none."""
    value = FieldValue.value
    if is_postgres(FieldValue._meta.database):
        looks, number = value.regexp(r"^-?\d{1,15}(\.\d+)?$"), value.cast("double precision")
    else:
        looks, number = fn.GLOB("*[0-9]*", value) & ~fn.GLOB("*[^0-9.-]*", value), value.cast("real")
    return Case(None, [(looks, number)])


COMPARISONS: Mapping[str, Callable[[Asked, Compare], Condition]] = {
    "status": statuses,
    "kind": statuses,
    "assignee": _assignee,
    "department": _by_key(Ticket.department_id, "department", Department.key),
    "requester": _requester,
    "company": _by_key(Ticket.company_id, "company", Company.key),
    "tag": _tag,
    "priority": _number_of(Ticket.priority),
    "sla": _sla,
    "older": _age(Ticket.created_at, Op.LE),
    "newer": _age(Ticket.created_at, Op.GE),
    "quiet": _age(Ticket.message_at, Op.LE),
    "created": _day(Ticket.created_at),
    "updated": _day(Ticket.updated_at),
    "closed": _day(Ticket.closed_at),
    "due": _day(Ticket.due_at),
    "has": _has,
    "is": _is,
    "lang": _language,
    "type": _by_key(Ticket.type_id, "type", TicketType.key),
    "topic": _by_key(Ticket.topic_id, "topic", Topic.key),
    "subject": _subject,
    "rating": _rating,
    "number": _number_of(Ticket.id),
    "field": _field,
}
"""Every word of the vocabulary; a test holds it against `filters_words.WORDS`."""
