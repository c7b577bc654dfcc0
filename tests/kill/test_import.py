"""`helpdeskctl mail fetch`, killed at every write, sync, rename and send: no mail is lost, and none comes in twice.

`make test` kills it at forty points on each database, `make kill` at all of them (SQLite: some hundreds).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.kill.conftest import HarnessOf
from tests.kill.harness import chosen, environment
from tests.kill.scenario import Scenario
from tests.kill.strace import Tracer, spread
from tests.kill.sync_order import blobs, out_of_order, steps

pytestmark = pytest.mark.kill
LEAST = 150  # points of a whole import
PARTS = 4  # so that several workers share the points
PAGE = 8192  # octets of each buffer to keep: a page of SQLite's log and more


def fetch(scenario: Scenario) -> Sequence[str]:
    program = Path(sys.executable).parent / "helpdeskctl"
    return [str(program), "mail", "fetch", "-C", str(scenario.config.path)]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_killed_import_loses_nothing_and_doubles_nothing(
    harness_of: HarnessOf, part: int, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    harness = harness_of(fetch)
    points = harness.points()
    outcome = harness.kill_at(chosen(points, 40), part=part, parts=PARTS)
    record_property(
        "figure",
        f"import on {database_kind}, part {part + 1} of {PARTS}: of {len(points)} points {outcome.possible} tried, "
        f"{outcome.killed} deaths, {len(outcome.violations)} violations",
    )
    assert outcome.violations == []
    assert len(points) >= LEAST
    assert outcome.killed >= outcome.possible * 0.9  # a few points differ from run to run


def test_a_killed_import_that_leaves_the_mail_on_the_server_does_not_take_it_twice(harness_of: HarnessOf) -> None:
    harness = harness_of(fetch, after="keep")
    outcome = harness.kill_at(spread(harness.points(), 10))
    assert outcome.violations == []
    assert outcome.killed >= outcome.possible * 0.9


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_every_blob_is_safe_on_disk_before_the_row_that_names_it(harness_of: HarnessOf, tracer: Tracer) -> None:
    with harness_of(fetch).new_scenario() as scenario:
        root = scenario.config.paths.data / "blobs"
        done = steps(tracer.calls(fetch(scenario), environment(), paths=True, text=PAGE))
        kept = blobs(done, root)
        assert scenario.blobs() == kept.keys()
        assert len(kept) >= len(set(scenario.mails))
        assert [problem for digest, path in kept.items() for problem in out_of_order(done, digest, path, root)] == []
