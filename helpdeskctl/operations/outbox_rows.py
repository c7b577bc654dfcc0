"""The outbox's rows while they are sent: what is due, who has it, what became of it. Each function one transaction."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import delivery
from helpdeskctl.domain.delivery import MOST_UNSURE, WAITING, Answer, State
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import automatic, events
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import ModelSelect
from helpdeskctl.store.tables import Mailbox, OutgoingMail, OutgoingRecipient

HAND_OVER = 300.0  # seconds in which a mail must be handed over
LEASE = timedelta(minutes=20)  # longer than HAND_OVER, one command and the wait for the last answer together
_PUT_OFF = 1000  # mails put off in one transaction

_DUE_STATES = [state.value for state in WAITING]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this process alone may send until its lease ends, with the recipients still without it."""

    id: int
    ticket: int | None
    message: int | None
    mail_id: str
    sender_null: bool
    content: Mapping[str, Any]
    recipients: tuple[str, ...]
    created_at: datetime
    attempts: int
    unsure: int
    lease: str


def due(desk: Desk, ids: Sequence[int] | None = None) -> ModelSelect[OutgoingMail]:
    """The rows that may leave now, or of those only `ids`."""
    now = desk.now()
    # A time further off than any pause was written by a clock that ran ahead.
    ready = (OutgoingMail.not_before <= now) | (OutgoingMail.not_before > now + 2 * delivery.LONGEST_WAIT)
    query = OutgoingMail.select().where(OutgoingMail.state.in_(_DUE_STATES), ready)
    return query if ids is None else query.where(OutgoingMail.id.in_(list(ids)))


def due_mailboxes(desk: Desk, ids: Sequence[int] | None = None) -> list[Mailbox]:
    """The mailboxes that have something to send now."""
    waiting = due(desk, ids).select(OutgoingMail.mailbox_id)
    return list(Mailbox.select().where(Mailbox.id.in_(waiting)).order_by(Mailbox.id))


@transaction
def recover(desk: Desk) -> None:
    """Take back mails whose sender died with them: once they are sent again, the second time a person decides."""
    now = desk.now()
    ended = (OutgoingMail.lease_until <= now) | (OutgoingMail.lease_until > now + 2 * LEASE)
    query = OutgoingMail.select().where(OutgoingMail.state == State.SENDING.value, ended)
    for row in list(query.for_update() if desk.database.kind == "postgres" else query):
        lost = Answer(State.UNKNOWN, "the sender died; whether the mail left cannot be told")
        addresses = _addresses(row.id, [State.SENDING.value])
        _settle(desk, row, dict.fromkeys(addresses, lost), unsure=row.unsure + 1, at_once=True)


@transaction
def claim(desk: Desk, mailbox_id: int, ids: Sequence[int] | None = None) -> Claimed | None:
    """Take the mail that waits longest; None when there is none. No other process gets it before the lease ends."""
    query = due(desk, ids).where(OutgoingMail.mailbox_id == mailbox_id)
    query = query.order_by(OutgoingMail.not_before, OutgoingMail.id).limit(1)
    row = (query.for_update(skip_locked=True) if desk.database.kind == "postgres" else query).first()
    if row is None:
        return None
    lease = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    recipients = _addresses(row.id, _DUE_STATES)
    OutgoingMail.update(
        state=State.SENDING.value, attempts=row.attempts + 1, lease_until=desk.now() + LEASE, lease_by=lease
    ).where(OutgoingMail.id == row.id).execute()
    _mark(row.id, recipients, State.SENDING, "", desk.now())
    return Claimed(
        row.id,
        row.ticket_id,
        row.message_id,
        row.mail_id,
        bool(row.sender_null),
        row.content,
        recipients,
        row.created_at,
        row.attempts + 1,
        row.unsure,
        lease,
    )


@transaction
def record(desk: Desk, claimed: Claimed, answers: Mapping[str, Answer]) -> State:
    """Write down what the server said; returns the state of the mail as a whole."""
    row = OutgoingMail.get(OutgoingMail.id == claimed.id)
    lost = any(answer.state is State.UNKNOWN for answer in answers.values())
    return _settle(desk, row, answers, unsure=claimed.unsure + lost)


@transaction
def put_off(desk: Desk, mailbox_id: int, ids: Sequence[int] | None, words: str) -> int:
    """The server cannot be reached: every due mail of the mailbox had a try. Returns how many."""
    query = due(desk, ids).where(OutgoingMail.mailbox_id == mailbox_id).order_by(OutgoingMail.id).limit(_PUT_OFF)
    rows = list(query.for_update(skip_locked=True) if desk.database.kind == "postgres" else query)
    for row in rows:
        row.attempts += 1
        waiting = _addresses(row.id, _DUE_STATES)
        _settle(desk, row, dict.fromkeys(waiting, Answer(State.DEFERRED, words)), unsure=row.unsure)
    return len(rows)


def _settle(
    desk: Desk, row: OutgoingMail, answers: Mapping[str, Answer], *, unsure: int, at_once: bool = False
) -> State:
    for address, answer in answers.items():
        end = delivery.settled(answer, attempts=row.attempts, unsure=unsure)
        _mark(row.id, [address], end.state, end.detail, desk.now())
        if end.state is State.REFUSED:
            _refused(desk, row, address, end.detail)
    recipients = OutgoingRecipient.select(OutgoingRecipient.state).where(OutgoingRecipient.outgoing_id == row.id)
    state = delivery.overall([recipient.state for recipient in recipients])
    changes: dict[str, Any] = {"state": state.value, "unsure": min(unsure, MOST_UNSURE), "attempts": row.attempts}
    if state is State.DEFERRED:
        pause = timedelta(0) if at_once else delivery.pause_after(row.attempts) or timedelta(0)
        changes["not_before"] = desk.now() + pause
    if any(answer.state is State.SENT for answer in answers.values()):
        changes["sent_at"] = desk.now()
    OutgoingMail.update(lease_until=None, lease_by=None, **changes).where(OutgoingMail.id == row.id).execute()
    return state


def _refused(desk: Desk, row: OutgoingMail, address: str, detail: str) -> None:
    """Permanent failure is part of the ticket's history; an address that does not exist is left alone (MAIL-23)."""
    if row.ticket_id is not None:
        data = {"outgoing": row.id, "message": row.message_id, "address": address, "detail": detail}
        events.record(desk, SYSTEM, Verb.UNDELIVERED, ticket=row.ticket_id, data=data)
    if detail.startswith("5") and "5.1.1" in detail:
        automatic.suppress(desk, address, reason=detail)


def _addresses(outgoing_id: int, states: Sequence[str]) -> tuple[str, ...]:
    query = OutgoingRecipient.select(OutgoingRecipient.address).where(
        OutgoingRecipient.outgoing_id == outgoing_id, OutgoingRecipient.state.in_(states)
    )
    return tuple(row.address for row in query.order_by(OutgoingRecipient.id))


def _mark(outgoing_id: int, addresses: Iterable[str], state: State, detail: str, at: datetime) -> None:
    OutgoingRecipient.update(state=state.value, detail=detail, at=at).where(
        OutgoingRecipient.outgoing_id == outgoing_id, OutgoingRecipient.address.in_(list(addresses))
    ).execute()
