from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain import durations
from helpdeskctl.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("15m", timedelta(minutes=15)),
        ("1d 2h", timedelta(days=1, hours=2)),
        ("1d2h", timedelta(days=1, hours=2)),
        ("30d", timedelta(days=30)),
        (" 2 H ", timedelta(hours=2)),
        ("1w", timedelta(days=7)),
        ("1y", timedelta(days=365)),
        ("90s", timedelta(seconds=90)),
        ("0d", timedelta(0)),
    ],
)
def test_durations_are_numbers_with_units_added_up(text: str, duration: timedelta) -> None:
    assert durations.parse(text) == duration


@pytest.mark.parametrize(
    "text", ["", "5", "d", "-1d", "1.5h", "1d,2h", "2 hours", "١d", "1d x", "101y", "9" * 30 + "d"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        durations.parse(text)


@given(st.timedeltas(timedelta(0), durations.LONGEST))
def test_the_exact_form_is_read_back_to_the_second(duration: timedelta) -> None:
    assert durations.parse(durations.exact(duration)) == timedelta(seconds=int(duration.total_seconds()))


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=12, seconds=59), "12m"),
        (timedelta(hours=47), "1d"),
        (timedelta(hours=2), "2h"),
        (timedelta(days=400), "400d"),
        (timedelta(hours=-2, minutes=-1), "-2h"),
        (timedelta(milliseconds=-5), "0s"),
    ],
)
def test_the_short_form_is_the_largest_unit_rounded_down(duration: timedelta, text: str) -> None:
    assert durations.short(duration) == text
