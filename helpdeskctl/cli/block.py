"""`helpdeskctl block`: who and what is kept out, and who is always let in."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Blocks: senders and subjects that are kept out, and senders that are always let in.")

What = Annotated[
    list[str], typer.Argument(metavar="ADDRESS|DOMAIN|subject:TEXT…", help="An address, a domain, words of a subject.")
]


@app.command()
@command(changes=True)
def add(
    run: Run,
    what: What,
    *,
    allow: Annotated[
        bool, typer.Option("--allow", help="Always let in: past blocks, and past departments that hold strangers.")
    ] = False,
) -> None:
    """Keep mail out by sender or subject; it goes to quarantine. With --allow let a sender in.

    What is said of an address counts more than what is said of its domain. Size, malware and loops hold in any case.

    Example: helpdeskctl block add spammer@example.com ads.example "subject:you have won"
    """
    from helpdeskctl.operations import blocks

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(what):
        run.change(blocks.add(desk, actor, each, allow=allow))


@app.command("list")
@command(lists=True)
def listed(run: Run) -> None:
    """List who and what is kept out or let in, newest first.

    Example: helpdeskctl block list -o json
    """
    from helpdeskctl.queries import blocks

    limit = None if run.options.all_rows else run.options.limit
    rows = blocks.list_of(run.desk(), query=run.options.query, limit=limit)
    run.emit(rows, columns=("key", "kind", "allow", "at"))


@app.command()
@command(changes=True)
def remove(run: Run, what: What) -> None:
    """Take an entry off the list.

    Example: helpdeskctl block remove ads.example
    """
    from helpdeskctl.operations import blocks

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(what):
        run.change(blocks.remove(desk, actor, each))
