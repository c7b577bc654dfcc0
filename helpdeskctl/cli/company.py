"""`helpdeskctl company`: the firms that contacts belong to."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import COMPANY

app = noun("Companies: the firms that contacts belong to.")
add_verbs(
    app, COMPANY, "create list show edit rename delete", example="muster",
    create='--name "Muster GmbH" --domain muster.example', edit='--notes "Pays late."',
)  # fmt: skip

domain = noun("The mail domains a company claims.")
app.add_typer(domain, name="domain")

Company = Annotated[str, typer.Argument(metavar="KEY", help="The company.")]
Domains = Annotated[list[str], typer.Argument(metavar="DOMAIN…", help="As muster.example.")]


@app.command()
@command(changes=True)
def merge(
    run: Run,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The company that goes.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The company that gets its people, tickets, domains.")],
) -> None:
    """Make one company of two.

    Example: helpdeskctl company merge muster-berlin muster
    """
    from helpdeskctl.operations import setup

    run.change(setup.delete(run.desk(), run.actor(), "company", source, move_to=into))


@domain.command()
@command(changes=True)
def add(run: Run, key: Company, domains: Domains) -> None:
    """Claim domains: people who write from there join the company, and see nothing by it.

    Example: helpdeskctl company domain add muster muster.example
    """
    from helpdeskctl.operations import setup

    run.change(setup.edit_list(run.desk(), run.actor(), "company", key, "domains", add=run.keys_from(domains)))


@domain.command()
@command(changes=True)
def remove(run: Run, key: Company, domains: Domains) -> None:
    """Claim domains no longer; who joined by them stays.

    Example: helpdeskctl company domain remove muster muster.example
    """
    from helpdeskctl.operations import setup

    run.change(setup.edit_list(run.desk(), run.actor(), "company", key, "domains", remove=run.keys_from(domains)))
