"""`helpdeskctl setting`: what the desk does unless told otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Settings of the desk; each has a default that holds until it is set.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The setting; `setting list` names them.")]


@app.command("list")
@command(lists=True)
def listed(run: Run) -> None:
    """List every setting with its value and its default.

    Example: helpdeskctl setting list --query mail
    """
    from helpdeskctl.queries import settings

    run.emit(
        settings.listed(run.desk(), run.options.query or ""), columns=("key", "value", "default", "own", "meaning")
    )


@app.command()
@command()
def get(run: Run, key: Key) -> None:
    """Print the value of a setting.

    Example: helpdeskctl setting get portal_url
    """
    from helpdeskctl.cli.output import cell
    from helpdeskctl.queries import settings

    run.show([settings.one(run.desk(), key)], view=lambda setting: [cell(setting.value)])


@app.command("set")
@command(changes=True)
def put(
    run: Run, key: Key, value: Annotated[str, typer.Argument(metavar="VALUE", help="As `setting list` shows them.")]
) -> None:
    """Set a setting.

    Example: helpdeskctl setting set languages de,en
    """
    from helpdeskctl.operations import settings

    change = settings.put(run.desk(), run.actor(), key, value)
    run.change(change)
    if change.action == "updated" and (reminder := settings.reminder(run.desk(), key)):
        run.note(reminder)


@app.command()
@command(changes=True)
def unset(run: Run, key: Key) -> None:
    """Let a setting have its default again.

    Example: helpdeskctl setting unset undo_seconds
    """
    from helpdeskctl.operations import settings

    run.change(settings.unset(run.desk(), run.actor(), key))
