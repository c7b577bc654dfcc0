"""`helpdeskctl tui`: the agents' screen."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single

app = single()


@app.command()
@command(acts=True)
def tui(
    run: Run,
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Look only: nothing is changed or marked read.")
    ] = False,
) -> None:
    """The agents' screen: views, tickets, replies; ? shows the keys of every place.

    Example: helpdeskctl tui --as ada@example.org
    """
    import logging
    import sys

    from helpdeskctl.cli.exits import Usage

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Usage("the agents' screen needs a terminal", hint="helpdeskctl ticket list")
    desk, actor = run.desk(), run.actor(need_agent=True)
    from helpdeskctl.tui.app import DeskApp

    logging.getLogger("helpdeskctl").handlers = [
        handler for handler in logging.getLogger("helpdeskctl").handlers if not _on_terminal(handler)
    ]
    DeskApp(desk, actor, read_only=read_only, at_door=run.session.door is not None).run()


def _on_terminal(handler: object) -> bool:
    """Whether a log handler would write into the screen."""
    stream = getattr(handler, "stream", None)
    return bool(stream is not None and getattr(stream, "isatty", lambda: False)())
