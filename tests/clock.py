"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

A_TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


class SteppedClock:
    """Called, it returns an aware UTC datetime; `advance(seconds)` moves it (backwards too)."""

    def __init__(self, now: datetime = A_TUESDAY) -> None:
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        """Move by `seconds` and return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def set(self, now: datetime) -> None:
        """Jump to `now` (aware)."""
        self.now = now.astimezone(UTC)
