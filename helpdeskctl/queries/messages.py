"""The messages of a ticket with their files and deliveries, as far as the reader may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from helpdeskctl.domain.delivery import FAILED, State
from helpdeskctl.domain.permissions import Action, Actor, TicketFacts, may
from helpdeskctl.mail.incoming import Fold
from helpdeskctl.mail.text import visible
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import all_of
from helpdeskctl.store.tables import Attachment, Message, OutgoingMail, OutgoingRecipient


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file. `deleted_at`: its bytes were taken away (TIC-19), its name stays; `withheld`: why nobody is handed it."""

    id: int
    message_id: int
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str | None
    deleted_at: datetime | None
    withheld: str | None = None

    @property
    def at_hand(self) -> bool:
        """Whether its bytes are handed out."""
        return self.deleted_at is None and self.withheld is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of our mail at one recipient; `state` is a word of `domain.delivery.State`.

    `not_before`: when it can leave, or is tried again. `settled`: it failed, and a person let it be.
    """

    address: str
    state: str
    at: datetime | None
    detail: str
    outgoing_id: int
    not_before: datetime | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One entry of the thread. `visible` is `text` without its `folds` (quotes and signatures).

    `sender_proven`: False when DMARC failed, None when nobody told. `origin_ticket`: where it stood before a merge or
    split. `mail_id` is the Message-ID without which nothing was mailed.
    """

    id: int
    number: int
    kind: str
    direction: Literal["in", "out", "internal"]
    author: str
    author_name: str
    author_kind: Literal["contact", "agent", "system"]
    at: datetime
    sent_at: datetime | None
    subject: str
    mail_id: str | None
    text: str
    html: str | None
    folds: tuple[Fold, ...]
    recipients: Mapping[str, Sequence[str]]
    automatic: bool
    sender_proven: bool | None
    origin_ticket: int | None
    incoming_id: int | None
    attachments: tuple[AttachmentView, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    @property
    def visible(self) -> str:
        """The text without what is folded."""
        return visible(self.text, self.folds)


def of_ticket(
    actor: Actor, ticket: TicketFacts, *, newer_than: int = 0, newest: int | None = None
) -> tuple[MessageView, ...]:
    """The messages that `actor` may read, oldest first: those after message `newer_than`, at most the `newest` so many.

    Customers get what is public, without deliveries. That they may see the ticket has been asked. Three queries.
    """
    query = Message.select().where(Message.ticket_id == ticket.number, Message.id > newer_than, readable(actor, ticket))
    found = list(query.order_by(Message.id.desc()).limit(newest) if newest else query.order_by(Message.id))
    found.sort(key=lambda message: message.id)
    ids = [message.id for message in found]
    files = attachments(Attachment.message_id.in_(ids)) if ids else []
    sent = _deliveries(ids) if ids and _inside(actor, ticket) else {}
    by_message = defaultdict(list)
    for file in files:
        by_message[file.message_id].append(file)
    return tuple(_view(message, by_message[message.id], sent.get(message.id, [])) for message in found)


def readable(actor: Actor, ticket: TicketFacts) -> Condition:
    """Which messages of a ticket its reader may read: notes and automatic mail are not for customers (TIC-18)."""
    if _inside(actor, ticket):
        return all_of([])
    return (Message.direction != "internal") & (Message.automatic == 0)


def attachments(wanted: Condition) -> list[AttachmentView]:
    """The files for which `wanted`, a condition on `Attachment` and `Message`, holds."""
    rows = Attachment.select().join(Message, on=(Message.id == Attachment.message_id)).where(wanted)
    return [
        AttachmentView(
            file.id, file.message_id, file.filename, file.content_type, file.size, file.sha256, file.inline,
            file.content_id, file.deleted_at, file.withheld,
        )
        for file in rows.order_by(Attachment.id)
    ]  # fmt: skip


def _inside(actor: Actor, ticket: TicketFacts) -> bool:
    return may(actor, Action.SEE_NOTES, ticket).allowed


def _deliveries(message_ids: Sequence[int]) -> dict[int, list[Delivery]]:
    rows: Any = (
        OutgoingRecipient.select(
            OutgoingRecipient,
            OutgoingMail.message_id.alias("message_id"),
            OutgoingMail.not_before.alias("not_before"),
            OutgoingMail.state.alias("of_mail"),
        )
        .join(OutgoingMail, on=(OutgoingMail.id == OutgoingRecipient.outgoing_id))
        .where(OutgoingMail.message_id.in_(list(message_ids)))
        .order_by(OutgoingRecipient.id)
        .objects()
    )
    found: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append(_delivery(row))
    return found


def _delivery(row: Any) -> Delivery:
    settled = row.of_mail == State.CANCELLED and row.state in FAILED
    return Delivery(row.address, row.state, row.at, row.detail, row.outgoing_id, row.not_before, settled)


def _view(message: Message, files: Sequence[AttachmentView], deliveries: Sequence[Delivery]) -> MessageView:
    by_agent = message.agent_id is not None
    return MessageView(
        id=message.id,
        number=message.ticket_id,
        kind=message.kind,
        direction=message.direction,  # type: ignore[arg-type]  # the schema's CHECK says which words there are
        author=message.author_address,
        author_name=message.author_name,
        author_kind="agent" if by_agent else "contact" if message.direction == "in" else "system",
        at=message.created_at,
        sent_at=message.sent_at,
        subject=message.subject,
        mail_id=message.mail_id,
        text=message.body,
        html=message.html,
        folds=tuple(Fold(*fold) for fold in message.folds),
        recipients=message.recipients,
        automatic=message.automatic,
        sender_proven=message.sender_proven,
        origin_ticket=message.origin_ticket_id,
        incoming_id=message.incoming_id,
        attachments=tuple(files),
        deliveries=tuple(deliveries),
    )
