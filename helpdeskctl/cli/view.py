"""`helpdeskctl view`: queries with a name, one's own and shared ones."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.options import Unset
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Views: queries with a name, shipped, shared and your own.")

_EMPTY = {"sort": "", "columns": []}  # what --unset leaves
Key = Annotated[str, typer.Argument(metavar="VIEW", help="The view, by its key.")]
Query = Annotated[str | None, typer.Option("--query", metavar="Q", help="What it asks for: see `help query`.")]
Sort = Annotated[str | None, typer.Option("--sort", metavar="ORDER", help="waiting, priority, due, updated …")]
Columns = Annotated[str | None, typer.Option("--columns", metavar="A,B", help="What a screen shows of each ticket.")]
Shared = Annotated[bool | None, typer.Option("--shared/--no-shared", help="Everybody has it.")]


@app.command()
@command(changes=True)
def create(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    *,
    query: Annotated[str, typer.Option("--query", metavar="Q", help="What it asks for: see `help query`.")],
    sort: Sort = None,
    columns: Columns = None,
    shared: Shared = None,
) -> None:
    """Save a query under a name: yours, or the desk's when no agent acts.

    Example: helpdeskctl view create "VIP customers" --query "tag:vip not kind:closed" --shared --as ada@example.org
    """
    from helpdeskctl.operations import views

    values = {"sort": sort, "columns": _columns(columns), "shared": shared}
    run.change(views.create(run.desk(), run.actor(), name, query, values))


@app.command("list")
@command(acts=True)
def list_(run: Run) -> None:
    """Every view you have.

    Example: helpdeskctl view list --as ada@example.org
    """
    from helpdeskctl.queries import views

    run.emit(views.every(run.desk(), run.actor()), columns=("key", "name", "query", "sort", "origin"))


@app.command()
@command(acts=True)
def show(run: Run, keys: Annotated[list[str], typer.Argument(metavar="VIEW…", help="Views, by their keys.")]) -> None:
    """What views ask for.

    Example: helpdeskctl view show mine --as ada@example.org
    """
    from helpdeskctl.queries import views

    run.show([views.called(run.desk(), run.actor(), key) for key in run.keys_from(keys)])


@app.command()
@command(changes=True)
def edit(
    run: Run,
    key: Key,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Call it this.")] = None,
    query: Query = None,
    sort: Sort = None,
    columns: Columns = None,
    shared: Shared = None,
    unset: Unset = None,
) -> None:
    """Change a saved view; what is not named stays.

    Example: helpdeskctl view edit vip-customers --sort priority
    """
    from helpdeskctl.operations import views

    given = {"name": name, "query": query, "sort": sort, "columns": _columns(columns), "shared": shared}
    values: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    values |= {name: _EMPTY.get(name) for name in unset or ()}
    run.change(views.edit(run.desk(), run.actor(), key, values))


@app.command()
@command(changes=True)
def delete(run: Run, key: Key) -> None:
    """Delete a saved view.

    Example: helpdeskctl view delete vip-customers
    """
    from helpdeskctl.operations import views

    run.change(views.delete(run.desk(), run.actor(), key))


@app.command()
@command(acts=True)
def count(
    run: Run, keys: Annotated[list[str] | None, typer.Argument(metavar="[VIEW…]", help="These; all without.")] = None
) -> None:
    """How many tickets views have.

    Example: helpdeskctl view count mine unassigned --as ada@example.org
    """
    from helpdeskctl.queries import tickets, views

    desk, actor = run.desk(), run.actor()
    chosen = [views.called(desk, actor, key) for key in run.keys_from(keys)] if keys else views.every(desk, actor)
    found = tickets.counts(desk, actor, {view.key: view.query for view in chosen}, at_most=None)
    run.emit([{"key": view.key, "name": view.name, "count": found[view.key]} for view in chosen])


def _columns(given: str | None) -> list[str] | None:
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]
