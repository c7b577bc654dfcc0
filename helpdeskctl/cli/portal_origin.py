"""`helpdeskctl portal origin`: the sites that may show the portal's form in their own pages."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("The sites that may show the portal's form in a frame; no other one may.")

Sites = Annotated[list[str], typer.Argument(metavar="ORIGIN…", help="As https://www.example.org, without a path.")]


@app.command()
@command(changes=True)
def add(run: Run, sites: Sites) -> None:
    """Let sites show the form. www.example.org and example.org are two.

    Example: helpdeskctl portal origin add https://www.example.org https://example.org
    """
    from helpdeskctl.operations import portal_origins

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(sites):
        run.change(portal_origins.add(desk, actor, each))


@app.command("list")
@command()
def listed(run: Run) -> None:
    """List the sites that may show the form.

    Example: helpdeskctl portal origin list -o json
    """
    from helpdeskctl.queries import portal_origins

    run.emit(portal_origins.list_of(run.desk()))


@app.command()
@command(changes=True)
def remove(run: Run, sites: Sites) -> None:
    """Let sites show the form no longer. A form that is open there cannot be sent any more.

    Example: helpdeskctl portal origin remove https://www.example.org
    """
    from helpdeskctl.operations import portal_origins

    desk, actor = run.desk(), run.actor()
    for each in run.keys_from(sites):
        run.change(portal_origins.remove(desk, actor, each))
