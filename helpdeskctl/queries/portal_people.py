"""The people on a ticket as customers are told of them, and whether they muted it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.store import compiled
from helpdeskctl.store.tables import ContactAddress, Department, Event, Mute, Participant, Ticket


@dataclass(frozen=True, slots=True)
class OnTicket:
    """Somebody who takes part, by the address they were named by. `may_view`: reads along here, too."""

    contact_id: int
    address: str
    may_view: bool
    me: bool


def people(desk: Desk, actor: Actor, number: int, *, keeps: bool) -> tuple[OnTicket, ...]:
    """Who takes part besides the requester. `keeps`: the reader may add and remove them.

    Others are told no more than the Cc of our mails tells them: nothing where those hold a link only (OUT-2). Names and
    other addresses that we know of somebody stay with us.
    """
    listed = {row.contact_id: row for row in compiled.rows(_rows, number)}
    if not listed:
        return ()
    shown, open_to_all = _named(number, list(listed)), keeps or not _by_link_only(number)
    found = (OnTicket(key, shown.get(key, ""), row.may_view, key == actor.person.id) for key, row in listed.items())
    return tuple(person for person in found if person.address and (open_to_all or person.me))


def muted(desk: Desk, actor: Actor, number: int) -> bool:
    """Whether the reader muted the ticket."""
    return Mute.select().where(Mute.ticket_id == number, Mute.contact_id == actor.person.id).exists()


def _rows(number: int) -> Any:
    active = (Participant.state == "active") & Participant.contact_id.is_null(False)
    return Participant.select().where(Participant.ticket_id == number, active).order_by(Participant.id)


def _named(number: int, contacts: list[int]) -> dict[int, str]:
    """Contact -> the address by which they were last put on the ticket, else the one we write to."""
    addresses = list(ContactAddress.select().where(ContactAddress.contact_id.in_(contacts)))
    owners = {row.address: row.contact_id for row in addresses}
    shown = {row.contact_id: row.address for row in sorted(addresses, key=lambda row: (row.main, row.address))}
    added = Event.select(Event.data).where(Event.ticket_id == number, Event.verb == Verb.PERSON_ADDED.value)
    for event in added.order_by(Event.id):
        if (address := event.data.get("address")) in owners:
            shown[owners[address]] = address
    return shown


def _by_link_only(number: int) -> bool:
    lying = Ticket.select(Ticket.department_id).where(Ticket.id == number)
    return Department.select().where(Department.id.in_(lying), Department.notify == "link").exists()
