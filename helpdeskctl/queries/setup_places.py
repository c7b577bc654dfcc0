"""Where a field of a set-up object is kept, and how it is read from there: for many rows at once, as the contract
shows it. `operations/setup_places.py` writes to the same places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from helpdeskctl.domain.kind_types import TEAM_PREFIX
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.store.tables import Agent, Department, DepartmentRole, Field, FieldValue, Team

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds the value as it is."""

    name: str


@dataclass(frozen=True, slots=True)
class Level(Column):
    """A priority, kept as its number."""


@dataclass(frozen=True, slots=True)
class OneText(Column):
    """The text under the desk's default language, in a column language -> text."""


@dataclass(frozen=True, slots=True)
class Texts(Column):
    """All of a column language -> text."""


@dataclass(frozen=True, slots=True)
class JsonPart(Column):
    """One member of a JSON object."""

    part: str


@dataclass(frozen=True, slots=True)
class JsonRest(Column):
    """A JSON object but for that member."""

    but: str


@dataclass(frozen=True, slots=True)
class Reference(Column):
    """An id; `model` has the keys in its column `key`."""

    model: Any
    key: str = "key"


@dataclass(frozen=True, slots=True)
class Owner:
    """An agent or a team, in the columns `assignee_id` and `team_id`."""


@dataclass(frozen=True, slots=True)
class Children:
    """Rows of another table: `owner` names us, `column` the value, or the id of a row of `model` with it as `key`."""

    table: Any
    owner: str
    column: str
    model: Any = None
    key: str = "key"
    ordered: bool = False
    beside: str | None = None  # a column of ours whose value stands there too and is not one of the list


@dataclass(frozen=True, slots=True)
class Memberships:
    """The roles of an agent in departments, those by teams left out."""


@dataclass(frozen=True, slots=True)
class FieldValues:
    """Values of the desk's own fields; `owner` is `contact_id` or `company_id`."""

    owner: str


Place = Column | Owner | Children | Memberships | FieldValues


@singledispatch
def loaded(place: Place, rows: Rows, language: str) -> list[Any]:
    """The value of each row; at most two queries, however many rows. `language` is the desk's default."""
    raise NotImplementedError(type(place).__name__)


@loaded.register
def _(place: Column, rows: Rows, language: str) -> list[Any]:
    values = [getattr(row, place.name) for row in rows]
    return [tuple(value) if isinstance(value, list) else value for value in values]


@loaded.register
def _(place: Level, rows: Rows, language: str) -> list[Any]:
    numbers = [getattr(row, place.name) for row in rows]
    return [None if number is None else Priority(number).key for number in numbers]


@loaded.register
def _(place: OneText, rows: Rows, language: str) -> list[Any]:
    return [one_text(getattr(row, place.name), language) for row in rows]


@loaded.register
def _(place: JsonPart, rows: Rows, language: str) -> list[Any]:
    return [tuple(getattr(row, place.name).get(place.part, ())) for row in rows]


@loaded.register
def _(place: JsonRest, rows: Rows, language: str) -> list[Any]:
    return [{k: v for k, v in getattr(row, place.name).items() if k != place.but} for row in rows]


@loaded.register
def _(place: Reference, rows: Rows, language: str) -> list[Any]:
    ids = [getattr(row, place.name) for row in rows]
    known = keys(place.model, place.key, ids)
    return [known.get(number) for number in ids]


@loaded.register
def _(place: Owner, rows: Rows, language: str) -> list[Any]:
    agents = keys(Agent, "address", [row.assignee_id for row in rows])
    teams = keys(Team, "key", [row.team_id for row in rows])
    return [agents.get(row.assignee_id) or (row.team_id and TEAM_PREFIX + teams[row.team_id]) for row in rows]


@loaded.register
def _(place: Children, rows: Rows, language: str) -> list[Any]:
    table, owner = place.table, getattr(place.table, place.owner)
    query = table.select().where(owner.in_([row.id for row in rows]))
    children = list(query.order_by(table.position) if place.ordered else query)
    values = [getattr(child, place.column) for child in children]
    known = keys(place.model, place.key, values) if place.model else {value: value for value in values}
    found: dict[int, list[Any]] = defaultdict(list)
    for child, value in zip(children, values, strict=True):
        found[getattr(child, place.owner)].append(known[value])
    own = {row.id: getattr(row, place.beside) if place.beside else None for row in rows}
    return [
        tuple(v for v in (found[row.id] if place.ordered else sorted(found[row.id])) if v != own[row.id])
        for row in rows
    ]


@loaded.register
def _(place: Memberships, rows: Rows, language: str) -> list[Any]:
    roles: Any = DepartmentRole.select().where(DepartmentRole.agent_id.in_([row.id for row in rows]))
    known = keys(Department, "key", [role.department_id for role in roles])
    found: dict[int, list[str]] = defaultdict(list)
    for role in roles:
        found[role.agent_id].append(f"{known[role.department_id]}:{role.role}")
    return [tuple(sorted(found[row.id])) for row in rows]


@loaded.register
def _(place: FieldValues, rows: Rows, language: str) -> list[Any]:
    owner = getattr(FieldValue, place.owner)
    values: Any = (
        FieldValue.select(owner.alias("owner"), FieldValue.value, Field.key.alias("key"))
        .join(Field, on=(Field.id == FieldValue.field_id))
        .where(owner.in_([row.id for row in rows]))
        .order_by(Field.position, Field.key)
        .objects()
    )
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for value in values:
        found[value.owner][value.key] = value.value
    return [found[row.id] for row in rows]


def keys(model: Any, column: str, ids: Iterable[int | None]) -> dict[int | None, str]:
    """id -> natural key, in one query."""
    wanted = {number for number in ids if number is not None}
    rows = model.select(model.id, getattr(model, column)).where(model.id.in_(wanted)).tuples() if wanted else ()
    return dict(rows)


def one_text(texts: dict[str, str], language: str) -> str | None:
    """The text under `language`, else the first there is."""
    return texts.get(language) or next(iter(texts.values()), None)
