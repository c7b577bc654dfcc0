"""What can be changed about a ticket: its fields, tags, department, snooze, booked time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Act, Priority, Verb
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.operations import events, messages, personal
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.tickets import changed, refuse_without_role
from helpdeskctl.queries.portal_fields import Asked
from helpdeskctl.store import search
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import (
    Company,
    Department,
    Field,
    FieldValue,
    Message,
    ReadMark,
    Status,
    Tag,
    Ticket,
    TicketTag,
    TicketType,
    TimeEntry,
    Topic,
)


@transaction
def prioritize(desk: Desk, actor: Actor, number: int, priority: str, *, if_last: int | None = None) -> Change:
    """Set the priority, by name or number 1 to 5. InvalidInput for another word."""
    to = Priority.from_key(priority)
    ticket = rows.begin(desk, actor, number, if_last=if_last)
    if ticket.priority == to:
        return changed(number)
    data = {"from": Priority(ticket.priority).key, "to": to.key}
    rows.write(desk, ticket, priority=to.value)
    events.record(desk, actor, Verb.PRIORITY, ticket=number, data=data)
    return changed(number, "priority")


@transaction
def edit(desk: Desk, actor: Actor, number: int, values: Mapping[str, Any]) -> Change:
    """Set several fields at once; a field that has its value already is left alone.

    Known: subject, type, topic, language, due (aware datetime), billed, portal, may_close, show_as (status key),
    company. None empties what may be empty. InvalidInput for an unknown field, NotFound for an unknown key.
    """
    unknown = sorted(set(values) - set(_EDITS))
    if unknown:
        raise InvalidInput(f"a ticket has no field {', '.join(unknown)}", hint=f"known: {', '.join(_EDITS)}")
    ticket = rows.begin(desk, actor, number)
    parts = []
    for name, value in values.items():
        column, verb, resolve = _EDITS[name]
        before, after = getattr(ticket, column), resolve(value)
        if before == after:
            continue
        rows.write(desk, ticket, **{column: after})
        events.record(
            desk, actor, verb, ticket=number, data={"field": name, "from": _plain(before), "to": _plain(after)}
        )
        parts.append(name)
    if "subject" in parts:
        _reindex_subject(desk, ticket)
    return changed(number, *parts)


@transaction
def move(desk: Desk, actor: Actor, number: int, department: str, *, sure: bool = False) -> Change:
    """Move to another active department; an assignee without a role there is dropped.

    Somebody else's personal department asks first: Refused unless `sure`, for the actor will not see it again (DEP-2).
    """
    ticket = rows.begin(desk, actor, number)
    to = personal.department_called(desk, department)
    if to.id == ticket.department_id:
        return changed(number)
    if to.agent_id is not None and to.agent_id != actor.id and not sure:
        raise Refused(
            f"{to.key} is a personal department: you will no longer be able to open #{number}",
            hint=f"helpdeskctl ticket department {number} {to.key} --yes",
            subject=f"ticket/{number}",
        )
    before = Department.get(Department.id == ticket.department_id).key
    rows.write(desk, ticket, department_id=to.id)
    parts = ["department"]
    if ticket.assignee_id is not None and not _fits(ticket.assignee_id, to.id):
        rows.write(desk, ticket, assignee_id=None)
        parts.append("assignee")
    search.move_ticket(desk.database, number, to.id)
    events.record(desk, actor, Verb.DEPARTMENT, ticket=number, data={"from": before, "to": to.key})
    return changed(number, *parts)


@transaction
def tag(desk: Desk, actor: Actor, number: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Change:
    """Put tags on and take tags off; a new tag is made by using it. InvalidInput for an unusable word."""
    rows.begin(desk, actor, number)
    on = {
        t.key: t.id
        for t in Tag.select().join(TicketTag, on=(TicketTag.tag_id == Tag.id)).where(TicketTag.ticket_id == number)
    }
    added = sorted({tag_key(word) for word in add} - set(on))
    removed = sorted({tag_key(word) for word in remove} & set(on))
    for key in added:
        TicketTag.insert(ticket_id=number, tag_id=_tag_id(key)).execute()
        events.record(desk, actor, Verb.TAGGED, ticket=number, data={"tag": key})
    for key in removed:
        TicketTag.delete().where(TicketTag.ticket_id == number, TicketTag.tag_id == on[key]).execute()
        events.record(desk, actor, Verb.UNTAGGED, ticket=number, data={"tag": key})
    if not (added or removed):
        return changed(number)
    Ticket.update(updated_at=desk.now()).where(Ticket.id == number).execute()
    return changed(number, "tags")


@transaction
def snooze(desk: Desk, actor: Actor, number: int, until: datetime | None, *, if_last: int | None = None) -> Change:
    """TIC-9: out of the queues until `until` (aware); None wakes now. InvalidInput for a time that is past."""
    ticket = rows.begin(desk, actor, number, if_last=if_last)
    if until is not None and until <= desk.now():
        raise InvalidInput("a ticket can be snoozed until a later time only", hint="--until tomorrow, 3d, 2026-05-01")
    if ticket.snoozed_until == until:
        return changed(number)
    rows.write(desk, ticket, snoozed_until=until)
    verb = Verb.SNOOZED if until else Verb.WOKEN
    events.record(desk, actor, verb, ticket=number, data={"until": until.isoformat()} if until else {})
    return changed(number, "snoozed_until")


@transaction
def wake_due(desk: Desk) -> int:
    """Wake every ticket whose snooze fell due: open, unread for everybody. Returns how many."""
    due = list(Ticket.select().where(Ticket.snoozed_until <= desk.now()).order_by(Ticket.snoozed_until).limit(500))
    for ticket in due:
        rows.follow(desk, SYSTEM, ticket, Act.WAKE)
        events.record(desk, SYSTEM, Verb.WOKEN, ticket=ticket.id)
    return len(due)


@transaction
def set_field(desk: Desk, actor: Actor, number: int, key: str, value: str | None) -> Change:
    """Set a custom field, None empties it. NotFound for an unknown field, InvalidInput for a value it does not take."""
    rows.begin(desk, actor, number)
    if not _store(desk, actor, number, _field(key), value):
        return changed(number)
    Ticket.update(updated_at=desk.now()).where(Ticket.id == number).execute()
    return changed(number, f"field.{key}")


@transaction
def fill_in(desk: Desk, actor: Actor, number: int, values: Mapping[str, str]) -> None:
    """The custom fields of a ticket that is being opened, by key; which of them the actor may fill in, the caller
    asked. NotFound and InvalidInput as `set_field`."""
    for key, value in values.items():
        _store(desk, actor, number, _field(key), value)


@transaction
def book_time(desk: Desk, actor: Actor, number: int, seconds: int, *, text: str = "") -> Change:
    """TIC-21: book time, in seconds. Refused without an agent, InvalidInput for nothing or more than a day."""
    rows.begin(desk, actor, number)
    if actor.kind != "agent":
        raise Refused("time is booked by an agent", hint="--as AGENT")
    if not 0 < seconds <= 86400:
        raise InvalidInput("time booked at once is more than nothing and at most 24h", hint="15m, 1h30m")
    TimeEntry.insert(
        ticket_id=number, agent_id=actor.id, seconds=seconds, text=clean_line(text), at=desk.now()
    ).execute()
    events.record(desk, actor, Verb.TIME, ticket=number, data={"seconds": seconds})
    return changed(number, "time")


@transaction
def mark_read(desk: Desk, actor: Actor, number: int, message_id: int) -> None:
    """The agent has seen everything up to `message_id`. Reading is no event."""
    ReadMark.insert(ticket_id=number, agent_id=actor.id, message_id=message_id).on_conflict(
        conflict_target=[ReadMark.ticket_id, ReadMark.agent_id], update={ReadMark.message_id: message_id}
    ).execute()


def tag_key(word: str) -> str:
    """A tag as it is kept: one word, casefolded. InvalidInput when empty, longer than 40, or with white space."""
    key = clean_line(word).strip().casefold()
    if not key or len(key) > 40 or any(c.isspace() or c in ',"' for c in key):
        raise InvalidInput(f'"{word}" is no tag', hint="one word of at most 40 letters, without commas or quotes")
    return key


def checked_value(field: Field | Asked, value: str) -> str:
    """A custom field's value in the form it is kept. InvalidInput when its type does not take it."""
    value = clean_line(value).strip()
    try:
        return _FORMS[field.type](field, value)
    except (ValueError, KeyError) as wrong:
        takes = ", ".join(field.choices) if field.type == "choice" else f"a {field.type}"
        raise InvalidInput(f'field {field.key} does not take "{value}"', hint=f"it takes {takes}") from wrong


