"""`helpdeskctl mail send`, killed at every write, sync and send: each mail arrives, at most twice, under one id."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desks import LendDatabase
from tests.kill.harness import Harness, chosen
from tests.kill.sending import PEOPLE, Sending, furnish
from tests.kill.strace import Tracer
from tests.servers.smtp import SmtpSink

pytestmark = pytest.mark.kill
LEAST = 40  # points of a whole run


def send(scenario: Sending) -> Sequence[str]:
    program = Path(sys.executable).parent / "helpdeskctl"
    return [str(program), "mail", "send", "-C", str(scenario.config.path)]


@pytest.fixture
def harness(tracer: Tracer, lend_database: LendDatabase, smtp: SmtpSink, tmp_path: Path) -> Harness:
    """Kills senders, each on a desk of its own."""
    numbers = itertools.count()

    @contextmanager
    def scenario() -> Iterator[Sending]:
        folder = tmp_path / f"kill-{next(numbers)}"
        with lend_database() as url:
            yield furnish(folder, url, smtp)
        shutil.rmtree(folder)

    return Harness(tracer, scenario, send)


def test_a_killed_sender_leaves_nobody_without_mail_and_nobody_with_three(
    harness: Harness, database_kind: str, record_property: Callable[[str, object], None]
) -> None:
    points = harness.points()
    outcome = harness.kill_at(chosen(points, 5))
    record_property(
        "figure",
        f"59: sender on {database_kind}: of {len(points)} points {outcome.possible} tried, {outcome.killed} deaths, "
        f"{len(PEOPLE)} mails each, {len(outcome.violations)} violations",
    )
    assert outcome.violations == []
    assert len(points) >= LEAST
    assert outcome.killed >= outcome.possible * 0.9
