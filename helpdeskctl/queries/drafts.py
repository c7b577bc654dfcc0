"""What an agent has written and not sent (TIC-12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access
from helpdeskctl.store.tables import Draft, Ticket


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft as it was saved; `seen_message_id` is the newest message its author had seen."""

    number: int
    kind: str
    content: Mapping[str, Any]
    seen_message_id: int | None
    saved_at: datetime


def mine(desk: Desk, actor: Actor, number: int) -> SavedDraft | None:
    """The agent's draft on one ticket; None without one, or when the ticket is out of sight now."""
    row = (
        Draft.select()
        .join(Ticket, on=(Ticket.id == Draft.ticket_id))
        .where(Draft.agent_id == actor.id, Draft.ticket_id == number, access.visible(actor))
        .first()
    )
    return SavedDraft(row.ticket_id, row.kind, row.content, row.seen_message_id, row.saved_at) if row else None