def _field(key: str) -> Field:
    field: Field | None = Field.get_or_none(Field.key == key, Field.on_kind == "ticket")
    if field is None:
        raise NotFound(f'tickets have no field "{key}"', hint="helpdeskctl field list", subject=f"field/{key}")
    return field


def _store(desk: Desk, actor: Actor, number: int, field: Field, value: str | None) -> bool:
    """Write a value and its event; False when the field has it already."""
    stored = FieldValue.get_or_none(FieldValue.field_id == field.id, FieldValue.ticket_id == number)
    before = stored.value if stored else None
    after = None if value is None else checked_value(field, value)
    if before == after:
        return False
    if stored:
        FieldValue.delete().where(FieldValue.id == stored.id).execute()
    if after is not None:
        FieldValue.insert(field_id=field.id, ticket_id=number, value=after).execute()
    events.record(desk, actor, Verb.FIELD, ticket=number, data={"field": field.key, "from": before, "to": after})
    return True


def _one_of(field: Field | Asked, value: str) -> str:
    return str({choice.casefold(): choice for choice in field.choices}[value.casefold()])


def _number(field: Field | Asked, value: str) -> str:
    number = float(value)
    if not isfinite(number):
        raise ValueError(value)
    return repr(number).removesuffix(".0")


_FORMS: Mapping[str, Callable[[Field | Asked, str], str]] = {
    "text": lambda field, value: value,
    "number": _number,
    "date": lambda field, value: datetime.fromisoformat(value).date().isoformat(),
    "choice": _one_of,
    "bool": lambda field, value: {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}[
        value.lower()
    ],
}


