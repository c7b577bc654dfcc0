"""Merging tickets and undoing it, splitting one, linking two (TIC-10, TIC-21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Act, Verb
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.operations import events, messages, notices
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.tickets import changed
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import ContactAddress, Event, Link, Message, Participant, Status, Ticket


@transaction
def merge(
    desk: Desk,
    actor: Actor,
    number: int,
    into: int,
    *,
    add_address: bool = False,
    force: bool = False,
    notify: bool | None = None,
) -> Change:
    """Move every message of `number` into `into`, with its origin; both numbers lead there from now on.

    The source's people take part in the survivor. `add_address` gives the source's address to the survivor's contact,
    for a customer who wrote from elsewhere (MAIL-10). Refused between companies unless `force`.
    """
    source, target = rows.begin(desk, actor, number), rows.begin(desk, actor, into)
    _refuse_merge(source, target, force=force)
    moved = _move_messages(desk, source, target)
    added = _join(source, target) if not add_address else []
    address = _hand_over_address(source, target) if add_address else None
    memory = {
        "into": into,
        "status": Status.get(Status.id == source.status_id).key,
        "messages": moved,
        "people": added,
        "address": address,
    }
    rows.follow(desk, actor, source, Act.MERGE)
    rows.write(desk, source, merged_into_id=into)
    _resum(desk, target)
    Link.update(kind="related").where(
        Link.ticket_id == number, Link.other_id == into, Link.kind == "may_belong"
    ).execute()
    events.record(desk, actor, Verb.MERGED, ticket=number, data=memory)
    events.record(desk, actor, Verb.MERGED, ticket=into, data={"from": number})
    notices.tell(desk, actor, number, "merged", notify=notify)
    return changed(number, "merged_into")


@transaction
def unmerge(desk: Desk, actor: Actor, number: int) -> Change:
    """Undo a merge: messages, people, address and status go back. Refused when the ticket is not merged."""
    source = rows.locked(desk, number)
    if source.merged_into_id is None:
        raise Refused(f"#{number} is not merged", subject=f"ticket/{number}")
    into = source.merged_into_id
    target = rows.begin(desk, actor, into)
    memory = _memory(number)
    rows.write(desk, source, merged_into_id=None)
    _put_back(desk, source, target, memory)
    rows.enter(desk, actor, source, rows.status_row(memory["status"]))
    for ticket in (source, target):
        _resum(desk, ticket)
    events.record(desk, actor, Verb.UNMERGED, ticket=number, data={"from": into})
    events.record(desk, actor, Verb.UNMERGED, ticket=into, data={"ticket": number})
    return changed(number, "merged_into")


@transaction
def split(desk: Desk, actor: Actor, number: int, message_ids: Sequence[int], *, subject: str | None = None) -> Change:
    """Move chosen messages into a new linked ticket of the same customer; returns the new one.

    InvalidInput for a message of another ticket, or when nothing would be left.
    """
    source = rows.begin(desk, actor, number)
    chosen = list(
        Message.select().where(Message.ticket_id == number, Message.id.in_(list(message_ids))).order_by(Message.id)
    )
    if len(chosen) != len(set(message_ids)) or not chosen:
        raise InvalidInput(
            f"not every one of these is a message of #{number}", hint=f"helpdeskctl ticket show {number}"
        )
    if Message.select().where(Message.ticket_id == number).count() == len(chosen):
        raise InvalidInput(f"nothing would be left of #{number}", hint="choose fewer messages")
    made = _copy(desk, source, subject or chosen[0].subject or source.subject)
    for message in chosen:
        _move_one(desk, message.id, made, origin=number)
    Link.insert(ticket_id=made, other_id=number, kind="split").execute()
    for ticket in (source, Ticket.get(Ticket.id == made)):
        _resum(desk, ticket)
    events.record(desk, actor, Verb.CREATED, ticket=made, data={"origin": "split", "from": number})
    events.record(desk, actor, Verb.SPLIT, ticket=number, data={"to": made, "messages": [m.id for m in chosen]})
    return Change("ticket", str(made), made, "created", ("messages",))


@transaction
def link(desk: Desk, actor: Actor, number: int, other: int) -> Change:
    """Note that two tickets belong together. Both must be open to the actor."""
    rows.begin(desk, actor, number)
    rows.begin(desk, actor, other)
    if number == other:
        raise InvalidInput("a ticket cannot be linked to itself")
    there = Link.select().where(
        ((Link.ticket_id == number) & (Link.other_id == other))
        | ((Link.ticket_id == other) & (Link.other_id == number)),
        Link.kind == "related",
    )
    if there.exists():
        return changed(number)
    Link.insert(ticket_id=number, other_id=other, kind="related").execute()
    events.record(desk, actor, Verb.LINKED, ticket=number, data={"to": other, "kind": "related"})
    return changed(number, "linked")


@transaction
def unlink(desk: Desk, actor: Actor, number: int, other: int) -> Change:
    """Take a link of any kind away."""
    rows.begin(desk, actor, number)
    pair = [number, other]
    if not Link.delete().where(Link.ticket_id.in_(pair), Link.other_id.in_(pair)).execute():
        raise NotFound(f"#{number} and #{other} are not linked", subject=f"ticket/{number}")
    events.record(desk, actor, Verb.UNLINKED, ticket=number, data={"to": other})
    return changed(number, "linked")


def _refuse_merge(source: Ticket, target: Ticket, *, force: bool) -> None:
    if source.id == target.id:
        raise InvalidInput("a ticket cannot be merged into itself")
    if source.company_id != target.company_id and None not in (source.company_id, target.company_id) and not force:
        raise Refused(
            f"#{source.id} and #{target.id} belong to different companies",
            hint=f"helpdeskctl ticket merge {source.id} --into {target.id} --force",
            subject=f"ticket/{source.id}",
        )


def _move_messages(desk: Desk, source: Ticket, target: Ticket) -> list[int]:
    ids = [m.id for m in Message.select(Message.id).where(Message.ticket_id == source.id).order_by(Message.id)]
    for message_id in ids:
        _move_one(desk, message_id, target.id, origin=source.id)
    return ids


def _move_one(desk: Desk, message_id: int, to: int, *, origin: int) -> None:
    Message.update(ticket_id=to, origin_ticket_id=fn.COALESCE(Message.origin_ticket_id, origin)).where(
        Message.id == message_id
    ).execute()
    messages.reindex(desk, message_id)


def _join(source: Ticket, target: Ticket) -> list[int]:
    """The source's requester and participants take part in the target; returns the contacts that were not on it."""
    people = {source.contact_id}
    people |= {
        p.contact_id
        for p in Participant.select().where(Participant.ticket_id == source.id, Participant.state == "active")
        if p.contact_id is not None
    }
    there = {p.contact_id for p in Participant.select().where(Participant.ticket_id == target.id)} | {target.contact_id}
    added = sorted(people - there)
    for contact_id in added:
        Participant.insert(
            ticket_id=target.id, contact_id=contact_id, may_view=contact_id == source.contact_id
        ).execute()
    return added


