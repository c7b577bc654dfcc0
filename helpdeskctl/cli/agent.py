"""`helpdeskctl agent`: who answers."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import AGENT

app = noun("Agents: the people who answer, and what they may do.")
add_verbs(
    app, AGENT, "create list show edit rename delete", example="ben@example.org",
    create='--name "Ben Beispiel" --department support', edit="--admin",
)  # fmt: skip

Agent = Annotated[str, typer.Argument(metavar="EMAIL", help="The agent.")]


@app.command()
@command(changes=True)
def enable(run: Run, key: Agent) -> None:
    """Let an agent work again.

    Example: helpdeskctl agent enable ben@example.org
    """
    from helpdeskctl.operations import agents

    run.change(agents.enable(run.desk(), run.actor(), key))


@app.command()
@command(changes=True)
def disable(
    run: Run,
    key: Agent,
    *,
    reassign_to: Annotated[
        str | None, typer.Option(metavar="AGENT|team:K|nobody", help="Who gets the open tickets and defaults.")
    ] = None,
    move_to: Annotated[
        str | None, typer.Option(metavar="DEPARTMENT", help="Where the personal department's tickets go.")
    ] = None,
) -> None:
    """End an agent's work; what they did stays.

    Example: helpdeskctl agent disable ben@example.org --reassign-to ada@example.org
    """
    from helpdeskctl.operations import agents

    run.change(agents.disable(run.desk(), run.actor(), key, reassign_to=reassign_to, move_to=move_to))
