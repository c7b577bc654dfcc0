"""The orders a list of tickets can have, each with the index that serves it, and how a list goes on page by page.

An order is one or two segments, read one after the other: those that wait, then the rest. A page ends with a mark,
the values of its last row; the next one begins behind them (keyset paging: no page costs more than the first).
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from helpdeskctl.domain.text import printable
from helpdeskctl.errors import InvalidInput
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import all_of, any_of
from helpdeskctl.store.orm import Field
from helpdeskctl.store.tables import Ticket

DEFAULT = "waiting"


@dataclass(frozen=True, slots=True)
class Segment:
    """Tickets for which `only` holds, by `columns`; the ticket's number decides between equals."""

    columns: tuple[tuple[Field[Any], bool], ...]  # with whether it descends
    only: Condition | None = None


def _segment(*columns: Field[Any] | tuple[Field[Any], bool], only: Condition | None = None) -> Segment:
    named = tuple(column if isinstance(column, tuple) else (column, False) for column in columns)
    return Segment((*named, (Ticket.id, named[-1][1])), only)


_NEWEST = _segment((Ticket.updated_at, True))
_WAITS, _WAITS_NOT = Ticket.waiting_since.is_null(False), Ticket.waiting_since.is_null()

ORDERS: Mapping[str, tuple[Segment, ...]] = {
    "waiting": (
        _segment(Ticket.waiting_since, only=_WAITS),
        Segment(_NEWEST.columns, _WAITS_NOT),
    ),
    "priority": (
        _segment((Ticket.priority, True), Ticket.waiting_since, only=_WAITS),
        Segment(_NEWEST.columns, _WAITS_NOT),
    ),
    "due": (
        _segment(Ticket.due_at, only=Ticket.due_at.is_null(False)),
        Segment(_NEWEST.columns, Ticket.due_at.is_null()),
    ),
    "updated": (_NEWEST,),
    "created": (_segment((Ticket.created_at, True)),),
    "number": (Segment(((Ticket.id, False),)),),
}
"""By name: `waiting` longest first, then the rest by change; `priority` the most urgent of those that wait, the
longest waiting first; `due` soonest first; `updated` and `created` newest first; `number` ascending."""


def called(name: str) -> tuple[Segment, ...]:
    """The order called `name`, backwards with a leading `-`. InvalidInput for an unknown one."""
    segments = ORDERS.get(name.removeprefix("-"))
    if segments is None:
        raise InvalidInput(f'no order "{printable(name)}"', hint=f"known: {', '.join(ORDERS)}")
    if not name.startswith("-"):
        return segments
    return tuple(
        Segment(tuple((column, not descends) for column, descends in segment.columns), segment.only)
        for segment in reversed(segments)
    )


def order_by(segment: Segment) -> list[Any]:
    """The ORDER BY of a segment."""
    return [column.desc() if descends else column.asc() for column, descends in segment.columns]


def behind(segment: Segment, values: Sequence[Any]) -> Condition:
    """What comes after the row with these values of the segment's columns.

    The first column is bounded by itself, too: that is what the index can begin at.
    """
    steps: list[Condition] = []
    for at, (column, descends) in enumerate(segment.columns):
        same = [before == value for (before, _), value in zip(segment.columns[:at], values, strict=False)]
        steps.append(all_of([*same, (operator.lt if descends else operator.gt)(column, values[at])]))
    column, descends = segment.columns[0]
    return (operator.le if descends else operator.ge)(column, values[0]) & any_of(steps)  # type: ignore[no-any-return]  # operators are untyped


def mark(at: int, values: Sequence[Any]) -> str:
    """Where a page ended, as one word: the segment and the values of the last row in it."""
    return "_".join([str(at), *(_text(value) for value in values)])


def read_mark(segments: Sequence[Segment], text: str) -> tuple[int, list[Any]]:
    """What `mark` wrote. InvalidInput for anything else."""
    try:
        at, *values = text.split("_")
        segment = segments[int(at)]
        read = [_value(column, value) for (column, _), value in zip(segment.columns, values, strict=True)]
    except (ValueError, IndexError, OverflowError) as wrong:
        raise InvalidInput("this page is not there (any more)", hint="begin at the first page") from wrong
    return int(at), read


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def _value(column: Field[Any], text: str) -> Any:
    if column.field_type == "TIMESTAMPTZ":
        value = datetime.fromisoformat(text)
        if value.tzinfo is None:
            raise ValueError(text)
        return value
    if len(text) > 18:
        raise ValueError(text)
    return int(text)
