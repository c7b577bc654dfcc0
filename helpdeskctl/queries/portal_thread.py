"""What a customer reads in a ticket: its public messages and their files, never a note (TIC-18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access, settings
from helpdeskctl.queries.outgoing import shown_name
from helpdeskctl.store import compiled
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Agent, Attachment, Department, Message, Ticket

AT_ONCE = 100

PUBLIC: tuple[Any, ...] = (
    Message.direction.in_(["in", "out"]),
    Message.kind.not_in(["note", "system"]),
    Message.automatic == 0,
)
"""What a message must be to be shown to customers."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as it may be downloaded; `size` in octets. `withheld`: it is named and not handed out."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A public message. `mine`: written by the reader; `ours`: by the desk. `parts`: (folded, text), in order.

    `formatted`: it is there as HTML, too.
    """

    id: int
    author: str
    mine: bool
    ours: bool
    at: datetime
    parts: tuple[tuple[bool, str], ...]
    files: tuple[File, ...]
    formatted: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """The newest messages, oldest of them first; `earlier` is the id to read on before, if there are more."""

    entries: tuple[Entry, ...]
    earlier: int | None
    newest: int


def thread(desk: Desk, actor: Actor, number: int, *, before: int | None = None) -> Thread:
    """The public messages of a ticket whose `detail` was shown, a hundred at a time from the newest back."""
    rows = compiled.rows(_messages, number, before, AT_ONCE + 1)
    shown = rows[:AT_ONCE][::-1]
    files = _files([row.id for row in shown])
    names = _agent_names(desk, number, {row.agent_id for row in shown if row.agent_id is not None})
    entries = tuple(_entry(row, actor, files.get(row.id, ()), names) for row in shown)
    newest = newest_public(desk, number) if before is not None or not shown else shown[-1].id
    return Thread(entries, shown[0].id if len(rows) > AT_ONCE else None, newest)


def _messages(number: int, before: int | None, most: int) -> Any:
    query = Message.select().where(Message.ticket_id == number, *PUBLIC)
    earlier = query.where(Message.id < before) if before is not None else query
    return earlier.order_by(Message.id.desc()).limit(most)


def newest_public(desk: Desk, number: int, *, but_of: Actor | None = None) -> int:
    """The id of the newest message a customer can read, 0 without any; `but_of`: not counting that contact's own."""
    query = Message.select(fn.max(Message.id)).where(Message.ticket_id == number, *PUBLIC)
    if but_of is not None and but_of.kind == "contact":
        query = query.where(Message.contact_id.is_null() | (Message.contact_id != but_of.id))
    return query.scalar() or 0


def file(desk: Desk, actor: Actor, attachment_id: int) -> File:
    """An attachment of a public message in a ticket this customer sees; NotFound otherwise, whatever the reason.

    NotFound, too, for one that is not handed out.
    """
    row: Any = (
        Attachment.select(Attachment, Message.ticket_id.alias("number"))
        .join(Message, on=(Message.id == Attachment.message_id))
        .where(Attachment.id == attachment_id, Attachment.deleted_at.is_null(), Attachment.withheld.is_null(), *PUBLIC)
        .objects()
        .first()
    )
    if row is None or not permissions.may(actor, Action.SEE, access.ticket_facts(desk, row.number)).allowed:
        raise NotFound("no such file", subject=f"attachment/{attachment_id}")
    return File(row.id, row.filename, row.content_type, row.size, row.sha256)


def _files(messages: Sequence[int]) -> Mapping[int, tuple[File, ...]]:
    of_message: dict[int, tuple[File, ...]] = {}
    for row in compiled.rows(_attachments, messages):
        withheld = row.withheld is not None
        each = File(row.id, row.filename, row.content_type, row.size, row.sha256, withheld)
        of_message[row.message_id] = (*of_message.get(row.message_id, ()), each)
    return of_message


def _attachments(messages: Sequence[int]) -> Any:
    there = Attachment.message_id.in_(messages), Attachment.deleted_at.is_null()
    return Attachment.select().where(*there).order_by(Attachment.id)


def _agent_names(desk: Desk, number: int, agents: Collection[int]) -> Mapping[int, str]:
    """How customers read the names of the agents who wrote in a ticket (setting agent_names)."""
    if not agents:
        return {}
    style = settings.get(desk, "agent_names")
    rows = compiled.rows(_writers, number, sorted(agents))
    return {row.id: shown_name(row.name, style, row.department) for row in rows}


def _writers(number: int, agents: Sequence[int]) -> Any:
    return (
        Agent.select(Agent.id, Agent.name, Department.name.alias("department"))
        .join(Ticket, on=(Ticket.id == number))
        .join(Department, on=(Department.id == Ticket.department_id))
        .where(Agent.id.in_(agents))
    )


def _entry(row: Any, actor: Actor, files: tuple[File, ...], names: Mapping[int, str]) -> Entry:
    ours = row.direction == "out"
    author = names.get(row.agent_id or 0, "") if ours else (row.author_name or row.author_address)
    mine = not ours and actor.kind == "contact" and row.contact_id == actor.id
    parts = _parts(row.body, row.folds)
    return Entry(row.id, author, mine, ours, row.created_at, parts, files, row.html is not None)


def _parts(body: str, folds: Sequence[Sequence[Any]]) -> tuple[tuple[bool, str], ...]:
    """The text in pieces, those with quotes and signatures marked as folded."""
    lines = body.split("\n")
    hidden = {n for _, first, last in folds for n in range(int(first), min(int(last), len(lines)) + 1)}
    parts: list[tuple[bool, list[str]]] = []
    for n, text in enumerate(lines):
        if not parts or parts[-1][0] != (n in hidden):
            parts.append((n in hidden, []))
        parts[-1][1].append(text)
    pieces = ((folded, "\n".join(piece).strip("\n")) for folded, piece in parts)
    return tuple((folded, text) for folded, text in pieces if text.strip())
