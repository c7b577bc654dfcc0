"""What people do to the outbox: take a mail back, or try it again."""

from __future__ import annotations

from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.delivery import FAILED, OPEN, WAITING, State
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.operations import events, ticket_rows
from helpdeskctl.queries import access
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import OutgoingMail, OutgoingRecipient

_AGAIN = (State.REFUSED, State.UNKNOWN)


@transaction
def cancel(desk: Desk, actor: Actor, outgoing_id: int) -> Change:
    """Keep a waiting mail from leaving. Refused once a sender has it or it has left."""
    row = locked(desk, actor, outgoing_id)
    if row.state == State.CANCELLED:
        return Change("mail", str(row.id), row.id, "unchanged")
    if row.state not in WAITING:
        raise Refused(f"mail {row.id} cannot be taken back: it is {row.state}", subject=f"mail/{row.id}")
    OutgoingMail.update(state=State.CANCELLED.value).where(OutgoingMail.id == row.id).execute()
    _recipients(row.id, [*WAITING], State.CANCELLED, desk.now())
    if row.ticket_id is not None:
        data = {"outgoing": row.id, "message": row.message_id}
        events.record(desk, actor, Verb.CANCELLED, ticket=row.ticket_id, data=data)
    return Change("mail", str(row.id), row.id, "updated", ("state",))


@transaction
def retry(desk: Desk, actor: Actor, outgoing_id: int) -> Change:
    """Try again now whom a mail did not reach, with the same Message-ID. Refused when it reached everybody."""
    row = locked(desk, actor, outgoing_id)
    if row.state == State.SENDING:
        raise Refused(f"mail {row.id} is being sent", subject=f"mail/{row.id}")
    if not _recipients(row.id, [*_AGAIN, *WAITING], State.QUEUED, desk.now()):
        raise Refused(f"mail {row.id} is {row.state}: there is nobody left to send it to", subject=f"mail/{row.id}")
    changes = {"state": State.QUEUED.value, "not_before": desk.now(), "attempts": 0, "unsure": 0}
    OutgoingMail.update(**changes).where(OutgoingMail.id == row.id).execute()
    return Change("mail", str(row.id), row.id, "updated", ("state",))


@transaction
def settle(desk: Desk, actor: Actor, outgoing_id: int, *, arrived: bool = False) -> Change:
    """Let a mail be that did not reach somebody: it troubles nobody any more, and what the servers said stays.

    `arrived`: those of whom nobody knows have it, as a person found out. Refused while it can still leave, or when
    nothing is wrong with it.
    """
    row = locked(desk, actor, outgoing_id)
    if row.state in OPEN:
        raise Refused(
            f"mail {row.id} is {row.state}", hint=f"helpdeskctl mail queue cancel {row.id}", subject=f"mail/{row.id}"
        )
    sent = _recipients(row.id, [State.UNKNOWN], State.SENT, desk.now()) if arrived else 0
    states = [State(each.state) for each in OutgoingRecipient.select().where(OutgoingRecipient.outgoing_id == row.id)]
    failed = any(state in FAILED for state in states)
    if row.state == State.CANCELLED or not (sent or failed):
        raise Refused(f"mail {row.id} is {row.state}: there is nothing to decide", subject=f"mail/{row.id}")
    state = State.CANCELLED if failed else State.SENT
    OutgoingMail.update(state=state.value).where(OutgoingMail.id == row.id).execute()
    if row.ticket_id is not None:
        data = {"outgoing": row.id, "message": row.message_id, "arrived": arrived}
        events.record(desk, actor, Verb.SETTLED, ticket=row.ticket_id, data=data)
    return Change("mail", str(row.id), row.id, "updated", ("state",))


def silence(desk: Desk, number: int, *, message: int | None = None) -> None:
    """What has not left yet about a ticket, or of that about one `message`, does not leave."""
    waiting = OutgoingMail.select(OutgoingMail.id).where(
        OutgoingMail.ticket_id == number, OutgoingMail.state.in_([state.value for state in WAITING])
    )
    if message is not None:
        waiting = waiting.where(OutgoingMail.message_id == message)
    for row in list(waiting):
        OutgoingMail.update(state=State.CANCELLED.value).where(OutgoingMail.id == row.id).execute()
        _recipients(row.id, [*WAITING], State.CANCELLED, desk.now())


def locked(desk: Desk, actor: Actor, outgoing_id: int) -> OutgoingMail:
    """The row of a mail that the actor may handle: who may answer its ticket; without a ticket, admins."""
    query = OutgoingMail.select().where(OutgoingMail.id == outgoing_id)
    row: OutgoingMail | None = (query.for_update() if desk.database.kind == "postgres" else query).first()
    if row is None:
        raise NotFound(f"no mail {outgoing_id} in the outbox", hint="helpdeskctl mail queue list --all")
    if row.ticket_id is not None:
        ticket_rows.permit(actor, Action.REPLY, access.ticket_facts(desk, row.ticket_id))
    elif actor.kind != "system" and not actor.admin:
        raise NotPermitted(f"mail {outgoing_id} belongs to no ticket: an admin handles it")
    return row


def _recipients(outgoing_id: int, states: list[State], to: State, at: datetime) -> int:
    return int(
        OutgoingRecipient.update(state=to.value, at=at, detail="")
        .where(
            OutgoingRecipient.outgoing_id == outgoing_id,
            OutgoingRecipient.state.in_([state.value for state in states]),
        )
        .execute()
    )
