"""Lengths of time as people type and read them: `15m`, `1d 2h`, `30d`."""

from __future__ import annotations

import re
from datetime import timedelta

from helpdeskctl.errors import InvalidInput

UNITS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
"""Seconds by unit letter. A year is 365 days; months are not offered, because `m` is a minute."""

LONGEST = timedelta(days=36525)

_PART = re.compile(r"([0-9]{1,9}) ?([ywdhms])", re.IGNORECASE)
_WHOLE = re.compile(r"(?:[0-9]{1,9} ?[ywdhms] ?)+", re.IGNORECASE)


def parse(text: str) -> timedelta:
    """The duration `text` names: numbers with units, added up. At most a hundred years. Raises InvalidInput."""
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise InvalidInput(f'"{text}" is no duration', hint="a number and a unit: 30s, 15m, 2h, 3d, 1w, 1y, 1d 2h")
    seconds = sum(int(number) * UNITS[unit.lower()] for number, unit in _PART.findall(text))
    if seconds > LONGEST.total_seconds():
        raise InvalidInput(f'"{text}" is too long', hint="at most 100 years")
    return timedelta(seconds=seconds)


def exact(duration: timedelta) -> str:
    """`duration` in full, to the second, as `parse` reads it: `1d 2h`. Negative ones count as none: `0s`."""
    left = max(0, int(duration.total_seconds()))
    parts = []
    for unit in "dhms":
        number, left = divmod(left, UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"


def short(duration: timedelta) -> str:
    """`duration` in its largest unit, rounded down, for narrow columns: `12m`, `2h`, `3d`; `-2h` when past."""
    seconds = int(abs(duration).total_seconds())
    sign = "-" if duration < timedelta(0) and seconds else ""
    for unit in "dhm":
        if seconds >= UNITS[unit]:
            return f"{sign}{seconds // UNITS[unit]}{unit}"
    return f"{sign}{seconds}s"
