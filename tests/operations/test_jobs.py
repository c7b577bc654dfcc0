"""The jobs: due, locked, paused, remembered."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, NotPermitted, TryAgain
from helpdeskctl.operations import jobs
from helpdeskctl.operations.jobs import Job, Outcome
from helpdeskctl.store.tables import JobRun
from tests.clock import SteppedClock

did: list[str] = []
faults: list[Exception] = []


def work(desk: Desk, *, stop: jobs.Stop) -> Mapping[str, Any]:
    """The work of the job under test: fails as told."""
    did.append("work")
    if faults:
        raise faults[-1]
    return {"done": len(did)}


JOB = Job("test.job", timedelta(minutes=5), f"{__name__}:work", "Counts.")
Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    did.clear()
    faults.clear()
    yield
    faults.clear()


@pytest.fixture
def run(desk: Desk) -> Run:
    def ran(job: Job = JOB, **options: Any) -> Outcome:
        return jobs.run(desk, job, stop=lambda: False, **options)

    return ran


def test_a_job_runs_when_its_time_has_come_and_not_before(run: Run, clock: SteppedClock) -> None:
    assert run().state == "done"
    clock.advance(240)
    assert run().state == "waiting"
    clock.advance(55)  # cron wakes to the minute: a few seconds early are due
    assert run().state == "done"
    assert len(did) == 2


def test_a_clock_that_went_back_does_not_stop_the_jobs(run: Run, clock: SteppedClock) -> None:
    run()
    clock.advance(-86400)
    assert run().state == "done"


def test_force_runs_it_now_even_paused(run: Run) -> None:
    run()
    jobs.pause(JOB, paused=True)
    assert run().state == "paused"
    assert run(force=True).state == "done"
    assert jobs.pause(JOB, paused=True).action == "unchanged"
    assert jobs.pause(JOB, paused=False).action == "updated"


def test_each_run_is_remembered_and_only_the_last_hundred(run: Run, clock: SteppedClock) -> None:
    for _ in range(103):
        run()
        clock.advance(300)
    runs = list(JobRun.select().where(JobRun.job == JOB.name).order_by(JobRun.id))
    assert len(runs) == 100
    assert runs[-1].summary == {"done": 103}
    assert runs[-1].ok is True
    assert runs[-1].ended_at is not None


def test_a_run_that_another_process_holds_is_left_alone(run: Run, desk: Desk) -> None:
    with desk.lock(JOB.name) as ours:
        assert ours
        assert run() == Outcome(JOB.name, "busy")
    assert did == []
    assert run().state == "done"


def test_a_run_that_never_ends_is_told_once(run: Run, desk: Desk, clock: SteppedClock) -> None:
    JobRun.insert(job=JOB.name, started_at=desk.now(), host="here").execute()
    with desk.lock(JOB.name):
        clock.advance(599)
        assert run().line is None
        clock.advance(60)
        line = run().line
        assert line is not None
        assert "began 10m 59s ago on here has not ended" in line
        if desk.database.kind == "sqlite":
            assert f"(pid {os.getpid()})" in line
        clock.advance(60)
        assert run().line is None


def test_the_lock_is_the_kernels_and_outlives_no_process(run: Run, desk: Desk) -> None:
    if desk.database.kind != "sqlite":  # Postgres frees an advisory lock with the session
        with desk.lock(JOB.name) as ours:
            assert ours
        return
    run()
    path = desk.config.paths.state / "lock" / JOB.name
    with path.open() as left_behind:  # the file alone holds nothing
        fcntl.flock(left_behind, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_temporary_fault_is_quiet_at_first_then_told_and_its_end_too(run: Run, clock: SteppedClock) -> None:
    faults.append(TryAgain("the server is away"))
    lines = []
    for _ in range(12):
        outcome = run()
        assert (outcome.state, outcome.error) == ("failed", faults[0])
        lines.append(outcome.line)
        clock.advance(300)
    faults.clear()
    assert [place for place, line in enumerate(lines) if line] == [6]
    assert lines[6] == "test.job: the server is away"
    assert run().line == "test.job: recovered after 1h"


def test_a_refused_login_is_told_at_the_first_time(run: Run) -> None:
    faults.append(NotPermitted("login refused"))
    assert run().line == "test.job: login refused"


def test_what_breaks_for_good_is_told_though_something_else_was_told_a_moment_ago(
    run: Run, clock: SteppedClock
) -> None:
    lines = []
    away, died = TryAgain("a is away", subject="mailbox/a"), NotPermitted("b: sign in again", subject="mailbox/b")
    for fault in [away] * 7 + [died, TryAgain("b rests", subject="mailbox/b"), died, away, died]:
        faults.append(fault)
        lines.append(run().line)
        clock.advance(300)
    assert [place for place, line in enumerate(lines) if line] == [6, 7]  # each once within the hour
    assert lines[7] == "test.job: b: sign in again"
    faults.clear()
    assert run().line == "test.job: recovered after 1h"


def test_a_short_fault_that_nobody_heard_of_recovers_silently(run: Run, clock: SteppedClock) -> None:
    faults.append(TryAgain("away"))
    run()
    faults.clear()
    clock.advance(300)
    assert run().line is None


def test_one_jobs_crash_keeps_no_other_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Job("a.broken", timedelta(minutes=1), f"{__name__}:nothing_here", "Is not there.")
    monkeypatch.setattr(jobs, "JOBS", (broken, JOB))
    outcomes = list(jobs.run_due(desk, stop=lambda: False))
    assert [outcome.state for outcome in outcomes] == ["failed", "done"]


def test_a_stop_is_heard_between_jobs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", (JOB, Job("b", timedelta(minutes=1), f"{__name__}:work", "Counts.")))
    outcomes = list(jobs.run_due(desk, stop=lambda: bool(did)))
    assert [outcome.job for outcome in outcomes] == ["test.job"]


def test_states_show_every_job_with_its_last_run(desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", (JOB,))
    (before,) = jobs.states()
    assert (before.started_at, before.ok, before.paused) == (None, None, False)
    run()
    (after,) = jobs.states()
    assert (after.started_at, after.ok, after.summary) == (desk.now(), True, {"done": 1})


def test_an_unknown_job_names_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", (JOB,))
    with pytest.raises(NotFound) as caught:
        jobs.named("mail.fetsh")
    assert caught.value.hint == "known: test.job"
