"""`helpdeskctl db`: the database and its schema."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.errors import NegativeAnswer, TryAgain

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk

app = noun("The database: which schema it has, and bringing it forward.")


@app.command()
@command()
def status(run: Run) -> None:
    """Which database, which schema it has, and which this program needs.

    Example: helpdeskctl db status -o json
    """
    from helpdeskctl.store import schema

    database = run.desk(check_schema=False).database
    has, needs = schema.version(database), schema.newest()
    run.show([{"database": database.name, "schema": has, "needed": needs, "state": _state(has, needs)}])


@app.command()
@command()
def upgrade(
    run: Run,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether there is something to do (1).")] = False,
) -> None:
    """Bring an older database forward, a transaction a step; jobs wait meanwhile.

    Example: helpdeskctl db upgrade --check
    """
    from helpdeskctl.store import schema

    desk = run.desk(check_schema=False)
    has, needs = schema.version(desk.database), schema.newest()
    state = _state(has, needs)
    if state in ("empty", "newer"):
        schema.check(desk.database)
    if check and state == "older":
        raise NegativeAnswer(f"an upgrade is needed: schema {has}, needed {needs}", hint="helpdeskctl db upgrade")
    steps = [] if check or state == "current" else _upgrade(run, desk)
    run.result({"from": has, "to": needs, "steps": steps})
    if not steps:
        run.say("ok", f"nothing to do: schema {has}")


def _upgrade(run: Run, desk: Desk) -> list[str]:
    from helpdeskctl.operations.jobs import JOBS
    from helpdeskctl.store import schema

    done = []
    with ExitStack() as locks:
        for job in JOBS:
            if not locks.enter_context(desk.lock(job.name)):
                raise TryAgain(f"the job {job.name} is running", hint="wait for it, then: helpdeskctl db upgrade")
        began = time.monotonic()
        for step in schema.upgrade(desk.database, now=desk.now()):
            seconds = time.monotonic() - began
            run.say("done", f"{step.version:04} {step.name} ({seconds:.1f} s)")
            done.append(step.name)
            began = time.monotonic()
    return done


def _state(has: int | None, needs: int) -> str:
    if has is None:
        return "empty"
    return "current" if has == needs else "older" if has < needs else "newer"
