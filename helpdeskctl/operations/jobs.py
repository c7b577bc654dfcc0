"""What runs by itself: the table of jobs, and one run of one job under its lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations
from helpdeskctl.domain.alerts import AGAIN_AFTER, Trouble, after_fault, recovery
from helpdeskctl.domain.change import Change
from helpdeskctl.errors import HelpdeskError, NotFound, Problem, TryAgain
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Job as JobRow
from helpdeskctl.store.tables import JobRun

SAID = "said"
"""The key of a summary under which a job that went well has a line for the admin."""
KEPT_RUNS = 100
LASTING = "lasting"  # in the summary of a run that failed: what it befell, if no waiting mends it
MAX_RUNTIME = timedelta(minutes=10)
SLACK = timedelta(seconds=10)  # cron wakes to the minute, the run before began a moment later

Stop = Callable[[], bool]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Job(NamedTuple):
    """One job. `work` is `module:function`, called as `function(desk, stop=stop)`; it returns what it did, in numbers,
    ends early when `stop()` says so, and raises the error family."""

    name: str
    every: timedelta
    work: str
    sentence: str

    def run(self, desk: Desk, stop: Stop) -> Mapping[str, Any]:
        module, _, function = self.work.partition(":")
        summary: Mapping[str, Any] | None = getattr(import_module(module), function)(desk, stop=stop)
        return summary or {}


_OPERATIONS = "helpdeskctl.operations"
JOBS = (
    Job("mail.fetch", timedelta(minutes=1), f"{_OPERATIONS}.intake:fetch_job", "Mail becomes tickets."),
    Job("mail.send", timedelta(minutes=1), f"{_OPERATIONS}.outbox:send_job", "Mail that waits leaves."),
    Job("snooze.wake", timedelta(minutes=1), f"{_OPERATIONS}.upkeep:wake_job", "Snoozed tickets wake in time."),
    Job("access.ending", timedelta(days=1), f"{_OPERATIONS}.access_ending:tell_job", "Who loses access hears of it."),
    Job("drafts.clean", timedelta(days=1), f"{_OPERATIONS}.upkeep:drafts_job", "Forms that were never sent go."),
    Job("retention.clean", timedelta(days=1), f"{_OPERATIONS}.retention:job", "What was kept long enough goes."),
    Job("sessions.clean", timedelta(hours=1), f"{_OPERATIONS}.upkeep:sessions_job", "Ended portal sessions go."),
)


class Outcome(NamedTuple):
    """What became of one job in one run of cron. `line` is what a person must hear of it, if anything."""

    job: str
    state: Literal["done", "failed", "busy", "paused", "waiting"]
    summary: Mapping[str, Any] = _NOTHING
    error: Exception | None = None
    line: str | None = None


class JobState(NamedTuple):
    """A job as `cron status` shows it."""

    name: str
    every: timedelta
    paused: bool
    failing_since: datetime | None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ok: bool | None = None
    summary: Mapping[str, Any] = _NOTHING


def named(name: str) -> Job:
    """The job called `name`. Raises NotFound."""
    found = next((job for job in JOBS if job.name == name), None)
    if found is None:
        known = ", ".join(job.name for job in JOBS)
        raise NotFound(f'no job "{name}"', hint=f"known: {known}", subject=f"job/{name}")
    return found


def states() -> Iterator[JobState]:
    """Every job with its last run."""
    rows, last = _all_rows(), _last_runs()
    return (_state(job, rows.get(job.name), last.get(job.name)) for job in JOBS)


def _state(job: Job, row: JobRow | None, last: JobRun | None) -> JobState:
    paused, failing_since = (row.paused, row.failing_since) if row else (False, None)
    if last is None:
        return JobState(job.name, job.every, paused, failing_since)
    return JobState(job.name, job.every, paused, failing_since, last.started_at, last.ended_at, last.ok, last.summary)


def run_due(desk: Desk, *, stop: Stop) -> Iterator[Outcome]:
    """Run every job whose time has come, in the order of the table, until told to stop."""
    rows, last = _all_rows(), _last_runs()
    for job in JOBS:
        if stop():
            return
        row = rows.get(job.name)
        yield _not_now(job, desk, paused=row is not None and row.paused, last=last.get(job.name)) or run(
            desk, job, stop=stop
        )


def _not_now(job: Job, desk: Desk, *, paused: bool, last: JobRun | None) -> Outcome | None:
    if paused:
        return Outcome(job.name, "paused")
    since = desk.now() - last.started_at if last else None
    # a clock that was set back must not stop the jobs
    waiting = since is not None and timedelta(0) <= since < job.every - SLACK
    return Outcome(job.name, "waiting") if waiting else None


def run(desk: Desk, job: Job, *, stop: Stop, force: bool = False) -> Outcome:
    """Run one job if it is due; `force` runs it now, even paused. One run at a time: another's lock is respected."""
    with desk.lock(job.name) as ours:
        if not ours:
            return Outcome(job.name, "busy", line=_too_long(desk, job))
        # asked under the lock: another host may just have been here
        if not force and (not_now := _not_now(job, desk, paused=_row(job).paused, last=_last_run(job))):
            return not_now
        run_id = _begin(desk, job)
        try:
            with desk.connected():  # a fault of the database is told as one of the family
                summary = dict(job.run(desk, stop))
        except Exception as error:  # one job's fault, even an unexpected one, is no reason to keep the others waiting
            news = _is_news(desk, job, error)
            _end(desk, run_id, ok=False, summary=_told(error))
            log.event("job.failed", job=job.name, run=run_id, error=type(error).__name__)
            return Outcome(job.name, "failed", error=error, line=_failed(desk, job, error, news=news))
        said = summary.pop(SAID, None)
        _end(desk, run_id, ok=True, summary=summary)
        log.event("job.done", job=job.name, run=run_id)
        _forget_old_runs(job)
        return Outcome(job.name, "done", summary, line=_recovered(desk, job) or said)


