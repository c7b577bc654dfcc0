"""`helpdeskctl init`: from nothing to a desk with its first admin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single

if TYPE_CHECKING:
    from helpdeskctl.domain.change import Change

app = single()


@app.command()
@command(changes=True)
def init(
    run: Run,
    *,
    admin: Annotated[str | None, typer.Option(metavar="EMAIL", help="The first admin among the agents.")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="sqlite:////path/desk.db (default) or postgresql://…")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="N", help="What customers know the desk as.")] = None,
    portal_url: Annotated[str | None, typer.Option(metavar="URL", help="Where customers find the portal.")] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="The desk's default language: de, en …")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="The account that owns and runs the desk.")] = None,
) -> None:
    """Set up a desk: config, key file, folders, database, first admin. Safe to repeat.

    Example: helpdeskctl init --admin ada@example.org --portal-url https://help.example.org
    """
    from helpdeskctl.operations.init import furnish, plan, prepare

    settings = {"name": name, "portal_url": portal_url, "default_language": language}
    wanted = plan(run.options.config, run.session.environ, user=user, database=database)
    if wanted.user == "root":
        run.note("warning: the desk will run as root; a user of its own (--user helpdesk) is safer")
    changes = list(prepare(wanted, run.session.environ, dry_run=run.dry_run))
    if run.dry_run and not _ready(wanted.config, changes):
        run.note("nothing was changed (--dry-run)")
        _tell(run, changes)
        return
    run.use_config(wanted.config)
    desk = run.desk(check_schema=False)
    changes += furnish(desk, admin=admin, settings={key: value for key, value in settings.items() if value})
    _tell(run, changes)
    _tell_next(run)


def _ready(path: Path, changes: Sequence[Change]) -> bool:
    """Whether there is something to rehearse in."""
    return path.exists() and all(change.action == "unchanged" for change in changes)


def _tell(run: Run, changes: Sequence[Change]) -> None:
    if not run.for_people:
        run.change(changes)
        return
    for action in ("created", "updated", "unchanged"):
        if words := [_words(change) for change in changes if change.action == action and change.kind != "setting"]:
            run.say(action, ", ".join(words))


def _words(change: Change) -> str:
    if change.kind in ("config", "database"):
        return change.key
    if change.kind == "key-file":
        return f"{Path(change.key).name} (keep a copy apart)"
    return f"{change.kind} {change.key}"


def _tell_next(run: Run) -> None:
    from helpdeskctl.queries.overview import overview

    now = overview(run.desk())
    if not now.agents:
        run.say("next", "helpdeskctl init --admin EMAIL")
    elif not now.queues:
        run.say("next", "helpdeskctl department create support --name Support --public")
    else:
        run.say("next", "helpdeskctl overview")
