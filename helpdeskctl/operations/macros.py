"""Canned replies in use (CAN-1, CAN-2): their text filled in, and what they set besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from helpdeskctl.desk import Desk
from helpdeskctl.domain import dates, templates
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.operations import letters, ticket_fields, tickets
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.queries import settings
from helpdeskctl.queries.outgoing import About
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import CannedAttachment, CannedReply


@dataclass(frozen=True, slots=True)
class Macro:
    """A canned reply for one ticket: its text with the values in place, its files, and what it sets."""

    id: int
    key: str
    text: str
    files: tuple[NewAttachment, ...]
    sets: Mapping[str, Any]

    @property
    def status(self) -> str | None:
        """The status it sets, by key."""
        return self.sets.get("status")


def macro(desk: Desk, actor: Actor, about: About, key: str) -> Macro:
    """The canned reply called `key` (or by its shortcut). NotFound where this department does not have it."""
    row = CannedReply.get_or_none((CannedReply.key == key.casefold()) | (CannedReply.shortcut == key.casefold()))
    if row is None or row.department_id not in (None, about.department_id):
        raise NotFound(f'no canned reply "{key}" here', hint="helpdeskctl canned list", subject=f"canned/{key}")
    given = letters.values(desk, about, actor, agent_address=actor.label if actor.kind == "agent" else None)
    files = tuple(
        NewAttachment(file.filename, file.content_type, file.size, file.sha256)
        for file in CannedAttachment.select().where(CannedAttachment.canned_reply_id == row.id)
    )
    text = templates.fill(row.body, {name: given.get(name) for name in templates.names("canned")})
    return Macro(row.id, row.key, text, files, row.sets or {})


@transaction
def apply(desk: Desk, actor: Actor, number: int, used: Macro) -> None:
    """Set what a macro sets besides text and status, and count its use."""
    CannedReply.update(used=CannedReply.used + 1).where(CannedReply.id == used.id).execute()
    if priority := used.sets.get("priority"):
        ticket_fields.prioritize(desk, actor, number, str(priority))
    if assignee := used.sets.get("assignee"):
        tickets.assign(desk, actor, number, assignee)
    if tags := used.sets.get("tags"):
        ticket_fields.tag(desk, actor, number, add=tags)
    if snooze := used.sets.get("snooze"):
        zone = ZoneInfo(settings.get(desk, "timezone"))
        ticket_fields.snooze(desk, actor, number, dates.parse_moment(snooze, now=desk.now(), tz=zone))