def _subject(value: Any) -> str:
    subject = clean_line(str(value or ""))
    if not subject:
        raise InvalidInput("a ticket needs a subject")
    return subject


def _key_of(table: Any, kind: str) -> Callable[[Any], int | None]:
    def resolve(value: Any) -> int | None:
        if value is None:
            return None
        row = table.get_or_none(table.key == str(value).casefold())
        if row is None:
            raise NotFound(f'no {kind} "{value}"', hint=f"helpdeskctl {kind} list", subject=f"{kind}/{value}")
        return int(row.id)

    return resolve


_EDITS: Mapping[str, tuple[str, Verb, Callable[[Any], Any]]] = {
    "subject": ("subject", Verb.SUBJECT, _subject),
    "type": ("type_id", Verb.TYPE, _key_of(TicketType, "type")),
    "topic": ("topic_id", Verb.TOPIC, _key_of(Topic, "topic")),
    "company": ("company_id", Verb.COMPANY, _key_of(Company, "company")),
    "show_as": ("show_as_id", Verb.SHOWN_AS, _key_of(Status, "status")),
    "language": ("language", Verb.LANGUAGE, lambda value: value),
    "due": ("due_at", Verb.DUE, lambda value: value),
    "billed": ("billed", Verb.BILLED, bool),
    "portal": ("portal", Verb.PORTAL, bool),
    "may_close": ("customer_may_close", Verb.PORTAL, bool),
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _fits(agent_id: int, department_id: int) -> bool:
    try:
        refuse_without_role(agent_id, department_id)
    except Refused:
        return False
    return True


def _tag_id(key: str) -> int:
    Tag.insert(key=key).on_conflict(action="NOTHING", conflict_target=[Tag.key]).execute()
    return int(Tag.get(Tag.key == key).id)


def _reindex_subject(desk: Desk, ticket: Ticket) -> None:
    first = Message.select(Message.id).where(Message.ticket_id == ticket.id).order_by(Message.id).first()
    if first is not None:
        messages.reindex(desk, first.id, subject=ticket.subject)
