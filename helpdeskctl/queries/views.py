"""Views: queries with a name. The shipped ones, one for each department, and those that agents saved (TIC-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import names
from helpdeskctl.store.tables import Agent, Department, SavedView

Origin = Literal["shipped", "department", "own", "shared", "mail"]


@dataclass(frozen=True, slots=True)
class View:
    """A named query. `owner` is the address of the agent who saved it, None for what the desk itself has."""

    key: str
    name: str
    query: str
    sort: str | None = None
    columns: tuple[str, ...] = ()
    origin: Origin = "shipped"
    owner: str | None = None
    shared: bool = False
    id: int | None = None


MINE = View("mine", "Mine", "assignee:me not kind:closed")
UNASSIGNED = View("unassigned", "Unassigned", "assignee:nobody not kind:closed")
WAITING = View("waiting", "Waiting", "kind:question,hold", "updated")
SNOOZED = View("snoozed", "Snoozed", "is:snoozed", "updated")
UNDELIVERED = View("undelivered", "Not delivered", "is:undelivered", "updated", origin="mail")
SPAM = View("spam", "Spam", "is:spam", "updated", origin="mail")
OF_MAIL = (UNDELIVERED, SPAM)
"""Tickets that mail trouble put aside; they stand behind all other views."""
DEPARTMENTS = "departments"
SHIPPED_KEYS = (MINE.key, UNASSIGNED.key, DEPARTMENTS, WAITING.key, SNOOZED.key, UNDELIVERED.key, SPAM.key)


def shipped(desk: Desk, actor: Actor) -> tuple[View, ...]:
    """What everybody has; Mine and My departments for agents only."""
    if actor.kind != "agent":
        return (UNASSIGNED, WAITING, SNOOZED)
    return (MINE, UNASSIGNED, _my_departments(actor), WAITING, SNOOZED)


def of_departments(actor: Actor) -> tuple[View, ...]:
    """One view for each active department in which an agent has a role; admins without one have them all."""
    return tuple(
        View(f"department:{row.key}", row.name, f"department:{row.key} not kind:closed", origin="department")
        for row in _departments(actor)
    )


def saved(actor: Actor) -> tuple[View, ...]:
    """The views that `actor` saved and those that are shared, own ones first."""
    rows = (
        SavedView.select(SavedView, Agent.address.alias("owner"))
        .left_outer_join(Agent, on=(Agent.id == SavedView.agent_id))
        .where((SavedView.shared == 1) | SavedView.agent_id.is_null() | (SavedView.agent_id == (actor.id or 0)))
        .order_by(SavedView.position, SavedView.key)
        .objects()
    )
    views = [_view(row, actor) for row in rows]
    return tuple(sorted(views, key=lambda view: view.origin != "own"))


def every(desk: Desk, actor: Actor) -> tuple[View, ...]:
    """All views `actor` has: shipped, by department, saved, and what mail trouble put aside."""
    return (*shipped(desk, actor), *of_departments(actor), *saved(actor), *OF_MAIL)


def called(desk: Desk, actor: Actor, key: str) -> View:
    """The view with this key: one's own before a shared, before a shipped one. NotFound with near matches."""
    wanted = key.casefold()
    ordered = (*saved(actor), *shipped(desk, actor), *of_departments(actor), *OF_MAIL)
    found = next((view for view in ordered if view.key == wanted), None)
    if found is None:
        raise names.missing("view", key, (view.key for view in ordered))
    return found


def _view(row: SavedView, actor: Actor) -> View:
    own = row.agent_id is not None and row.agent_id == actor.id and actor.kind == "agent"
    owner: str | None = getattr(row, "owner", None)
    origin: Origin = "own" if own else "shared"
    shared = row.shared or row.agent_id is None
    return View(row.key, row.name, row.query, row.sort or None, tuple(row.columns), origin, owner, shared, row.id)


def _my_departments(actor: Actor) -> View:
    keys = [row.key for row in _departments(actor)] if actor.roles else []
    asked = f"department:{','.join(keys)} not kind:closed" if keys else "not kind:closed"
    return View(DEPARTMENTS, "My departments", asked)


def _departments(actor: Actor) -> list[Department]:
    query = Department.select(Department.key, Department.name).where(
        Department.archived_at.is_null(), Department.agent_id.is_null()
    )
    if actor.roles:
        query = query.where(Department.id.in_(sorted(actor.roles)))
    elif not (actor.admin or actor.kind == "system"):
        return []
    return list(query.order_by(Department.name))
