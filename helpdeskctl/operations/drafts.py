"""Drafts: one per agent and ticket, kept with the desk (TIC-12). Saving one is no event: nothing was said yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import Refused
from helpdeskctl.operations import ticket_rows
from helpdeskctl.queries import access
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Draft as DraftRow

Kind = Literal["reply", "note", "forward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an agent has typed and not sent. `content` holds body, cursor, status, attachments, who gets it
    (to, cc, bcc, only_requester), signature, mailbox, and of a forward the message.

    `seen_message_id`: the newest message its author had seen (TIC-11).
    """

    kind: Kind
    content: Mapping[str, Any]
    seen_message_id: int | None = None


@transaction
def save(desk: Desk, actor: Actor, number: int, draft: Draft) -> None:
    """Keep a draft in place of the agent's earlier one on this ticket. NotPermitted for who may not write there."""
    action = Action.NOTE if draft.kind == "note" else Action.REPLY
    ticket_rows.permit(actor, action, access.ticket_facts(desk, number))
    if actor.kind != "agent":
        raise Refused("only agents have drafts", hint="--as AGENT")
    columns: dict[Any, Any] = {
        DraftRow.kind: draft.kind,
        DraftRow.content: dict(draft.content),
        DraftRow.seen_message_id: draft.seen_message_id,
        DraftRow.saved_at: desk.now(),
    }
    DraftRow.insert({DraftRow.agent_id: actor.id, DraftRow.ticket_id: number} | columns).on_conflict(
        conflict_target=[DraftRow.agent_id, DraftRow.ticket_id], update=columns
    ).execute()


@transaction
def discard(desk: Desk, actor: Actor, number: int) -> bool:
    """Throw the agent's draft on this ticket away; whether there was one."""
    mine = (DraftRow.agent_id == actor.id) & (DraftRow.ticket_id == number)
    return bool(DraftRow.delete().where(mine).execute())
