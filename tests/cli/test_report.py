"""`helpdeskctl report ratings`, and ratings where agents read tickets (REP-1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Rating
from tests.builders import Builder
from tests.cli.conftest import Answer, Call

Run = Callable[..., Answer]
ANN = ("--as", "ann@example.org")


@pytest.fixture
def run(call: Call, desk: Desk) -> Run:
    return lambda *words, **options: call(*words, config=desk.config.path, **options)


@pytest.fixture
def rated(desk: Desk) -> list[int]:
    """A good and a bad rating of ann's tickets, yesterday and ten days ago."""
    build = Builder(desk)
    build.agent("ann@example.org", support="agent")
    numbers = [build.ticket(status="closed", assignee="ann@example.org") for _ in range(2)]
    for number, good, days in zip(numbers, (True, False), (1, 10), strict=True):
        at = datetime.now(UTC) - timedelta(days=days)
        words = "" if good else "Slow.\n[red]And\x1b[2J late."
        Rating.insert(ticket_id=number, good=good, words=words, at=at).execute()
    return numbers


def test_ratings_are_counted_by_department_and_agent_within_the_days(run: Run, rated: list[int]) -> None:
    both = {"department": "support", "agent": "ann@example.org", "good": 1, "bad": 1, "share": 50}
    assert run("report", "ratings", "--since", "30d", *ANN, "-o", "json").json == [both]
    assert run("report", "ratings", "--since", "2d", *ANN, "-o", "json").json == [both | {"bad": 0, "share": 100}]
    day = f"{datetime.now(UTC) - timedelta(days=10):%Y-%m-%d}"
    answer = run("report", "ratings", "--since", day, "--until", day, *ANN, "-o", "json")
    assert answer.json == [both | {"good": 0, "share": 0}]
    assert "ann@example.org" in run("report", "ratings", "--since", "30d", *ANN).out
    assert run("report", "ratings", "--since", "last week", *ANN).code == 65


def test_a_ticket_is_shown_with_its_rating(run: Run, rated: list[int]) -> None:
    good, bad = rated
    assert "rated good" in run("ticket", "show", str(good), *ANN).out
    shown = run("ticket", "show", str(bad), *ANN).out
    assert "rated bad: Slow. [red]And" in shown and "\x1b" not in shown
    assert run("ticket", "show", str(bad), *ANN, "-o", "json").json["rating"]["good"] is False
    listed = run("ticket", "list", "rating:bad kind:closed", *ANN, "-o", "id").out
    assert listed.split() == [str(bad)]