def _hand_over_address(source: Ticket, target: Ticket) -> dict[str, Any] | None:
    """Give the address the source was written from to the target's contact; what is returned undoes it."""
    row = ContactAddress.get_or_none(ContactAddress.address == source.requester_address)
    if row is None or row.contact_id == target.contact_id:
        return None
    memory = {"address": row.address, "contact": row.contact_id, "main": row.main}
    ContactAddress.update(contact_id=target.contact_id, main=False).where(
        ContactAddress.address == row.address
    ).execute()
    return memory


def _memory(number: int) -> dict[str, Any]:
    """What the latest merge of this ticket wrote down of itself."""
    row = Event.select().where(Event.ticket_id == number, Event.verb == Verb.MERGED).order_by(Event.id.desc()).first()
    return dict(row.data) if row else {}


def _put_back(desk: Desk, source: Ticket, target: Ticket, memory: dict[str, Any]) -> None:
    for message_id in memory["messages"]:
        Message.update(ticket_id=source.id).where(Message.id == message_id).execute()
        Message.update(origin_ticket_id=None).where(
            Message.id == message_id, Message.origin_ticket_id == source.id
        ).execute()
        messages.reindex(desk, message_id)
    if memory["people"]:
        Participant.delete().where(
            Participant.ticket_id == target.id, Participant.contact_id.in_(memory["people"])
        ).execute()
    if address := memory["address"]:
        ContactAddress.update(contact_id=address["contact"], main=address["main"]).where(
            ContactAddress.address == address["address"]
        ).execute()


def _copy(desk: Desk, source: Ticket, subject: str) -> int:
    now = desk.now()
    kept = (
        "department_id", "status_id", "priority", "assignee_id", "team_id", "contact_id", "requester_address",
        "company_id", "type_id", "topic_id", "mailbox_id", "language", "origin", "proven", "portal",
        "customer_may_close",
    )  # fmt: skip
    values = {name: getattr(source, name) for name in kept}
    return int(Ticket.insert(subject=subject, created_at=now, updated_at=now, **values).execute())


def _resum(desk: Desk, ticket: Ticket) -> None:
    """Compute anew what the ticket remembers of its messages, after some came or went."""
    spoken = Message.select().where(Message.ticket_id == ticket.id, Message.kind != "system")
    newest = spoken.order_by(Message.id.desc()).first()
    customers = spoken.where(Message.direction == "in", Message.automatic == 0)
    last = customers.order_by(Message.id.desc()).first()
    answer = spoken.where(Message.direction == "out").order_by(Message.id.desc()).first()
    waiting = customers.where(Message.id > (answer.id if answer else 0)).order_by(Message.id).first()
    rows.write(
        desk,
        ticket,
        message_at=newest.created_at if newest else None,
        last_customer_message_id=last.id if last else None,
        waiting_since=waiting.created_at if waiting and ticket.closed_at is None else None,
    )
