"""What every verb on a ticket begins and ends with: the row, the right, the newer message, the status, the write."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Act, Kind, Policy, StatusChange, Verb, after
from helpdeskctl.domain.permissions import Action, Actor, TicketFacts, may
from helpdeskctl.errors import InvalidInput, Newer, NewerMessages, NotFound, NotPermitted, Refused
from helpdeskctl.operations import events
from helpdeskctl.queries import access
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.tables import Department, Message, ReadMark, Status, Ticket


def begin(
    desk: Desk, actor: Actor, number: int, action: Action = Action.CHANGE, *, if_last: int | None = None
) -> Ticket:
    """The row of a ticket that `actor` may do `action` to, locked until the transaction ends.

    Raises NotFound when there is none or the actor may not even see it, NotPermitted when the right is lacking,
    Refused for a merged ticket, NewerMessages when something arrived after message `if_last` (TIC-11).
    """
    row = locked(desk, number)
    permit(actor, action, access.ticket_facts(desk, number))
    if row.merged_into_id is not None:
        raise Refused(
            f"#{number} was merged into #{row.merged_into_id}",
            hint=f"helpdeskctl ticket unmerge {number}, or use #{row.merged_into_id}",
            subject=f"ticket/{number}",
        )
    refuse_if_newer(number, if_last, public=actor.kind in {"contact", "link"})
    return row


def locked(desk: Desk, number: int) -> Ticket:
    """The row itself, locked on Postgres; SQLite's transaction is exclusive already. NotFound when there is none."""
    query = Ticket.select().where(Ticket.id == number)
    row: Ticket | None = (query.for_update() if desk.database.kind == "postgres" else query).first()
    if row is None:
        raise missing(number)
    return row


def permit(actor: Actor, action: Action, facts: TicketFacts) -> None:
    """Raise unless the permission table allows it; who may not see a ticket is told that there is none."""
    verdict = may(actor, action, facts)
    if verdict.allowed:
        return
    if not may(actor, Action.SEE, facts).allowed:
        hint = "an admin opens it with --reason TEXT" if actor.admin and facts.personal_agent_id else None
        raise missing(facts.number, hint=hint)
    raise NotPermitted(f"#{facts.number}: {verdict.why}", subject=f"ticket/{facts.number}")


def missing(number: int, *, hint: str | None = None) -> NotFound:
    """The one answer for a ticket that is not there and one that may not be seen."""
    return NotFound(f"no ticket #{number}", hint=hint or "helpdeskctl ticket list", subject=f"ticket/{number}")


def refuse_if_newer(number: int, if_last: int | None, *, public: bool = False) -> None:
    """TIC-11: hold a change back when its author has not seen the newest message; `public`: notes do not count."""
    if if_last is None:
        return
    query = Message.select(Message.id, Message.author_name, Message.created_at, Message.body).where(
        Message.ticket_id == number, Message.id > if_last, Message.kind != "system"
    )
    if public:
        query = query.where(Message.direction != "internal", Message.automatic == 0)
    if newer := list(query.order_by(Message.id)):
        raise NewerMessages(
            f"#{number}: {len(newer)} newer message(s) since {if_last}",
            newer=[Newer(m.id, m.author_name, m.created_at, m.body) for m in newer],
            hint=f"helpdeskctl ticket show {number} --thread",
            subject=f"ticket/{number}",
        )


def survivor(number: int) -> int:
    """Where a merged ticket leads; the number itself when it was not merged. NotFound when there is none."""
    while True:
        row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number).first()
        if row is None:
            raise missing(number)
        if row.merged_into_id is None:
            return number
        number = row.merged_into_id


def write(desk: Desk, ticket: Ticket, **changes: Any) -> None:
    """Write columns of a ticket; when it was changed is written with them."""
    prepared.update(Ticket, ticket.id, updated_at=desk.now(), **changes)
    for name, value in changes.items():
        setattr(ticket, name, value)


def status_row(key: str) -> Status:
    """The status called `key`. NotFound names the known ones."""
    row = prepared.one(Status, key=key)
    if row is None:
        known = ", ".join(s.key for s in Status.select(Status.key).order_by(Status.position))
        raise NotFound(f'no status "{key}"', hint=f"known: {known}", subject=f"status/{key}")
    return row


def status_of_kind(desk: Desk, kind: Kind) -> Status:
    """The first status of a kind, in the desk's order."""
    rows = steady.every(desk.database, Status, kind=kind.value)
    if not rows:
        raise Refused(
            f"the desk has no status of kind {kind}", hint=f"helpdeskctl status create KEY --kind {kind} --name NAME"
        )
    return min(rows, key=lambda row: (row.position, row.id))


def follow(desk: Desk, actor: Actor, ticket: Ticket, act: Act, *, status: str | None = None) -> StatusChange:
    """Do to the ticket what the lifecycle table says `act` does; `status` is a key that overrides the table's.

    Returns the table's line, so that the caller knows what else it asks for.
    """
    now = steady.the(desk.database, Status, ticket.status_id)
    change = after(act, Kind(now.kind), Policy())
    if status is not None:
        enter(desk, actor, ticket, status_row(status), now)
    elif act is Act.REPLY:
        department = steady.the(desk.database, Department, ticket.department_id)
        enter(desk, actor, ticket, status_row(department.after_send), now)
    elif change.to is not None:
        enter(desk, actor, ticket, status_of_kind(desk, change.to), now)
    if change.wakes and ticket.snoozed_until is not None:
        write(desk, ticket, snoozed_until=None)
    if change.unread:
        ReadMark.delete().where(ReadMark.ticket_id == ticket.id).execute()
    return change


def enter(desk: Desk, actor: Actor, ticket: Ticket, to: Status, now: Status | None = None) -> bool:
    """Put the ticket into a status; returns whether that was a change. Entering a closed one notes the time."""
    if ticket.status_id == to.id:
        return False
    now = now or steady.the(desk.database, Status, ticket.status_id)
    closed = to.kind == Kind.CLOSED
    changes: dict[str, Any] = {"status_id": to.id, "closed_at": desk.now() if closed else None}
    if closed:
        changes["waiting_since"] = None
    write(desk, ticket, **changes)
    events.record(desk, actor, Verb.STATUS, ticket=ticket.id, data={"from": now.key, "to": to.key})
    return True


def number_of(text: str | int) -> int:
    """A ticket's number as people type it, with or without `#`. InvalidInput when it is none."""
    digits = str(text).strip().removeprefix("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise InvalidInput(f'"{text}" is no ticket number', hint="a number as 1001 or #1001")
    return int(digits)
