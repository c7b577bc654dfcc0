"""`helpdeskctl cron`: every job that is due, quietly; and what can be said about the jobs."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.errors import ConfigError, Exists, HelpdeskError, NegativeAnswer, Refused, StorageFailed, TryAgain

if TYPE_CHECKING:
    from helpdeskctl.domain.alerts import Trouble
    from helpdeskctl.operations.jobs import Outcome
    from helpdeskctl.operations.units import Place

app = noun("Run every job that is due; silent when all is well. One line in crontab.", alone=True)

_MARK = "cron-trouble"  # the file below paths.state that remembers since when the desk cannot be opened
_PAUSE = 15.0  # seconds between two looks in a loop; each job keeps its own interval

JobName = Annotated[str, typer.Argument(metavar="NAME", help="The job, such as mail.fetch.")]


@app.callback(invoke_without_command=True)
@command()
def cron(
    run: Run,
    *,
    loop: Annotated[bool, typer.Option("--loop", help="Go on until SIGTERM: for containers.")] = False,
) -> None:
    """Run every job that is due; silent when all is well. One line in crontab.

    Example: helpdeskctl cron --verbose
    """
    stop = _until_terminated()
    _one_round(run, stop)
    while loop and not stop.wait(_PAUSE):
        _one_round(run, stop)
    if loop:
        raise typer.Exit


def _until_terminated() -> threading.Event:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop


def _one_round(run: Run, stop: threading.Event) -> None:
    from helpdeskctl.operations.jobs import run_due

    try:
        _tell(run, run_due(run.desk(), stop=stop.is_set))
    except (
        TryAgain,
        ConfigError,
        StorageFailed,
    ) as error:  # the desk itself cannot be opened: no row can remember that
        _tell_away(run, error)
    else:
        _tell_back(run)
    finally:
        run.close()


def _tell(run: Run, outcomes: Iterable[Outcome]) -> None:
    outcomes = list(outcomes)
    for outcome in outcomes:
        if outcome.line and outcome.error:
            run.failed(outcome.error, about=outcome.job)
        elif outcome.line:
            run.note(outcome.line)
    if run.options.verbose or not run.for_people:
        run.emit({"job": item.job, "state": item.state, "did": item.summary} for item in outcomes)


def _tell_away(run: Run, error: HelpdeskError) -> None:
    from helpdeskctl.domain.alerts import after_fault

    file = run.config.paths.state / _MARK
    quiet = timedelta(seconds=run.config.mail.alert_after)
    trouble, speak = after_fault(_read(file), datetime.now(UTC), temporary=isinstance(error, TryAgain), quiet=quiet)
    with suppress(OSError):
        file.write_text(" ".join(at.isoformat() for at in (trouble.since, trouble.said_at) if at))
    if speak:
        run.failed(error)


def _tell_back(run: Run) -> None:
    from helpdeskctl.domain import durations
    from helpdeskctl.domain.alerts import recovery

    file = run.config.paths.state / _MARK
    if trouble := _read(file):
        if failed_for := recovery(trouble, datetime.now(UTC)):
            run.note(f"recovered after {durations.exact(failed_for)}")
        file.unlink()


def _read(file: Path) -> Trouble | None:
    from helpdeskctl.domain.alerts import Trouble

    try:
        return Trouble(*map(datetime.fromisoformat, file.read_text().split()))
    except (OSError, ValueError, TypeError):
        return None


@app.command()
@command()
def status(run: Run) -> None:
    """Every job: how often, when it last ran, what came of it.

    Example: helpdeskctl cron status -o json
    """
    from helpdeskctl.operations.jobs import states

    run.desk()
    run.emit(list(states()))


@app.command("run")
@command()
def run_job(
    run: Run,
    name: JobName,
    *,
    force: Annotated[bool, typer.Option("--force", help="Even when it is paused or not due.")] = False,
) -> None:
    """Run one job.

    Example: helpdeskctl cron run mail.fetch --force
    """
    from helpdeskctl.operations import jobs

    stop = _until_terminated()
    outcome = jobs.run(run.desk(), jobs.named(name), stop=stop.is_set, force=force)
    if outcome.error:
        raise outcome.error
    run.say(outcome.state, name)
    run.result({"job": outcome.job, "state": outcome.state, "did": outcome.summary})


@app.command()
@command(changes=True)
def pause(run: Run, name: JobName) -> None:
    """Keep a job from running, for maintenance.

    Example: helpdeskctl cron pause mail.fetch
    """
    from helpdeskctl.operations import jobs

    job = jobs.named(name)
    run.desk()
    run.change(jobs.pause(job, paused=True))


@app.command()
@command(changes=True)
def resume(run: Run, name: JobName) -> None:
    """Let a paused job run again.

    Example: helpdeskctl cron resume mail.fetch
    """
    from helpdeskctl.operations import jobs

    job = jobs.named(name)
    run.desk()
    run.change(jobs.pause(job, paused=False))


@app.command()
@command()
def install(
    run: Run,
    *,
    systemd: Annotated[bool, typer.Option("--systemd", help="Units with a timer; you enable them.")] = False,
    crontab: Annotated[bool, typer.Option("--crontab", help="A line in /etc/cron.d (the default).")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Print it; write nothing.")] = False,
) -> None:
    """Write the crontab line, or the systemd units, with resolved paths.

    Example: helpdeskctl cron install --systemd --print
    """
    from helpdeskctl.operations import units

    if systemd and crontab:
        raise Usage("--systemd and --crontab are two ways", hint="choose one")
    templates = units.systemd() if systemd else units.crontab()
    with ExitStack() as files:
        handles = {} if only_print else {path: files.enter_context(_opened(path)) for path in templates}
        place = _place(run)
        for path, template in templates.items():
            text = place.fill(template)
            if only_print:
                run.print(*([f"# {path}"] if systemd else []), text.rstrip("\n"))
            else:
                handles[path].truncate(0)
                handles[path].write(text)
    if not only_print:
        _first_run(run, place, list(templates))
        if systemd:
            run.say("next", "systemctl daemon-reload && systemctl enable --now helpdesk-cron.timer")
            run.say("portal", "systemctl enable --now helpdesk-portal.socket helpdesk-portal.service")


def _place(run: Run) -> Place:
    """Becomes the service user: whatever root alone may open has been opened before."""
    import getpass

    from helpdeskctl.operations.units import Place, resolved_program
    from helpdeskctl.queries.overview import first_admin

    user = run.config.user or getpass.getuser()
    return Place(run.config, user, resolved_program(), first_admin(run.desk()) or "root")


def _opened(path: Path) -> TextIO:
    """The file to write, left as it is until the text is known. Raises Exists for a file that is somebody else's."""
    from helpdeskctl.operations.units import MARK

    if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
        raise Exists(f"{path} is there and was not written by this command", hint="--print, and merge by hand")
    try:
        handle = path.open("a", encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {error.strerror}",
            hint="as root; or for yourself: (crontab -l; helpdeskctl cron install --print) | crontab -",
        ) from error
    path.chmod(0o644)  # cron and systemd read it; it names no secret
    return handle


def _first_run(run: Run, place: Place, written: Sequence[Path]) -> None:
    """Run it once as the account that will run it, so that a wrong mode shows now and not at night."""
    command_line = [str(place.program), "cron"]
    if run.config.path:
        command_line += ["--config", str(run.config.path)]
    done = subprocess.run(command_line, capture_output=True, text=True, check=False)
    names = ", ".join(map(str, written))
    if done.returncode:
        raise NegativeAnswer(f"wrote {names}, but the first run as {place.user} failed: {done.stderr.strip()}")
    run.say("wrote", f"{names}; first run as {place.user}: ok")
    run.result({"files": written, "user": place.user})
