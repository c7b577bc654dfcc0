"""`helpdeskctl tag`: words that agents put on tickets."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import TAG

app = noun("Tags: words that agents put on tickets; using one makes it.")
add_verbs(app, TAG, "list show rename delete", example="vip")


@app.command()
@command(changes=True)
def merge(
    run: Run,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The tag that goes.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The tag that its tickets get.")],
) -> None:
    """Make one tag of two.

    Example: helpdeskctl tag merge v.i.p vip
    """
    from helpdeskctl.operations import setup

    run.change(setup.delete(run.desk(), run.actor(), "tag", source, move_to=into))