def pause(job: Job, *, paused: bool) -> Change:
    """Keep cron from running a job, or let it again."""
    row = _row(job)
    if row.paused == paused:
        return Change("job", job.name, None, "unchanged")
    row.paused = paused
    row.save()
    return Change("job", job.name, None, "updated", ("paused",))


def _row(job: Job) -> JobRow:
    row = JobRow.get_or_none(JobRow.name == job.name)
    if row is None:
        JobRow.insert(name=job.name).on_conflict(action="NOTHING", conflict_target=[JobRow.name]).execute()
        row = JobRow.get(JobRow.name == job.name)
    return row


def _last_run(job: Job) -> JobRun | None:
    found: JobRun | None = JobRun.select().where(JobRun.job == job.name).order_by(JobRun.id.desc()).first()
    return found


def _all_rows() -> Mapping[str, JobRow]:
    return {row.name: row for row in JobRow.select()}


def _last_runs() -> Mapping[str, JobRun]:
    newest = JobRun.select(fn.max(JobRun.id)).group_by(JobRun.job)
    return {row.job: row for row in JobRun.select().where(JobRun.id.in_(newest))}


def together(errors: Sequence[Exception]) -> Exception:
    """What a job raises when several parts failed: what a person must mend before what may pass, the others its
    problems."""
    gravest, *others = sorted(errors, key=_gravity)
    if not others or not isinstance(gravest, HelpdeskError):
        return gravest
    problems = [Problem(_where(error), str(error), getattr(error, "hint", None)) for error in others]
    return type(gravest)(gravest.message, hint=gravest.hint, subject=gravest.subject, problems=problems)


def _gravity(error: Exception) -> int:
    if not isinstance(error, HelpdeskError):
        return 0  # a fault of the program
    return 2 if isinstance(error, TryAgain) else 1


def _where(error: Exception) -> str:
    return (getattr(error, "subject", None) or type(error).__name__).replace("/", " ", 1)


def _begin(desk: Desk, job: Job) -> int:
    host = os.uname().nodename
    return int(JobRun.insert(job=job.name, started_at=desk.now(), host=host).execute())


def _end(desk: Desk, run_id: int, *, ok: bool, summary: Mapping[str, Any]) -> None:
    JobRun.update(ended_at=desk.now(), ok=ok, summary=dict(summary)).where(JobRun.id == run_id).execute()


def _forget_old_runs(job: Job) -> None:
    own = JobRun.select(JobRun.id).where(JobRun.job == job.name).order_by(JobRun.id.desc())
    if oldest := own.offset(KEPT_RUNS - 1).limit(1).scalar():
        JobRun.delete().where(JobRun.job == job.name, JobRun.id < oldest).execute()


def _trouble(row: JobRow) -> Trouble | None:
    return Trouble(row.failing_since, row.alerted_at) if row.failing_since else None


def _lasting(error: Exception) -> str | None:
    """What a fault befell that no waiting mends: `mailbox/ADDRESS`."""
    return None if isinstance(error, TryAgain) else getattr(error, "subject", None)


def _told(error: Exception) -> dict[str, str]:
    """The summary of a run that failed."""
    subject = _lasting(error)
    return {"error": str(error) or type(error).__name__} | ({LASTING: subject} if subject else {})


def _is_news(desk: Desk, job: Job, error: Exception) -> bool:
    """Whether something is broken for good that was not within the hour: what else fails must not hide it."""
    lately = JobRun.select(JobRun.summary).where(JobRun.job == job.name, JobRun.started_at > desk.now() - AGAIN_AFTER)
    subject = _lasting(error)
    return subject is not None and subject not in [run.summary.get(LASTING) for run in lately]


def _failed(desk: Desk, job: Job, error: Exception, *, news: bool) -> str | None:
    row = _row(job)
    quiet = timedelta(seconds=desk.config.mail.alert_after)
    was = None if news else _trouble(row)
    trouble, speak = after_fault(was, desk.now(), temporary=isinstance(error, TryAgain), quiet=quiet)
    if news and row.failing_since:
        trouble = replace(trouble, since=row.failing_since)
    row.failing_since, row.alerted_at = trouble.since, trouble.said_at
    row.save()
    return f"{job.name}: {error}" if speak else None


def _recovered(desk: Desk, job: Job) -> str | None:
    row = _row(job)
    failed_for = recovery(_trouble(row), desk.now())
    if row.failing_since or row.alerted_at:
        row.failing_since = row.alerted_at = None
        row.save()
    return f"{job.name}: recovered after {durations.exact(failed_for)}" if failed_for is not None else None


def _too_long(desk: Desk, job: Job) -> str | None:
    """A word about a run that holds the lock for longer than any should; once per run."""
    last, row, now = _last_run(job), _row(job), desk.now()
    if last is None or last.ended_at is not None or now - last.started_at < MAX_RUNTIME:
        return None
    if row.alerted_at is not None and row.alerted_at >= last.started_at:
        return None
    row.alerted_at = now
    row.save()
    age = durations.exact(now - last.started_at)
    return f"{job.name}: the run that began {age} ago on {last.host} has not ended{_holder(desk, job)}"


def _holder(desk: Desk, job: Job) -> str:
    try:
        return f" (pid {int((desk.config.paths.state / 'lock' / job.name).read_text())})"
    except (OSError, ValueError):
        return ""  # on Postgres another host may hold it
