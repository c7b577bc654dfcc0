"""Where a person has left traces: their rows, their addresses past and present, the names they wrote under."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.erasure import NAME, Traces, alias_of
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    Contact,
    ContactAddress,
    Event,
    MailboxAddress,
    Message,
    Participant,
    Ticket,
)

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Person:
    """`ids`: the contact and those that were merged into it."""

    id: int
    ids: frozenset[int]
    traces: Traces

    @property
    def addresses(self) -> list[str]:
        """Every address they had."""
        return sorted(self.traces.addresses)

    @property
    def tickets(self) -> Any:
        """The numbers of the tickets they opened, took part in or wrote in, as a subquery."""
        asked = Ticket.select(Ticket.id).where(Ticket.contact_id.in_(self.ids))
        seen = Participant.select(Participant.ticket_id).where(Participant.contact_id.in_(self.ids))
        wrote = Message.select(Message.ticket_id).where(Message.contact_id.in_(self.ids))
        return asked | seen | wrote


def person(desk: Desk, number: int) -> Person:
    """All that names contact `number`; addresses that are also somebody else's are left out."""
    ids = _merged(number)
    own = {row.address for row in ContactAddress.select().where(ContactAddress.contact_id.in_(ids))}
    wrote = Message.select(Message.author_address, Message.author_name).where(Message.contact_id.in_(ids)).distinct()
    signed = list(wrote)
    asked = Ticket.select(Ticket.requester_address).where(Ticket.contact_id.in_(ids)).distinct()
    used = {row.author_address.casefold() for row in signed} | {row.requester_address.casefold() for row in asked}
    addresses = _with_former(own | used)
    addresses -= {""} | _of_others(addresses, ids)
    names = {row.name for row in Contact.select(Contact.name).where(Contact.id.in_(ids))}
    names |= {row.author_name for row in signed}
    return Person(number, ids, Traces(frozenset(addresses), frozenset(names - {NAME, *addresses}), alias_of(number)))


def scrub(desk: Desk, model: Any, names: Sequence[str], traces: Traces, *among: Any) -> list[int]:
    """Take a person out of these columns of a table, wherever an address of theirs occurs; returns the rows' ids.

    `among`: further conditions. Reads the table from end to end, unless they narrow it.
    """
    found, key = _occurs(desk, model, names, traces.addresses), model._meta.primary_key
    rows = model.select(key, *(getattr(model, name) for name in names)).order_by(key).limit(_PAGE)
    changed: list[int] = []
    last = 0
    while page := list(rows.where(found, key > last, *among)):
        for row in page:
            kept = {name: getattr(row, name) for name in names}
            put = {name: traces.without(value) for name, value in kept.items()}
            if put != kept:
                model.update(**put).where(key == row._pk).execute()
                changed.append(row._pk)
        last = page[-1]._pk
    return changed


def scrub_written(desk: Desk, person: Person) -> list[int]:
    """Take their addresses out of what was written in their tickets; names in a text may be others', and stay."""
    traces = replace(person.traces, names=frozenset())
    return scrub(desk, Message, ("subject", "body", "html"), traces, Message.ticket_id.in_(person.tickets))


def scrub_on_behalf(person: Person) -> list[int]:
    """Take their names out of those under which delegates wrote in their tickets, as `Bob for Ann` (CON-6)."""
    rows = Message.select(Message.id, Message.author_name).where(
        Message.ticket_id.in_(person.tickets), Message.contact_id.not_in(person.ids), Message.direction == "in"
    )
    changed = []
    for row in rows:
        put = person.traces.without(row.author_name)
        if put != row.author_name and row.author_name not in person.traces.names:  # who only has the same name keeps it
            Message.update(author_name=put).where(Message.id == row.id).execute()
            changed.append(row.id)
    return changed


def _occurs(desk: Desk, model: Any, names: Sequence[str], addresses: Collection[str]) -> Any:
    texts = [fn.LOWER(getattr(model, name).cast("text")) for name in names]
    # SQLite keeps JSON as text in which only ASCII stands as it is.
    spelled = {*addresses, *(address.encode("ascii", "backslashreplace").decode() for address in addresses)}
    found = model._meta.primary_key.is_null()
    for text in texts:
        for address in sorted(spelled):
            found |= text.contains(address)
    return found


def _merged(number: int) -> frozenset[int]:
    ids, newer = {number}, {number}
    while newer:
        newer = {row.id for row in Contact.select(Contact.id).where(Contact.merged_into_id.in_(newer))} - ids
        ids |= newer
    return frozenset(ids)


def _with_former(addresses: set[str]) -> set[str]:
    """Also those they had before a renaming, or that were taken away from them."""
    told = Event.select(Event.data).where(
        Event.object_kind == "contact", Event.verb.in_(("renamed", "address_removed"))
    )
    newer = addresses
    while newer:
        data = [row.data for row in told.where(Event.object_key.in_(sorted(newer)))]
        newer = {each.get("from") or each.get("address") or "" for each in data} - addresses
        addresses = addresses | newer
    return addresses


def _of_others(addresses: set[str], ids: frozenset[int]) -> set[str]:
    listed = sorted(addresses)
    contacts = ContactAddress.select(ContactAddress.address).where(
        ContactAddress.address.in_(listed), ContactAddress.contact_id.not_in(ids)
    )
    agents = Agent.select(Agent.address).where(Agent.address.in_(listed))
    mailboxes = MailboxAddress.select(MailboxAddress.address).where(MailboxAddress.address.in_(listed))
    return {row.address for rows in (contacts, agents, mailboxes) for row in rows}
