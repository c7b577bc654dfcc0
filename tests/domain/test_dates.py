from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.dates import parse_moment, parse_past
from helpdeskctl.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)  # a Monday, 12:30 in Berlin


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("tomorrow", "2026-05-05 09:00"),
        ("today 17:00", "2026-05-04 17:00"),
        ("mon", "2026-05-11 09:00"),
        ("Tue 8:15", "2026-05-05 08:15"),
        ("sunday", "2026-05-10 09:00"),
        ("2026-06-01", "2026-06-01 09:00"),
        ("2026-06-01 14:30", "2026-06-01 14:30"),
        ("2026-06-01T12:30:00Z", "2026-06-01 14:30"),
        ("2026-06-01t12:30+00:00", "2026-06-01 14:30"),
        ("14:30", "2026-05-04 14:30"),
        ("12:30", "2026-05-05 12:30"),
        ("9:00", "2026-05-05 09:00"),
        ("2h", "2026-05-04 14:30"),
        ("3d", "2026-05-07 12:30"),
        ("1d 2h", "2026-05-05 14:30"),
        ("1w", "2026-05-11 12:30"),
        ("2026-01-01", "2026-01-01 09:00"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_who_types(text: str, there: str) -> None:
    found = parse_moment(text, now=NOW, tz=BERLIN)
    assert found.tzinfo is UTC
    assert f"{found.astimezone(BERLIN):%Y-%m-%d %H:%M}" == there


def test_days_keep_the_time_of_day_over_a_change_of_the_clocks_and_hours_do_not() -> None:
    eve = datetime(2026, 3, 28, 11, tzinfo=UTC)  # noon in Berlin, the night before summer time
    assert parse_moment("1d", now=eve, tz=BERLIN) == datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert parse_moment("24h", now=eve, tz=BERLIN) == datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert parse_moment("25h", now=eve, tz=BERLIN) == datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "24:00",
        "9:60",
        "2026-02-30",
        "2026-13-01",
        "mon tue",
        "tomorrow noon",
        "99999y",
        "-2h",
        "2026-05-01T",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_moment(text, now=NOW, tz=BERLIN)
    assert error.value.hint


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 5, 4)),
        ("Yesterday", date(2026, 5, 3)),
        ("mon", date(2026, 5, 11)),
        ("2026-05-01", date(2026, 5, 1)),
    ],
)
def test_a_day_is_named_by_word_or_date(text: str, day: date) -> None:
    assert parse_past(text, now=NOW, tz=BERLIN) == datetime.combine(day, time(), BERLIN)


def test_a_period_begins_some_time_ago_or_at_midnight_there() -> None:
    assert parse_past("7d", now=NOW, tz=BERLIN) == datetime(2026, 4, 27, 10, 30, tzinfo=UTC)
    assert parse_past("2026-05-01", now=NOW, tz=BERLIN) == datetime(2026, 4, 30, 22, tzinfo=UTC)
    with pytest.raises(InvalidInput) as told:
        parse_past("last week", now=NOW, tz=BERLIN)
    assert told.value.hint == "as 2d, yesterday or 2026-05-01"


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+-]*)?", fullmatch=True)))
def test_any_text_is_a_moment_in_utc_or_a_told_fault(text: str) -> None:
    try:
        assert parse_moment(text, now=NOW, tz=BERLIN).tzinfo is UTC
    except InvalidInput as error:
        assert error.hint
