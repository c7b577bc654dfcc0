"""Points in time as people type them: for snoozing, due dates and `--since`.

    tomorrow   mon   fri 9:00   2026-05-01   2026-05-01 14:30   14:30   2h   3d

Days without a time mean MORNING. Everything is read in the zone of who types and given back in UTC; `now` is an
argument.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from helpdeskctl.domain import durations
from helpdeskctl.errors import InvalidInput

MORNING = time(9)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HINT = "as tomorrow, mon 9:00, 2026-05-01, 2026-05-01 14:30, 14:30, 2h or 3d"

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})", re.IGNORECASE)


def parse_moment(text: str, *, now: datetime, tz: tzinfo) -> datetime:
    """The moment `text` names, from `now` on, aware and in UTC.

    Weekdays and bare times are the next ones to come; whole days and weeks from now keep the time of day, hours
    and minutes are counted exactly. A written date may lie in the past. Raises InvalidInput.
    """
    words = text.strip().lower()
    local = now.astimezone(tz)
    try:
        found = _iso_moment(words) or _after(words, local) or _next_clock(words, local) or _on_a_day(words, local)
        if found:
            return found.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    raise InvalidInput(f'"{text}" is no time', hint=HINT)


def parse_past(text: str, *, now: datetime, tz: tzinfo) -> datetime:
    """The moment a period began, for `--since`: `7d` ago, or the start of a day; in UTC. Raises InvalidInput."""
    try:
        return (now - durations.parse(text)).astimezone(UTC)
    except InvalidInput:
        day = _day(text.strip().lower(), now.astimezone(tz).date())
    if day is None:
        raise InvalidInput(f'"{text}" is neither a time ago nor a day', hint="as 2d, yesterday or 2026-05-01")
    return datetime.combine(day, time(), tz).astimezone(UTC)


def parse_last(text: str, *, now: datetime, tz: tzinfo) -> datetime:
    """The moment a period ended, for `--until`: `7d` ago, or the end of a day; in UTC. Raises InvalidInput."""
    found = parse_past(text, now=now, tz=tz)
    try:
        durations.parse(text)
    except InvalidInput:
        return datetime.combine(found.astimezone(tz).date() + timedelta(days=1), time(), tz).astimezone(UTC)
    return found


def _iso_moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text.upper()) if _ISO_MOMENT.fullmatch(text) else None


def _after(text: str, now: datetime) -> datetime | None:
    try:
        ahead = durations.parse(text)
    except InvalidInput:
        return None
    if ahead % timedelta(days=1):
        return now.astimezone(UTC) + ahead
    # Wall-clock arithmetic: in three days at this time of day, also over a change of the clocks.
    return now + ahead


def _next_clock(text: str, now: datetime) -> datetime | None:
    if (clock := _time(text)) is None:
        return None
    at = datetime.combine(now.date(), clock, now.tzinfo)
    return at if at > now else at + timedelta(days=1)


def _on_a_day(text: str, now: datetime) -> datetime | None:
    word, _, rest = text.partition(" ")
    clock = _time(rest) if rest else MORNING
    day = _day(word, now.date())
    return datetime.combine(day, clock, now.tzinfo) if day and clock else None


def _day(text: str, today: date) -> date | None:
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if text in near:
        return today + timedelta(days=near[text])
    for number, name in enumerate(WEEKDAYS):
        if text in (name, name[:3]):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None
