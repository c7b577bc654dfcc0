"""The outbox as people see it: what waits, what failed, what became of each recipient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.delivery import FAILED, OPEN, State
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import Mailbox, OutgoingMail, OutgoingRecipient, Ticket


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a mail; `field` is to, cc or bcc, `detail` the server's words."""

    address: str
    field: str
    state: str
    detail: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Queued:
    """A mail in the outbox. `detail`: why it has not reached somebody yet, or never will."""

    id: int
    state: str
    event: str
    ticket: int | None
    message: int | None
    mailbox: str | None
    to: tuple[str, ...]
    subject: str
    attempts: int
    not_before: datetime
    created_at: datetime
    sent_at: datetime | None
    detail: str
    message_id: str
    automatic: bool
    recipients: tuple[Recipient, ...]


def queue(desk: Desk, actor: Actor, *, everything: bool = False, limit: int | None = 50) -> list[Queued]:
    """What waits or failed, the oldest first; `everything`: all that was ever sent, too, the newest first.

    An agent sees the mail of tickets they may answer, an admin and the system all.
    """
    query = _rows(actor)
    if everything:
        query = query.order_by(OutgoingMail.id.desc())
    else:
        troubled = OutgoingRecipient.select(OutgoingRecipient.outgoing_id).where(_in(OutgoingRecipient.state, FAILED))
        wanted = _in(OutgoingMail.state, (*OPEN, *FAILED)) | OutgoingMail.id.in_(troubled)
        query = query.where(wanted, OutgoingMail.state != State.CANCELLED.value).order_by(OutgoingMail.id)
    rows = list(query.limit(limit) if limit is not None else query)
    recipients = _recipients([row.id for row in rows])
    return [_view(row, recipients.get(row.id, ())) for row in rows]


def of_ticket(desk: Desk, actor: Actor, number: int) -> list[Queued]:
    """Every mail about a ticket, the newest first. Nothing for who may not answer it."""
    rows = list(_rows(actor).where(OutgoingMail.ticket_id == number).order_by(OutgoingMail.id.desc()))
    recipients = _recipients([row.id for row in rows])
    return [_view(row, recipients.get(row.id, ())) for row in rows]


def one(desk: Desk, actor: Actor, outgoing_id: int) -> Queued:
    """One mail. NotFound when there is none that the actor may see."""
    row = _rows(actor).where(OutgoingMail.id == outgoing_id).first()
    if row is None:
        raise NotFound(
            f"no mail {outgoing_id} in the outbox",
            hint="helpdeskctl mail queue list --all",
            subject=f"mail/{outgoing_id}",
        )
    return _view(row, _recipients([row.id]).get(row.id, ()))


def due_of(desk: Desk, numbers: Sequence[int]) -> list[int]:
    """The mails about these tickets that can leave now and were not tried yet."""
    query = OutgoingMail.select(OutgoingMail.id).where(
        OutgoingMail.ticket_id.in_(list(numbers)),
        OutgoingMail.state == State.QUEUED.value,
        OutgoingMail.not_before <= desk.now(),
    )
    return [row.id for row in query.order_by(OutgoingMail.id)]


def newest_to(desk: Desk, address: str, *, event: str) -> int | None:
    """The newest mail of an event to an address, whatever became of it."""
    theirs = OutgoingRecipient.select(OutgoingRecipient.outgoing_id).where(OutgoingRecipient.address == address)
    query = OutgoingMail.select(OutgoingMail.id).where(OutgoingMail.event == event, OutgoingMail.id.in_(theirs))
    row = query.order_by(OutgoingMail.id.desc()).first()
    return int(row.id) if row is not None else None


def _rows(actor: Actor) -> Any:
    query = (
        OutgoingMail.select(OutgoingMail, Mailbox.address.alias("mailbox_address"))
        .join(Mailbox, JOIN.LEFT_OUTER, on=(Mailbox.id == OutgoingMail.mailbox_id))
        .objects()
    )
    if actor.kind == "system":
        return query
    answerable = OutgoingMail.ticket_id.in_(Ticket.select(Ticket.id).where(access.visible(actor, Action.REPLY)))
    return query.where(answerable | OutgoingMail.ticket_id.is_null() if actor.admin else answerable)


def _in(field: Any, states: Sequence[State]) -> Any:
    return field.in_([state.value for state in states])


def _recipients(ids: Sequence[int]) -> Mapping[int, tuple[Recipient, ...]]:
    found: dict[int, tuple[Recipient, ...]] = {}
    rows = OutgoingRecipient.select().where(OutgoingRecipient.outgoing_id.in_(list(ids)))
    for row in rows.order_by(OutgoingRecipient.id):
        one = Recipient(row.address, row.field, row.state, row.detail, row.at)
        found[row.outgoing_id] = (*found.get(row.outgoing_id, ()), one)
    return found


def _view(row: Any, recipients: tuple[Recipient, ...]) -> Queued:
    late = (recipient.detail for recipient in recipients if recipient.state != State.SENT and recipient.detail)
    return Queued(
        id=row.id,
        state=row.state,
        event=row.event,
        ticket=row.ticket_id,
        message=row.message_id,
        mailbox=row.mailbox_address,
        to=tuple(recipient.address for recipient in recipients),
        subject=row.content["subject"],
        attempts=row.attempts,
        not_before=row.not_before,
        created_at=row.created_at,
        sent_at=row.sent_at,
        detail=next(late, ""),
        message_id=row.mail_id,
        automatic=bool(row.automatic),
        recipients=recipients,
    )
