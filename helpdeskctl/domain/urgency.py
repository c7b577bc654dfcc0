"""How pressing a ticket is, in one short word for a narrow column: `waits 2h`, `LATE 12m`, `38m`, `answered`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdeskctl.domain import durations
from helpdeskctl.domain.lifecycle import Kind

SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Urgency:
    """The word, and whether the ticket is over its time or will be within the hour."""

    text: str
    late: bool = False
    soon: bool = False


def urgency(
    *,
    now: datetime,
    kind: Kind,
    status: str,
    waiting_since: datetime | None,
    due_at: datetime | None = None,
    snoozed_until: datetime | None = None,
) -> Urgency:
    """A due time counts first, then how long the customer waits; a ticket without either says its status."""
    if kind is Kind.CLOSED:
        return Urgency(status)
    if snoozed_until is not None and snoozed_until > now:
        return Urgency(f"wakes {durations.short(snoozed_until - now)}")
    if due_at is not None:
        left = due_at - now
        if left < timedelta(0):
            return Urgency(f"LATE {durations.short(-left)}", late=True)
        return Urgency(durations.short(left), soon=left <= SOON)
    if waiting_since is not None:
        return Urgency(f"waits {durations.short(max(now - waiting_since, timedelta(0)))}")
    return Urgency(status)
