"""The harness itself: it lets a right importer pass and catches two that are deliberately wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from tests.kill.conftest import HarnessOf
from tests.kill.harness import CommandOf, Harness, Outcome
from tests.kill.scenario import Scenario
from tests.kill.strace import Point, spread

pytestmark = pytest.mark.kill
POINTS = 8


def importer(order: str) -> CommandOf:
    def command(scenario: Scenario) -> Sequence[str]:
        assert scenario.config.path is not None
        return [sys.executable, "-m", "tests.kill.wrong_importers", order, str(scenario.config.path)]

    return command


def killed(harness: Harness) -> Outcome:
    outcome = harness.kill_at(spread(harness.points(), POINTS))
    assert outcome.killed > POINTS * 0.8
    return outcome


def test_an_importer_with_its_steps_in_the_right_order_survives(harness_of: HarnessOf) -> None:
    assert killed(harness_of(importer("right"))).violations == []


def test_an_importer_that_deletes_before_it_commits_is_caught_losing_mail(harness_of: HarnessOf) -> None:
    violations = killed(harness_of(importer("delete-before-commit"))).violations
    assert any("I1" in each and "lost" in each for each in violations)


def test_an_importer_that_moves_its_cursor_before_it_stores_is_caught_skipping_mail(harness_of: HarnessOf) -> None:
    violations = killed(harness_of(importer("cursor-before-store"))).violations
    assert any("I2" in each and "0 times" in each for each in violations)


def test_points_are_spread_from_the_first_to_the_last() -> None:
    points = [Point("write", number) for number in range(1, 101)]
    assert spread(points, None) == points
    assert [point.number for point in spread(points, 4)] == [1, 34, 67, 100]
    assert spread(points, 400) == points
