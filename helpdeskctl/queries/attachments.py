"""Files of tickets: lists of them, and the bytes of one, for those who may read the message they came with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.filters import EVERYTHING, Tree
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.queries import messages, threads, tickets
from helpdeskctl.queries.messages import AttachmentView
from helpdeskctl.store.tables import Attachment, Message


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a list over many tickets. `withheld`: why nobody is handed it."""

    id: int
    ticket: int
    message_id: int
    filename: str
    type: str
    size: int
    inline: bool
    at: datetime
    withheld: str | None = None


def list_attachments(desk: Desk, actor: Actor, query: str | Tree = EVERYTHING) -> Iterator[Listed]:
    """The files of the tickets that `query` asks for, by ticket; those taken away are left out."""
    numbers: list[int] = []
    for row in tickets.every(desk, actor, query, sort="number"):
        numbers.append(row.number)
        if len(numbers) == tickets.MAX_PAGE:
            yield from _of(actor, numbers)
            numbers = []
    yield from _of(actor, numbers)


def at_hand(desk: Desk, actor: Actor, attachment_id: int, *, force: bool = False) -> tuple[int, AttachmentView]:
    """`one`, for who wants its bytes. Refused for a file that is withheld, unless an admin says `force`."""
    number, file = one(desk, actor, attachment_id)
    if file.withheld is None:
        return number, file
    if actor.kind != "system" and not actor.admin:
        hint = "an admin gets it: helpdeskctl attachment get --force"
        raise NotPermitted(f"{file.filename} is not handed out: {file.withheld}", hint=hint, subject=_key(file.id))
    if not force:
        hint = f"helpdeskctl attachment get {file.id} --force, if you know what it is"
        raise Refused(f"{file.filename} is not handed out: {file.withheld}", hint=hint, subject=_key(file.id))
    return number, file


def one(desk: Desk, actor: Actor, attachment_id: int) -> tuple[int, AttachmentView]:
    """A file and the number of its ticket. NotFound in the same words for one that may not be seen."""
    place = (
        Message.select(Message.ticket_id)
        .join(Attachment, on=(Attachment.message_id == Message.id))
        .where(Attachment.id == attachment_id)
        .first()
    )
    try:
        facts = threads.seen(desk, actor, place.ticket_id if place is not None else 0)
    except NotFound as unseen:
        hint = unseen.hint if place is not None and unseen.hint and "--reason" in unseen.hint else None
        raise _missing(attachment_id, hint) from None
    found = messages.attachments((Attachment.id == attachment_id) & messages.readable(actor, facts))
    if not found or found[0].deleted_at is not None:
        raise _missing(attachment_id)
    return facts.number, found[0]


def _of(actor: Actor, numbers: list[int]) -> Iterator[Listed]:
    query: Any = (
        Attachment.select(Attachment, Message.ticket_id.alias("ticket"), Message.created_at.alias("at"))
        .join(Message, on=(Message.id == Attachment.message_id))
        .where(Message.ticket_id.in_(numbers), Attachment.deleted_at.is_null())
        .order_by(Message.ticket_id, Attachment.id)
        .objects()
    )
    if actor.kind in {"contact", "link"}:
        query = query.where(Message.direction != "internal", Message.automatic == 0)
    for row in query:
        yield Listed(
            row.id, row.ticket, row.message_id, row.filename, row.content_type, row.size, row.inline, row.at,
            row.withheld,
        )  # fmt: skip


def _missing(attachment_id: int, hint: str | None = None) -> NotFound:
    return NotFound(f"no file {attachment_id}", hint=hint or "helpdeskctl attachment list", subject=_key(attachment_id))


def _key(attachment_id: int) -> str:
    return f"attachment/{attachment_id}"
