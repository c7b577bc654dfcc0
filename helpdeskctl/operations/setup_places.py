"""Writing the fields of set-up objects to their places (`queries/setup_places.py` reads them)."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from helpdeskctl.domain.kind_types import TEAM_PREFIX
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.queries.setup_places import (
    Children,
    Column,
    FieldValues,
    JsonPart,
    JsonRest,
    Level,
    Memberships,
    OneText,
    Owner,
    Place,
    Reference,
    Texts,
)
from helpdeskctl.store.tables import Agent, Department, DepartmentRole, Field, FieldValue, Team

Columns = dict[str, Any]


@singledispatch
def put(place: Place, value: Any, columns: Columns, language: str) -> None:
    """Lay a value into the columns of a row about to be written; nothing for what stands in other tables."""


@put.register
def _(place: Column, value: Any, columns: Columns, language: str) -> None:
    columns[place.name] = list(value) if isinstance(value, tuple) else value


@put.register
def _(place: Level, value: Any, columns: Columns, language: str) -> None:
    columns[place.name] = value and Priority.from_key(value).value


@put.register
def _(place: OneText, value: Any, columns: Columns, language: str) -> None:
    columns[place.name] = _without_empty({**columns.get(place.name, {}), language: value})


@put.register
def _(place: Texts, value: Any, columns: Columns, language: str) -> None:
    before = columns.get(place.name, {})
    main = {language: before[language]} if language in before else {}  # that one is the name itself
    columns[place.name] = _without_empty({**main, **value})


@put.register
def _(place: JsonPart, value: Any, columns: Columns, language: str) -> None:
    columns[place.name] = _without_empty({**columns.get(place.name, {}), place.part: list(value)})


@put.register
def _(place: JsonRest, value: Any, columns: Columns, language: str) -> None:
    kept = {place.but: columns.get(place.name, {}).get(place.but)}
    columns[place.name] = _without_empty({**value, **kept})


@put.register
def _(place: Reference, value: Any, columns: Columns, language: str) -> None:
    columns[place.name] = _id(place.model, place.key, value)


@put.register
def _(place: Owner, value: Any, columns: Columns, language: str) -> None:
    team = bool(value) and value.startswith(TEAM_PREFIX)
    columns["assignee_id"] = None if team else _id(Agent, "address", value)
    columns["team_id"] = _id(Team, "key", value.removeprefix(TEAM_PREFIX)) if team else None


@singledispatch
def attach(place: Place, number: int, value: Any, own: Any) -> None:
    """Write a value that stands in another table, for the object with the id `number`; `own` is that object's row."""


@attach.register
def _(place: Children, number: int, value: Any, own: Any) -> None:
    table, owner, column = place.table, getattr(place.table, place.owner), getattr(place.table, place.column)
    kept = [getattr(own, place.beside)] if place.beside else []
    table.delete().where(owner == number, column.not_in(kept) if kept else owner == number).execute()
    for position, item in enumerate(value):
        content = _id(place.model, place.key, item) if place.model else item
        order = {"position": position} if place.ordered else {}
        table.insert(**{place.owner: number, place.column: content}, **order).execute()


@attach.register
def _(place: Memberships, number: int, value: Any, own: Any) -> None:
    DepartmentRole.delete().where(DepartmentRole.agent_id == number).execute()
    for item in value:
        key, _, role = item.rpartition(":")
        DepartmentRole.insert(department_id=_id(Department, "key", key), agent_id=number, role=role).execute()


@attach.register
def _(place: FieldValues, number: int, value: Any, own: Any) -> None:
    kind = place.owner.removesuffix("_id")
    FieldValue.delete().where(getattr(FieldValue, place.owner) == number).execute()
    for key, text in value.items():
        field = Field.get(Field.key == key, Field.on_kind == kind)
        FieldValue.insert(**{"field_id": field.id, place.owner: number, "value": text}).execute()


def _id(model: Any, column: str, key: str | None) -> int | None:
    return None if key is None else int(model.get(getattr(model, column) == key).id)


def _without_empty(texts: dict[str, Any]) -> dict[str, Any]:
    return {name: text for name, text in texts.items() if text not in (None, "", [])}
