"""What happened to a ticket: its events, which are the audit log too (TIC-20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.queries import threads
from helpdeskctl.store.tables import Event


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: `verb` of `domain.lifecycle.Verb`, who did it, and what the verb tells in `data`."""

    id: int
    at: datetime
    verb: str
    actor: str
    actor_kind: str
    data: Mapping[str, Any]
    reason: str | None


def of_ticket(desk: Desk, actor: Actor, number: int) -> tuple[Happening, ...]:
    """Everything that happened to a ticket, oldest first. NotFound unless the actor may read its notes."""
    threads.seen(desk, actor, number, Action.SEE_NOTES)
    rows = Event.select().where(Event.ticket_id == number).order_by(Event.id)
    return tuple(
        Happening(row.id, row.at, row.verb, row.actor_label, row.actor_kind, row.data, row.reason) for row in rows
    )
