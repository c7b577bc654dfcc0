"""One ticket with everything that is shown of it: its thread, its people, what it is linked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor, TicketFacts, may
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access, around, messages
from helpdeskctl.queries.around import Linked
from helpdeskctl.queries.messages import MessageView
from helpdeskctl.queries.ratings import Rating
from helpdeskctl.queries.ticket_rows import PRESENT, TicketRow, rows
from helpdeskctl.store.orm import JOIN, fn
from helpdeskctl.store.tables import (
    Agent,
    Field,
    FieldValue,
    Participant,
    Presence,
    Status,
    Ticket,
    TicketType,
    TimeEntry,
    Topic,
)
from helpdeskctl.store.tables import Rating as RatingRow


@dataclass(frozen=True, slots=True)
class Person:
    """Who takes part besides the requester. `suggested`: named in a later mail's Cc, added by one key (MAIL-15)."""

    address: str
    name: str
    kind: Literal["contact", "agent"]
    state: Literal["active", "suggested", "removed"]
    may_view: bool


@dataclass(frozen=True, slots=True)
class Present:
    """An agent who looks at the ticket or writes in it now."""

    address: str
    name: str
    mode: Literal["viewing", "writing"]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDetail:
    """A ticket. `merged_into` is the survivor at the end of the chain; `last_message_id` is what `--if-last` takes.

    `why` is the sentence of the permission table that lets the reader in.
    """

    row: TicketRow
    merged_into: int | None
    type: str | None
    topic: str | None
    show_as: str | None
    people: tuple[Person, ...]
    tags: tuple[str, ...]
    fields: Mapping[str, str]
    links: tuple[Linked, ...]
    merged_from: tuple[int, ...]
    booked_seconds: int
    present: tuple[Present, ...]
    rating: Rating | None
    last_message_id: int | None
    messages: tuple[MessageView, ...]
    why: str

    @property
    def number(self) -> int:
        """The ticket's number."""
        return self.row.number


def show(desk: Desk, actor: Actor, number: int, *, newest: int | None = None) -> TicketDetail:
    """Ticket `number` as `actor` may see it, with its messages (or only the `newest` so many).

    NotFound for one that is not there and, in the same words, for one that may not be seen; an admin is told that a
    personal department opens with a reason. A fixed number of queries. Opening somebody's personal department is to be
    written down first: `operations.access.opened`.
    """
    facts = seen(desk, actor, number)
    inside = may(actor, Action.SEE_NOTES, facts).allowed
    (row,) = rows(desk, actor, [number])
    words = _words(number)
    thread = messages.of_ticket(actor, facts, newest=newest)
    return TicketDetail(
        row=row,
        merged_into=survivor(number) if row.merged_into else None,
        type=words["type"],
        topic=words["topic"],
        show_as=words["show_as"],
        people=_people(number) if inside else _public_people(number),
        tags=around.tags([number]).get(number, ()) if inside else (),
        fields=_fields(number, portal=not inside),
        links=around.linked([number], access.visible(actor)).get(number, ()) if inside else (),
        merged_from=_merged_from(number),
        booked_seconds=_booked(number) if inside else 0,
        present=_present(desk, actor, number) if inside else (),
        rating=_rating(words) if inside else None,
        last_message_id=thread[-1].id if thread else None,
        messages=thread,
        why=may(actor, Action.SEE, facts).why,
    )


def seen(desk: Desk, actor: Actor, number: int, action: Action = Action.SEE) -> TicketFacts:
    """What the permission table knows of a ticket that `actor` may see. NotFound as in `show`."""
    try:
        facts = access.ticket_facts(desk, number)
    except NotFound:
        raise missing(number) from None
    if not may(actor, action, facts).allowed:
        personal = actor.admin and facts.personal_agent_id is not None
        raise missing(number, hint="an admin opens a personal department with --reason TEXT" if personal else None)
    return facts


def missing(number: int, *, hint: str | None = None) -> NotFound:
    """The one answer for a ticket that is not there and one that may not be seen."""
    return NotFound(f"no ticket #{number}", hint=hint or "helpdeskctl ticket list", subject=f"ticket/{number}")


def newer_than(desk: Desk, actor: Actor, number: int, message_id: int) -> tuple[MessageView, ...]:
    """TIC-11: what arrived in the ticket after that message, oldest first. NotFound as in `show`."""
    return messages.of_ticket(actor, seen(desk, actor, number), newer_than=message_id)


def survivor(number: int) -> int:
    """Where merging leads from `number`; the number itself if it was not merged."""
    row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number).first()
    return number if row is None or row.merged_into_id is None else survivor(row.merged_into_id)


def _words(number: int) -> dict[str, Any]:
    query: Any = (
        Ticket.select(
            TicketType.key.alias("type"),
            Topic.key.alias("topic"),
            Status.key.alias("show_as"),
            RatingRow.good,
            RatingRow.words,
            RatingRow.at,
        )
        .join(TicketType, JOIN.LEFT_OUTER, on=(TicketType.id == Ticket.type_id))
        .join_from(Ticket, Topic, JOIN.LEFT_OUTER, on=(Topic.id == Ticket.topic_id))
        .join_from(Ticket, Status, JOIN.LEFT_OUTER, on=(Status.id == Ticket.show_as_id))
        .join_from(Ticket, RatingRow, JOIN.LEFT_OUTER, on=(RatingRow.ticket_id == Ticket.id))
        .where(Ticket.id == number)
    )
    return dict(query.dicts().get())


def _rating(words: Mapping[str, Any]) -> Rating | None:
    return None if words["at"] is None else Rating(bool(words["good"]), words["words"], words["at"])


def _people(number: int) -> tuple[Person, ...]:
    contacts = [
        Person(row.address or "", row.name, "contact", row.state, row.may_view)
        for row in around.contacts_in((Participant.ticket_id == number) & (Participant.state != "removed"))
    ]
    agents: Any = (
        Participant.select(Participant.state, Agent.address, Agent.name)
        .join(Agent, on=(Agent.id == Participant.agent_id))
        .where(Participant.ticket_id == number, Participant.state == "active")
        .order_by(Participant.id)
    )
    followers = [Person(address, name, "agent", state, True) for state, address, name in agents.tuples()]
    return (*contacts, *followers)


def _public_people(number: int) -> tuple[Person, ...]:
    return tuple(person for person in _people(number) if person.kind == "contact" and person.state == "active")


def _fields(number: int, *, portal: bool) -> dict[str, str]:
    query: Any = (
        FieldValue.select(Field.key, FieldValue.value)
        .join(Field, on=(Field.id == FieldValue.field_id))
        .where(FieldValue.ticket_id == number)
        .order_by(Field.position, Field.key)
    )
    if portal:
        query = query.where(Field.portal != "hide")
    return dict(query.tuples())


def _merged_from(number: int) -> tuple[int, ...]:
    query = Ticket.select(Ticket.id).where(Ticket.merged_into_id == number).order_by(Ticket.id)
    return tuple(row.id for row in query)


def _booked(number: int) -> int:
    return int(TimeEntry.select(fn.SUM(TimeEntry.seconds)).where(TimeEntry.ticket_id == number).scalar() or 0)


def _present(desk: Desk, actor: Actor, number: int) -> tuple[Present, ...]:
    query: Any = (
        Presence.select(Agent.address, Agent.name, Presence.mode, Presence.since)
        .join(Agent, on=(Agent.id == Presence.agent_id))
        .where(Presence.ticket_id == number, Presence.seen_at > desk.now() - PRESENT)
        .order_by(Presence.since)
    )
    return tuple(Present(*row) for row in query.tuples() if row[0] != actor.label)
