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
    """Somebody who takes part, by an address they were named by. `may_view`: reads along here, too."""

    address: str
    may_view: bool
    me: bool


@dataclass(frozen=True, slots=True)
class Named:
    """An address by which a contact was put on a ticket. `by_customer`: not by an agent, nor by a mail's Cc."""

    contact_id: int
    address: str
    may_view: bool
    by_customer: bool


def people(desk: Desk, actor: Actor, number: int, *, keeps: bool) -> tuple[OnTicket, ...]:
    """Who takes part besides the requester. `keeps`: the reader may add and remove them.

    Others are told no more than the Cc of our mails tells them: nothing where those hold a link only (OUT-2). Names and
    other addresses that we know of somebody stay with us, so that two addresses of one person are two here.
    """
    listed = {row.contact_id: row for row in compiled.rows(_rows, number)}
    if not listed:
        return ()
    known, open_to_all = _lines(number, list(listed)), keeps or not _by_link_only(number)
    found: list[OnTicket] = []
    for key, row in listed.items():
        me, lines = key == actor.person.id, known.get(key, [])
        if not (me or open_to_all):
            continue
        several = len(lines) > 1 and not me
        found += [
            OnTicket(each.address, each.may_view if several else row.may_view, me)
            for each in (lines if several else lines[-1:])
        ]
    return tuple(found)


def named(number: int) -> dict[int, list[Named]]:
    """Contact -> the addresses of theirs by which they were put on a ticket, the last one last."""
    verbs = [Verb.PERSON_ADDED.value, Verb.PERSON_REMOVED.value]
    rows = list(Event.select().where(Event.ticket_id == number, Event.verb.in_(verbs)).order_by(Event.id))
    said = {row.data.get("address") for row in rows} - {None}
    owned = ContactAddress.select().where(ContactAddress.address.in_(said)) if said else ()
    owners = {row.address: row.contact_id for row in owned}
    found: dict[int, list[Named]] = {}
    for row in rows:
        address = row.data.get("address")
        owner = owners.get(address)
        if owner is None or row.data.get("suggested"):  # nobody is on it by that
            continue
        left = row.verb == Verb.PERSON_ADDED.value or row.data.get("others")
        found[owner] = [each for each in found.get(owner, []) if left and each.address != address]
        if row.verb == Verb.PERSON_ADDED.value:
            may_view = bool(row.data.get("may_view"))
            found[owner].append(Named(owner, address, may_view, row.actor_kind == "contact"))
    return found


def muted(desk: Desk, actor: Actor, number: int) -> bool:
    """Whether the reader muted the ticket."""
    return Mute.select().where(Mute.ticket_id == number, Mute.contact_id == actor.person.id).exists()


def _rows(number: int) -> Any:
    active = (Participant.state == "active") & Participant.contact_id.is_null(False)
    return Participant.select().where(Participant.ticket_id == number, active).order_by(Participant.id)


def _lines(number: int, contacts: list[int]) -> dict[int, list[Named]]:
    """Contact -> the addresses by which they are on the ticket, else the one we write to."""
    found = named(number)
    rest = [key for key in contacts if not found.get(key)]
    main = ContactAddress.select().where(ContactAddress.contact_id.in_(rest), ContactAddress.main == 1) if rest else ()
    return found | {row.contact_id: [Named(row.contact_id, row.address, False, False)] for row in main}


def _by_link_only(number: int) -> bool:
    lying = Ticket.select(Ticket.department_id).where(Ticket.id == number)
    return Department.select().where(Department.id.in_(lying), Department.notify == "link").exists()
