"""What stands around tickets: tags, people, links; read for many tickets at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from helpdeskctl.queries.access import Condition
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import Contact, ContactAddress, Link, Participant, Status, Tag, Ticket, TicketTag


@dataclass(frozen=True, slots=True)
class Linked:
    """Another ticket: related, follow_up, split, or `may_belong` with the message that may belong there (MAIL-10)."""

    number: int
    kind: str
    subject: str
    status_kind: str
    message_id: int | None
    outgoing: bool  # the link was made from this ticket


def tags(numbers: list[int]) -> dict[int, tuple[str, ...]]:
    """The tags of several tickets, in one query."""
    query: Any = (
        TicketTag.select(TicketTag.ticket_id, Tag.key)
        .join(Tag, on=(Tag.id == TicketTag.tag_id))
        .where(TicketTag.ticket_id.in_(numbers))
        .order_by(Tag.key)
    )
    found: dict[int, tuple[str, ...]] = {}
    for number, key in query.tuples():
        found[number] = (*found.get(number, ()), key)
    return found


def linked(numbers: list[int], visible: Condition) -> dict[int, tuple[Linked, ...]]:
    """The links of several tickets, from and to them, to tickets that are `visible`."""
    links = [
        (link.ticket_id, link.other_id, link, True)
        for link in Link.select().where(Link.ticket_id.in_(numbers)).order_by(Link.id)
    ] + [
        (link.other_id, link.ticket_id, link, False)
        for link in Link.select().where(Link.other_id.in_(numbers)).order_by(Link.id)
    ]
    others = _shown({other for _, other, _, _ in links}, visible) if links else {}
    found: dict[int, tuple[Linked, ...]] = {}
    for number, other, link, outgoing in links:
        if other in others:
            one = Linked(other, link.kind, *others[other], link.message_id, outgoing)
            found[number] = (*found.get(number, ()), one)
    return found


def _shown(numbers: Collection[int], visible: Condition) -> dict[int, tuple[str, str]]:
    """Subject and kind of status of those of `numbers` that are visible."""
    query: Any = (
        Ticket.select(Ticket.id, Ticket.subject, Status.kind)
        .join(Status, on=(Status.id == Ticket.status_id))
        .where(Ticket.id.in_(sorted(numbers)), visible)
    )
    return {number: (subject, kind) for number, subject, kind in query.tuples()}


def participants(numbers: list[int]) -> dict[int, tuple[str, ...]]:
    """The addresses of those who take part in several tickets, in one query."""
    found: dict[int, tuple[str, ...]] = {}
    for row in contacts_in(Participant.ticket_id.in_(numbers) & (Participant.state == "active")):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), row.address or row.name)
    return found


def contacts_in(wanted: Condition) -> Any:
    """Participants for whom `wanted` holds, as rows with the `name` and main `address` of the contact."""
    return (
        Participant.select(Participant, Contact.name.alias("name"), ContactAddress.address.alias("address"))
        .join(Contact, on=(Contact.id == Participant.contact_id))
        .join(
            ContactAddress,
            JOIN.LEFT_OUTER,
            on=(ContactAddress.contact_id == Contact.id) & (ContactAddress.main == 1),
        )
        .where(wanted)
        .order_by(Participant.id)
        .objects()
    )
