"""`helpdeskctl demo`: a desk to try everything on, gone when you leave it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk

app = single()

_SAMPLES = Path(__file__).parent.parent / "samples"


@app.command()
@command()
def demo(
    run: Run,
    *,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the portal on localhost too.")] = True,
    tui: Annotated[
        bool | None, typer.Option("--tui/--no-tui", help="Open the agents' screen (the default on a terminal).")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder behind.")] = False,
) -> None:
    """A throw-away desk in a temporary folder with sample mail; no mail leaves.

    Example: helpdeskctl demo --no-tui --no-serve
    """
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-demo-"))
    try:
        config = _make(run, folder, port=_free_port())
        screen = sys.stdin.isatty() and sys.stdout.isatty() if tui is None else tui
        with _portal(config, wanted=serve) as portal:
            _tell(run, config, portal_runs=portal is not None, lasts=keep or serve or screen)
            if screen:
                _open_screen(config)
            elif portal is not None:
                portal.wait()
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _make(run: Run, folder: Path, *, port: int) -> Path:
    """Furnish the desk, take in the sample mail, show the queue; returns the config file."""
    from helpdeskctl.desk import open_desk
    from helpdeskctl.operations import demo as operations

    config = operations.prepare(folder, listen=f"127.0.0.1:{port}")
    desk = open_desk(config, check_schema=False)
    with desk.connected():
        operations.furnish(desk, portal_url=f"http://127.0.0.1:{port}")
        run.say("created", f"a desk in {folder}: 2 departments, 2 agents, 3 canned replies, 3 articles, a company")
        done = operations.take_in_samples(desk)
        run.say("imported", f"{sum(done.values())} mails: {', '.join(f'{n} {word}' for word, n in done.items())}")
        _show_queue(run, desk)
    return folder / "config.toml"


def _show_queue(run: Run, desk: Desk) -> None:
    from helpdeskctl.cli.ticket_lines import line
    from helpdeskctl.operations.demo import AGENT
    from helpdeskctl.queries import access, tickets

    run.print("")
    page = tickets.list_tickets(desk, access.agent_actor(desk, AGENT), "not kind:closed", sort="number", limit=20)
    run.emit([line(row, desk.now()) for row in page.rows])


def _tell(run: Run, config: Path, *, portal_runs: bool, lasts: bool) -> None:
    from helpdeskctl.operations.demo import AGENT, CUSTOMER, PASSWORD

    if not lasts:
        run.print("", "next     helpdeskctl demo --keep leaves the desk behind to go on with")
        return
    run.print(
        "",
        "In another terminal:",
        f"  export HELPDESK_CONFIG={config} HELPDESK_AGENT={AGENT}",
        "  helpdeskctl ticket show 1001 --thread",
        '  helpdeskctl ticket reply 1001 -m "Please unplug it." --canned printer-safety',
        f"  helpdeskctl mail explain {_SAMPLES / '11-stranger.eml'}",
        "  helpdeskctl tui",
        f"What it sends lies in {config.parent / 'sent'}",
    )
    if portal_runs:
        run.print(f"Portal: {_url(config)}   sign in as {CUSTOMER} with the password {PASSWORD}   (Ctrl-C ends)")


@contextmanager
def _portal(config: Path, *, wanted: bool) -> Iterator[subprocess.Popen[bytes] | None]:
    """The portal as a process of its own while the block runs."""
    if not wanted:
        yield None
        return
    process = subprocess.Popen([sys.executable, "-m", "portald.serve", "--config", str(config)])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def _open_screen(config: Path) -> None:
    """The agents' screen in a process of its own, so that a desk opened here and one there never share a proxy."""
    from helpdeskctl.operations.demo import AGENT

    subprocess.run([sys.argv[0], "tui", "--config", str(config), "--as", AGENT], check=False)


def _url(config: Path) -> str:
    from helpdeskctl.config import load

    return f"http://{load(config, {}).portal.listen}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
