"""Saving, changing and deleting views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import filters
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import Exists, InvalidInput, NotPermitted
from helpdeskctl.operations import events
from helpdeskctl.queries import orders, views
from helpdeskctl.queries.views import View
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import SavedView

EDITABLE = ("name", "query", "sort", "columns", "shared")


@transaction
def create(desk: Desk, actor: Actor, name: str, query: str, values: Mapping[str, Any] | None = None) -> Change:
    """Save a view of the actor's own, or of the desk's when the system acts; its key is the name as one word.

    `values`: sort, columns, shared. Raises Exists, InvalidInput for a faulty query or order.
    """
    name = clean_line(name)
    key = "-".join(name.casefold().split())
    if not key or key in views.SHIPPED_KEYS or key.startswith("department:"):
        raise InvalidInput(f'a view cannot be called "{name}"', hint="another name")
    if _row(actor, key) is not None:
        raise Exists(f'view "{key}" exists already', hint=f"helpdeskctl view edit {key}", subject=f"view/{key}")
    columns = _checked({"name": name, "query": query} | dict(values or {}))
    columns["shared"] = columns.get("shared", False) or actor.kind != "agent"
    made = SavedView.insert(key=key, agent_id=actor.id if actor.kind == "agent" else None, **columns).execute()
    events.record(desk, actor, "created", subject=("view", key))
    return Change("view", key, int(made), "created", tuple(columns))


@transaction
def edit(desk: Desk, actor: Actor, key: str, values: Mapping[str, Any]) -> Change:
    """Change a saved view: name, query, sort, columns, shared. NotPermitted for another's or a shipped one."""
    view = _own(desk, actor, key)
    wanted = {name: value for name, value in _checked(values).items() if _plain(view, name) != value}
    if not wanted:
        return Change("view", view.key, view.id, "unchanged")
    SavedView.update(**wanted).where(SavedView.id == view.id).execute()
    events.record(desk, actor, "updated", subject=("view", view.key), data={"changed": sorted(wanted)})
    return Change("view", view.key, view.id, "updated", tuple(sorted(wanted)))


@transaction
def delete(desk: Desk, actor: Actor, key: str) -> Change:
    """Delete a saved view. NotPermitted for another's or a shipped one."""
    view = _own(desk, actor, key)
    SavedView.delete().where(SavedView.id == view.id).execute()
    events.record(desk, actor, "deleted", subject=("view", view.key))
    return Change("view", view.key, view.id, "deleted")


def _row(actor: Actor, key: str) -> SavedView | None:
    owner = SavedView.agent_id == actor.id if actor.kind == "agent" else SavedView.agent_id.is_null()
    row: SavedView | None = SavedView.get_or_none(SavedView.key == key, owner)
    return row


def _own(desk: Desk, actor: Actor, key: str) -> View:
    view = views.called(desk, actor, key)
    mine = view.origin == "own" or (view.id is not None and (actor.admin or actor.kind == "system"))
    if not mine:
        whose = f"of {view.owner}" if view.owner else "shipped with the desk" if view.id is None else "the desk's"
        raise NotPermitted(f'view "{view.key}" is {whose}', hint="helpdeskctl view create", subject=f"view/{view.key}")
    return view


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as they are stored. A query is kept as it was typed, once it parses."""
    unknown = sorted(set(values) - set(EDITABLE))
    if unknown:
        raise InvalidInput(f"a view has no {', '.join(unknown)}", hint=f"known: {', '.join(EDITABLE)}")
    given = {name: value for name, value in values.items() if value is not None}
    if "query" in given:
        given["query"] = clean_line(given["query"])
        filters.parse(given["query"])
    if given.get("sort"):
        orders.called(given["sort"])
    if "columns" in given:
        given["columns"] = list(given["columns"])
    return given


def _plain(view: View, name: str) -> Any:
    return list(view.columns) if name == "columns" else getattr(view, name)
