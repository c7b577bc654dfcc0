"""The one door through which history is written (TIC-20): append-only, in the transaction of the change."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.store import prepared
from helpdeskctl.store.tables import Event


def record(
    desk: Desk,
    actor: Actor,
    verb: str,
    *,
    ticket: int | None = None,
    subject: tuple[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Write one event in the present transaction and return its id; 0 where many are written at once at the end.

    `verb` is a word of `domain.lifecycle.Verb`; `ticket` the number it happened to, or `subject` the (kind, key) of
    another object; `data` what changed, as `{"from": ..., "to": ...}` or what else the verb tells. Never a secret. Of
    what a delegate does to a ticket it also says for whom (CON-6).
    """
    kind, key = subject or (None, None)
    row = {
        "at": desk.now(),
        "ticket_id": ticket,
        "verb": verb,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_label": actor.label,
        "object_kind": kind,
        "object_key": key,
        "data": (data or {}) | ({"for": actor.acting_for.label} if ticket and actor.acting_for else {}),
        "reason": actor.reason,
    }
    # What happened to a mailbox is asked for by the next mail.
    if ticket is not None and prepared.insert_later(desk.database, Event, **row):
        return 0
    return prepared.insert(Event, **row)
