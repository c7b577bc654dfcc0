"""`helpdeskctl team`: agents who share work."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import TEAM

app = noun("Teams: groups of agents that tickets and roles can be given to.")
add_verbs(
    app, TEAM, "create list show edit rename delete", example="first",
    create='--name "First line" --member ada@example.org', edit='--name "Front desk"',
)  # fmt: skip

member = noun("Who is in a team.")
app.add_typer(member, name="member")

Team = Annotated[str, typer.Argument(metavar="KEY", help="The team.")]
Agents = Annotated[list[str], typer.Argument(metavar="AGENT…", help="Agents by address.")]


@member.command()
@command(changes=True)
def add(run: Run, key: Team, agents: Agents) -> None:
    """Put agents into a team.

    Example: helpdeskctl team member add first ben@example.org
    """
    from helpdeskctl.operations import setup

    run.change(setup.edit_list(run.desk(), run.actor(), "team", key, "members", add=run.keys_from(agents)))


@member.command()
@command(changes=True)
def remove(run: Run, key: Team, agents: Agents) -> None:
    """Take agents out of a team.

    Example: helpdeskctl team member remove first ben@example.org
    """
    from helpdeskctl.operations import setup

    run.change(setup.edit_list(run.desk(), run.actor(), "team", key, "members", remove=run.keys_from(agents)))
