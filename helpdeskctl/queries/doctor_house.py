"""The checks of the house itself: files and their modes, the schema, the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries.doctor import Finding, Level
from helpdeskctl.store import schema
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Job, JobRun

_CRON_SLEEPS = timedelta(minutes=10)
_RUNS_TOO_LONG = timedelta(hours=1)


def config_file(desk: Desk) -> Iterator[Finding]:
    """The configuration file is not open to others."""
    for warning in desk.config.warnings:
        yield Finding(Level.WARNING, warning, f"chmod 0640 {desk.config.path}")


def key_file(desk: Desk) -> Iterator[Finding]:
    """The key file is there, and its owner's alone."""
    try:
        _ = desk.keys.current
    except HelpdeskError as fault:
        yield Finding(Level.ERROR, fault.message, fault.hint)


def schema_version(desk: Desk) -> Iterator[Finding]:
    """The database has the schema that this program needs."""
    has, needs = schema.version(desk.database), schema.newest()
    if has is None or has < needs:
        yield Finding(Level.ERROR, f"the database has schema {has}, needed is {needs}", "helpdeskctl db upgrade")
    elif has > needs:
        text = f"the database has schema {has}, newer than this program's {needs}"
        yield Finding(Level.ERROR, text, "pipx upgrade helpdeskctl")


def cron_runs(desk: Desk) -> Iterator[Finding]:
    """Cron has run within the last minutes."""
    last = JobRun.select(fn.max(JobRun.started_at)).scalar()
    if last is not None and desk.now() - last <= _CRON_SLEEPS:
        return
    since = "never run" if last is None else f"not run for {durations.short(desk.now() - last)}"
    text = f"cron has {since}: no mail comes in or leaves by itself"
    yield Finding(Level.ERROR, text, "helpdeskctl cron install")


def jobs_work(desk: Desk) -> Iterator[Finding]:
    """No job is failing, paused or running for ever."""
    for row in Job.select().order_by(Job.name):
        if row.paused:
            mend = f"helpdeskctl cron resume {row.name}"
            yield Finding(Level.WARNING, f"job {row.name} is paused", mend, f"job/{row.name}")
        elif row.failing_since is not None:
            since = durations.short(desk.now() - row.failing_since)
            again = f"helpdeskctl cron run {row.name} --force"
            yield Finding(Level.ERROR, f"job {row.name} has been failing for {since}", again, f"job/{row.name}")
    newest = JobRun.select(fn.max(JobRun.id)).group_by(JobRun.job)
    for run in JobRun.select().where(JobRun.id.in_(newest), JobRun.ended_at.is_null()):
        if desk.now() - run.started_at > _RUNS_TOO_LONG:
            age = durations.short(desk.now() - run.started_at)
            text = f"job {run.job} began {age} ago on {run.host} and has not ended"
            yield Finding(Level.WARNING, text, "helpdeskctl cron status", f"job/{run.job}")


CONFIG = (config_file, key_file)
DB = (schema_version,)
CRON = (cron_runs, jobs_work)
