"""`helpdeskctl block`: who and what is kept out."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Blocks: senders and subjects that are kept out.")

What = Annotated[
    list[str], typer.Argument(metavar="ADDRESS|DOMAIN|subject:TEXT…", help="An address, a domain, words of a subject.")
]


@app.command()
@command(changes=True)
def add(run: Run, what: What) -> None:
    """Keep mail out by sender or subject; it goes to quarantine.

    Example: helpdeskctl block add spammer@example.com ads.example "subject:you have won"
    """
    from helpdeskctl.operations import blocks

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(what):
        run.change(blocks.add(desk, actor, each))


@app.command("list")
@command(lists=True)
def listed(run: Run) -> None:
    """List what is kept out, newest first.

    Example: helpdeskctl block list -o json
    """
    from helpdeskctl.queries import blocks

    limit = None if run.options.all_rows else run.options.limit
    run.emit(blocks.list_of(run.desk(), query=run.options.query, limit=limit), columns=("key", "kind", "at"))


@app.command()
@command(changes=True)
def remove(run: Run, what: What) -> None:
    """Let it in again.

    Example: helpdeskctl block remove ads.example
    """
    from helpdeskctl.operations import blocks

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(what):
        run.change(blocks.remove(desk, actor, each))
