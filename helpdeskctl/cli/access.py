"""`helpdeskctl access`: who may do what, and by which rule."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Who may do what to a ticket, and by which rule.")


@app.command()
@command(acts=True)
def explain(
    run: Run,
    person: Annotated[str, typer.Argument(metavar="AGENT|CONTACT", help="Whose rights, by address.")],
    number: Annotated[str, typer.Argument(metavar="TICKET", help="Its number.")],
) -> None:
    """Say for each act whether somebody may do it to a ticket, and why.

    Example: helpdeskctl access explain ann@muster.example 1001
    """
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries.rights import explain as explained

    run.emit(explained(run.desk(), run.actor(), person, number_of(number)), columns=("action", "allowed", "why"))
