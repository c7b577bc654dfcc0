"""Triage as data: a step is done to a ticket by one operation, and each step knows the one that takes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations import blocks, ticket_fields, ticket_merge, ticket_people, ticket_removal, tickets
from helpdeskctl.queries.ticket_rows import TicketRow


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to one ticket. `silent`: no mail to the customer tells of it."""

    number: int
    kind: str
    value: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Kind:
    words: str  # what was done, with {value}
    apply: Callable[[Desk, Actor, Step], Change]
    undo: Callable[[TicketRow, Step], Step | None]


def words(kind: str, value: str = "") -> str:
    """What was done, for the line that says so: `assigned to ben@example.org`."""
    return _KINDS[kind].words.format(value=value.removeprefix("-")).strip()


def do(desk: Desk, actor: Actor, step: Step) -> Change:
    """Carry a step out; raises what its operation raises."""
    return _KINDS[step.kind].apply(desk, actor, step)


def inverse(before: TicketRow, step: Step) -> Step | None:
    """The step that puts the ticket back as `before`; None where nothing can."""
    return _KINDS[step.kind].undo(before, step)


def _notify(step: Step) -> bool | None:
    return False if step.silent else None


def _back_to(kind: str, value: Callable[[TicketRow], str]) -> Callable[[TicketRow, Step], Step]:
    return lambda before, step: Step(before.number, kind, value(before), silent=True)


def _owner(row: TicketRow) -> str:
    return row.assignee or (f"team:{row.team}" if row.team else "nobody")


def _until(row: TicketRow) -> str:
    return row.snoozed_until.isoformat() if row.snoozed_until else ""


def _tag(desk: Desk, actor: Actor, step: Step) -> Change:
    if step.value.startswith("-"):
        return ticket_fields.tag(desk, actor, step.number, remove=[step.value[1:]])
    return ticket_fields.tag(desk, actor, step.number, add=[step.value])


def _untag(before: TicketRow, step: Step) -> Step:
    value = step.value[1:] if step.value.startswith("-") else f"-{step.value}"
    return Step(before.number, "tag", value)


def _snooze(desk: Desk, actor: Actor, step: Step) -> Change:
    until = datetime.fromisoformat(step.value) if step.value else None
    return ticket_fields.snooze(desk, actor, step.number, until)


def _untake(desk: Desk, actor: Actor, step: Step) -> Change:
    """Owner and status as they were: `value` is both."""
    status, _, owner = step.value.partition(" ")
    tickets.assign(desk, actor, step.number, owner)
    return tickets.set_status(desk, actor, step.number, status, notify=False)


def _unblock(desk: Desk, actor: Actor, step: Step) -> Change:
    """Back from spam, and the sender whose address `value` is no longer kept out."""
    blocks.lift(desk, actor, step.value)
    return ticket_removal.not_spam(desk, actor, step.number)


def _each(change: Callable[[Desk, Actor, int, str], Change], desk: Desk, actor: Actor, step: Step) -> Change:
    """One change for each address of the step; that of the last one that changed anything."""
    every = [change(desk, actor, step.number, address) for address in step.value.split(", ")]
    return next((each for each in reversed(every) if each.changed), every[-1])


_KINDS: Mapping[str, _Kind] = {
    "take": _Kind(
        "taken",
        lambda desk, actor, step: tickets.take(desk, actor, step.number, notify=_notify(step)),
        _back_to("untake", lambda row: f"{row.status} {_owner(row)}"),
    ),
    "untake": _Kind("given back", _untake, lambda before, step: None),
    "assign": _Kind(
        "assigned to {value}",
        lambda desk, actor, step: tickets.assign(desk, actor, step.number, step.value),
        _back_to("assign", _owner),
    ),
    "status": _Kind(
        "set to {value}",
        lambda desk, actor, step: tickets.set_status(desk, actor, step.number, step.value, notify=_notify(step)),
        _back_to("status", lambda row: row.status),
    ),
    "close": _Kind(
        "closed",
        lambda desk, actor, step: tickets.close(desk, actor, step.number, notify=_notify(step)),
        _back_to("status", lambda row: row.status),
    ),
    "priority": _Kind(
        "priority {value}",
        lambda desk, actor, step: ticket_fields.prioritize(desk, actor, step.number, step.value),
        _back_to("priority", lambda row: row.priority.key),
    ),
    "department": _Kind(
        "moved to {value}",
        lambda desk, actor, step: ticket_fields.move(desk, actor, step.number, step.value),
        _back_to("department", lambda row: row.department),
    ),
    "tag": _Kind("tag {value}", _tag, _untag),
    "snooze": _Kind("snoozed", _snooze, _back_to("snooze", _until)),
    "merge": _Kind(
        "merged into #{value}",
        lambda desk, actor, step: ticket_merge.merge(desk, actor, step.number, int(step.value), notify=_notify(step)),
        lambda before, step: Step(before.number, "unmerge"),
    ),
    "belongs": _Kind(
        "moved into #{value}, its address added there",
        lambda desk, actor, step: ticket_merge.merge(desk, actor, step.number, int(step.value), add_address=True),
        lambda before, step: Step(before.number, "unmerge"),
    ),
    "people": _Kind(
        "now goes to {value}, too",
        lambda desk, actor, step: _each(ticket_people.add_person, desk, actor, step),
        lambda before, step: Step(before.number, "no_people", step.value),
    ),
    "no_people": _Kind(
        "no longer goes to {value}",
        lambda desk, actor, step: _each(ticket_people.remove_person, desk, actor, step),
        lambda before, step: None,
    ),
    "unmerge": _Kind(
        "merge undone",
        lambda desk, actor, step: ticket_merge.unmerge(desk, actor, step.number),
        lambda before, step: None,
    ),
    "spam": _Kind(
        "marked as spam",
        lambda desk, actor, step: ticket_removal.spam(desk, actor, step.number),
        lambda before, step: Step(before.number, "not_spam"),
    ),
    "spam_block": _Kind(
        "marked as spam, its sender kept out",
        lambda desk, actor, step: ticket_removal.spam(desk, actor, step.number, block=True),
        lambda before, step: Step(before.number, "not_spam_block", before.requester),
    ),
    "not_spam": _Kind(
        "back from spam",
        lambda desk, actor, step: ticket_removal.not_spam(desk, actor, step.number),
        lambda before, step: Step(before.number, "spam"),
    ),
    "not_spam_block": _Kind("back from spam, {value} let in again", _unblock, lambda before, step: None),
}
