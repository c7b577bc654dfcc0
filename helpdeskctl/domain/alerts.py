"""When a fault that comes back every minute is told to a person: not at once if it may pass, then once an hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Since when something fails, and when that was last said."""

    since: datetime
    said_at: datetime | None = None


def after_fault(was: Trouble | None, now: datetime, *, temporary: bool, quiet: timedelta) -> tuple[Trouble, bool]:
    """The trouble after one more fault, and whether to speak: a temporary one only once it has lasted `quiet`."""
    trouble = was or Trouble(now)
    if temporary and now - trouble.since < quiet:
        return trouble, False
    if trouble.said_at is not None and now - trouble.said_at < AGAIN_AFTER:
        return trouble, False
    return replace(trouble, said_at=now), True


def recovery(was: Trouble | None, now: datetime) -> timedelta | None:
    """How long it failed, if anybody was told; that person is also told that it works again."""
    return now - was.since if was is not None and was.said_at is not None else None
