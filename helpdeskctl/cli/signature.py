"""`helpdeskctl signature`: what stands below an answer."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import SIGNATURE

app = noun("Signatures: what stands below an answer.")
add_verbs(
    app, SIGNATURE, "create list show edit rename delete", example="support-de",
    create="--department support --language de --body-file signature.txt", edit="--agent ada@example.org",
)  # fmt: skip


@app.command()
@command(acts=True)
def preview(
    run: Run,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The signature.")],
    *,
    agent: Annotated[str, typer.Option(metavar="A", help="Who signs.")],
    ticket: Annotated[int | None, typer.Option(metavar="N", help="In an answer to this ticket.")] = None,
) -> None:
    """Show a signature as an agent would sign.

    Example: helpdeskctl signature preview support-de --agent ada@example.org
    """
    from helpdeskctl.operations import previews

    text = previews.signature(run.desk(), run.actor(), key, agent, ticket)
    run.show([{"key": key, "text": text}], view=lambda shown: [shown["text"]])
