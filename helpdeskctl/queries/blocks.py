"""Who and what is kept out, and who is always let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Block


@dataclass(frozen=True, slots=True)
class Blocked:
    """One entry of the list; `key` is what `block add` takes, `allow` says that it lets in."""

    key: str
    id: int
    kind: str
    value: str
    allow: bool
    at: datetime


def key(kind: str, value: str) -> str:
    """A block as it is typed."""
    return f"subject:{value}" if kind == "subject" else value


def list_of(desk: Desk, *, query: str | None = None, limit: int | None = None) -> list[Blocked]:
    """The blocks, newest first; `query` is a part of the value."""
    rows = Block.select().order_by(Block.id.desc())
    if query:
        rows = rows.where(Block.value.contains(query.casefold()))
    return [_blocked(row) for row in (rows.limit(limit) if limit else rows)]


def find(desk: Desk, what: str) -> Blocked | None:
    """The block called `what`, or `id:3`."""
    if what.startswith("id:"):
        row = Block.get_or_none(Block.id == (int(what[3:]) if what[3:].isdecimal() else 0))
    elif what.casefold().startswith("subject:"):
        row = Block.get_or_none(Block.kind == "subject", Block.value == what.partition(":")[2].strip().casefold())
    else:
        row = Block.get_or_none(Block.kind != "subject", Block.value == what.strip().casefold().removeprefix("@"))
    return _blocked(row) if row else None


def _blocked(row: Block) -> Blocked:
    return Blocked(key(row.kind, row.value), row.id, row.kind, row.value, bool(row.allow), row.at)
