"""Tickets as people read them in the shell: a line in a list, a thread from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from helpdeskctl.cli.output import cell
from helpdeskctl.domain.urgency import urgency

if TYPE_CHECKING:
    from helpdeskctl.queries.history import Happening
    from helpdeskctl.queries.messages import MessageView
    from helpdeskctl.queries.ratings import Rating
    from helpdeskctl.queries.threads import TicketDetail
    from helpdeskctl.queries.ticket_rows import TicketRow

_QUIET = {"sent", "queued", "held"}  # deliveries that need no words of the server


def line(row: TicketRow, now: datetime) -> dict[str, object]:
    """`#1001  Test from my phone  Ada  Support  -  waits 1m`."""
    return {
        "number": f"#{row.number}",
        "subject": row.subject,
        "from": row.requester_name,
        "department": row.department_name,
        "owner": row.assignee_name or (f"team:{row.team}" if row.team else None),
        "urgency": how_pressing(row, now),
    }


def how_pressing(row: TicketRow, now: datetime) -> str:
    """The last column: how long somebody waits, what is late, or the status."""
    if row.merged_into:
        return f"merged into #{row.merged_into}"
    return urgency(
        now=now, kind=row.status_kind, status=row.status, waiting_since=row.waiting_since, due_at=row.due_at,
        snoozed_until=row.snoozed_until,
    ).text  # fmt: skip


def thread(detail: TicketDetail, now: datetime, *, whole: bool) -> Iterator[str]:
    """One ticket: its facts, then its messages (or the last one)."""
    yield from _facts(detail, now)
    shown = detail.messages if whole else detail.messages[-1:]
    for message in shown:
        yield ""
        yield from _message(message, detail.number)
    left = len(detail.messages) - len(shown)
    if left:
        yield ""
        yield f"{left} earlier message{'s' if left > 1 else ''}: helpdeskctl ticket show {detail.number} --thread"


def _facts(detail: TicketDetail, now: datetime) -> Iterator[str]:
    row = detail.row
    yield f"#{row.number} {row.subject}"
    owner = row.assignee_name or (f"team:{row.team}" if row.team else "nobody")
    yield " · ".join([row.status, row.priority.key, row.department_name, f"owner {owner}", how_pressing(row, now)])
    requester = f"{row.requester_name} <{row.requester}>" + (f" · {row.company_name}" if row.company_name else "")
    yield f"from {requester}" + ("" if row.proven else " · address not confirmed")
    if detail.merged_into:
        yield f"merged into #{detail.merged_into}: helpdeskctl ticket show {detail.merged_into}"
    for number in detail.merged_from:
        yield f"holds the messages of #{number}"
    if row.spam:
        yield "spam"
    if detail.tags:
        yield f"tags {', '.join(detail.tags)}"
    for person in detail.people:
        yield f"{'takes part' if person.state == 'active' else person.state}: {person.name} <{person.address}>"
    for link in detail.links:
        yield f"{link.kind.replace('_', ' ')}: #{link.number} {link.subject}"
    for key, value in detail.fields.items():
        yield f"{key}: {value}"
    if detail.rating:
        yield f"rated {rating(detail.rating)} · {cell(detail.rating.at)}"


def rating(given: Rating) -> str:
    """`good`, and what the customer wrote beside it, on one line."""
    words = " ".join(given.words.split())
    return ("good" if given.good else "bad") + (f": {words}" if words else "")


def _message(message: MessageView, number: int) -> Iterator[str]:
    who = f"{message.author_name} <{message.author}>" if message.author else message.author_kind
    marks = (
        [message.kind]
        if message.direction != "internal"
        else ["internal note" if message.kind == "note" else message.kind]
    )
    marks += ["automatic"] if message.automatic else []
    marks += ["sender not proven"] if message.sender_proven is False else []
    marks += [f"from #{message.origin_ticket}"] if message.origin_ticket not in (None, number) else []
    yield f"-- {message.id} · {who} · {cell(message.at)} · {', '.join(marks)}"
    yield from message.visible.splitlines()
    if folded := sum(fold.last_line - fold.first_line + 1 for fold in message.folds):
        yield f"[+{folded} quoted lines]"
    for file in message.attachments:
        gone = " · deleted" if file.deleted_at else f" · withheld: {file.withheld}" if file.withheld else ""
        yield f"[{file.id}] {file.filename}  {size(file.size)}{gone}"
    yield from _deliveries(message)


def _deliveries(message: MessageView) -> Iterator[str]:
    """Who has our mail or is to get it, and whom it did not reach; of what tells of a customer's message the latter."""
    quiet: dict[str, list[str]] = {}
    for delivery in message.deliveries:
        if delivery.state not in _QUIET:
            yield f"{delivery.state}: {delivery.address} {delivery.detail}".rstrip()
        elif message.direction != "in":
            quiet.setdefault(delivery.state, []).append(delivery.address)
    for state, addresses in quiet.items():
        yield f"{state}: {', '.join(addresses)}"


def happening(event: Happening) -> dict[str, object]:
    """One line of a history: when, who, what, and what it was before and after."""
    return {"at": event.at, "actor": event.actor, "what": event.verb.replace("_", " "), "data": _told(event)}


def _told(event: Happening) -> str | None:
    data = dict(event.data)
    words = []
    if "to" in data or "from" in data:
        words.append(f"{cell(data.pop('from', None))} -> {cell(data.pop('to', None))}")
    words += [f"{name} {cell(value)}" for name, value in data.items() if value not in (None, "", [], {})]
    words += [f"({event.reason})"] if event.reason else []
    return ", ".join(words) or None


def size(octets: int) -> str:
    """`1.8 MB`."""
    if octets < 1000:
        return f"{octets} B"
    return f"{octets / 1000:.0f} kB" if octets < 1_000_000 else f"{octets / 1_000_000:.1f} MB"
