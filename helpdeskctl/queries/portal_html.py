"""The HTML of a mail as a customer may look at it: sanitized at intake, its own pictures by their Content-ID."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access
from helpdeskctl.queries.portal_thread import PUBLIC
from helpdeskctl.store.tables import Attachment, Message, Ticket


@dataclass(frozen=True, slots=True)
class Formatted:
    """A message with its HTML. `parts`: id and file name of what is attached, by Content-ID."""

    id: int
    number: int
    subject: str
    html: str
    parts: Mapping[str, tuple[int, str]]


def formatted(desk: Desk, actor: Actor, message_id: int) -> Formatted:
    """The HTML of a public message in a ticket this customer sees; NotFound otherwise, whatever the reason."""
    row: Any = (
        Message.select(Message.id, Message.html, Message.ticket_id.alias("number"), Ticket.subject)
        .join(Ticket, on=(Ticket.id == Message.ticket_id))
        .where(Message.id == message_id, Message.html.is_null(False), *PUBLIC)
        .objects()
        .first()
    )
    if row is None or not permissions.may(actor, Action.SEE, access.ticket_facts(desk, row.number)).allowed:
        raise NotFound("no such message", subject=f"message/{message_id}")
    return Formatted(row.id, row.number, row.subject, row.html, _parts(message_id))


def _parts(message_id: int) -> Mapping[str, tuple[int, str]]:
    rows = Attachment.select().where(
        Attachment.message_id == message_id,
        Attachment.content_id.is_null(False),
        Attachment.deleted_at.is_null(),
        Attachment.withheld.is_null(),
    )
    return {row.content_id or "": (row.id, row.filename) for row in rows}
