"""Tickets that should not be there: spam, and deleting for good (TIC-15)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.operations import events, queue
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.tickets import changed
from helpdeskctl.store import search
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Block, Ticket


@transaction
def spam(desk: Desk, actor: Actor, number: int, *, block: bool = False) -> Change:
    """Out of every list but the spam list; nothing more is mailed. `block` also blocks the requester's address."""
    ticket = rows.begin(desk, actor, number, Action.CHANGE)
    if block:
        rows.begin(desk, actor, number, Action.BLOCK)
        Block.insert(kind="address", value=ticket.requester_address, at=desk.now()).on_conflict(
            conflict_target=[Block.kind, Block.value], update={Block.allow: False}
        ).execute()
        events.record(desk, actor, "created", subject=("block", ticket.requester_address))
    if ticket.spam:
        return changed(number, *(["block"] if block else []))
    rows.write(desk, ticket, spam=True)
    queue.silence(desk, number)
    events.record(desk, actor, Verb.SPAM, ticket=number, data={"block": block})
    return changed(number, "spam", *(["block"] if block else []))


@transaction
def not_spam(desk: Desk, actor: Actor, number: int) -> Change:
    """Back into the lists."""
    ticket = rows.begin(desk, actor, number)
    if not ticket.spam:
        return changed(number)
    rows.write(desk, ticket, spam=False)
    events.record(desk, actor, Verb.NOT_SPAM, ticket=number)
    return changed(number, "spam")


@transaction
def delete(desk: Desk, actor: Actor, number: int, *, confirm: int) -> Change:
    """Delete a ticket with its messages for good; its number is never used again and its history stays.

    InvalidInput unless `confirm` repeats the number, Refused while other tickets are merged into it.
    """
    if confirm != number:
        raise InvalidInput("deleting asks for the number again", hint=f"--confirm {number}", subject=f"ticket/{number}")
    ticket = rows.begin(desk, actor, number, Action.DELETE)
    merged = [t.id for t in Ticket.select(Ticket.id).where(Ticket.merged_into_id == number)]
    if merged:
        raise Refused(
            f"#{number} holds the messages of {', '.join(f'#{m}' for m in merged)}",
            hint=f"helpdeskctl ticket unmerge {merged[0]}",
            subject=f"ticket/{number}",
        )
    queue.silence(desk, number)
    search.drop_ticket(desk.database, number)
    events.record(desk, actor, Verb.DELETED, subject=("ticket", str(number)), data={"department": ticket.department_id})
    Ticket.delete().where(Ticket.id == number).execute()
    return Change("ticket", str(number), number, "deleted")
