"""Set-up objects of every kind: found by key, listed, shown with the names of the contract."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kinds import KINDS
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.queries import settings, setup_extras
from helpdeskctl.queries.setup_places import Column, Reference, keys, loaded
from helpdeskctl.queries.setup_tables import TABLES, places
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import ContactAddress

KNOWN_IN_HINT = 12  # keys named beside an unknown one
PAGE = 500


@dataclass(frozen=True, slots=True)
class SetUpObject:
    """One object of a kind; `values` by field, as the contract names them."""

    kind: str
    id: int
    key: str
    values: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """Key, id and values as one mapping."""
        return {"key": self.key, "id": self.id, **self.values}


def find(desk: Desk, kind: str, key: str) -> int | None:
    """The id of the object called `key` (or `id:3`), None when there is none."""
    table = TABLES[kind]
    if key.startswith("id:"):
        number = int(key[3:]) if key[3:].isdecimal() else 0
        found = table.model.select(table.model.id).where(table.model.id == number).tuples().first()
    elif kind == "contact":
        query = ContactAddress.select(ContactAddress.contact_id)
        found = query.where(ContactAddress.address == key.strip().casefold()).tuples().first()
    else:
        column = getattr(table.model, table.key)
        found = table.model.select(table.model.id).where(column == key.strip().casefold()).tuples().first()
    return int(found[0]) if found else None


def known(desk: Desk, kind: str, key: str) -> int:
    """As `find`; NotFound with near matches when there is none."""
    found = find(desk, kind, key)
    if found is None:
        raise NotFound(
            f'no {KINDS[kind].label} "{key}"',
            hint=" ".join(filter(None, (f"helpdeskctl {command(kind)} list", near(desk, kind, key)))),
            subject=f"{kind}/{key}",
        )
    return found


def command(kind: str) -> str:
    """The words of the command line for a kind."""
    words = {"canned_category": "canned category", "article_category": "kb category", "page": "portal page"}
    return words.get(kind, kind)


def near(desk: Desk, kind: str, key: str) -> str:
    """`(known: billing, sales)`: the keys there are, the nearest where they are many; empty when there are none."""
    listed = _keys(kind, limit=200)
    if len(listed) > KNOWN_IN_HINT:
        listed = difflib.get_close_matches(key.casefold(), listed, 5, 0.5) or listed[:KNOWN_IN_HINT]
    return f"(known: {', '.join(listed)})" if listed else ""


def _keys(kind: str, limit: int) -> list[str]:
    table = TABLES[kind]
    column = ContactAddress.address if kind == "contact" else getattr(table.model, table.key)
    return [key for (key,) in column.model.select(column).order_by(column).limit(limit).tuples()]


def one(desk: Desk, kind: str, key: str) -> SetUpObject:
    """The object called `key`. Raises NotFound with near matches."""
    return by_ids(desk, kind, [known(desk, kind, key)])[0]


def several(desk: Desk, kind: str, wanted: Iterable[str]) -> list[SetUpObject]:
    """The objects with these keys, in their order. Raises NotFound for the first that is none."""
    ids = [known(desk, kind, key) for key in wanted]
    found = {item.id: item for item in by_ids(desk, kind, ids)}
    return [found[number] for number in ids]


def by_ids(desk: Desk, kind: str, ids: Sequence[int]) -> list[SetUpObject]:
    """The objects with these ids."""
    model = TABLES[kind].model
    return _objects(desk, KINDS[kind], list(model.select().where(model.id.in_(list(ids)))))


def list_of(
    desk: Desk,
    kind: str,
    *,
    query: str | None = None,
    sort: str | None = None,
    limit: int | None = None,
    among: Sequence[int] | None = None,
) -> list[SetUpObject]:
    """The objects of a kind, ordered by their place or key.

    `query` holds words that must occur in key, name or text, and `field:value` pairs; `sort` is a field, `-` reverses.
    What is no field but shown is asked for as `deletion_asked_at:any` or `:none`. `among`: only those with these ids.
    Raises InvalidInput for a field that cannot be asked.
    """
    wanted = KINDS[kind]
    rows = _matching(desk, wanted, query).order_by(*_order(wanted, sort))
    if among is not None:
        rows = rows.where(TABLES[kind].model.id.in_(list(among)))
    return _objects(desk, wanted, list(rows.limit(limit) if limit else rows))


def pages(desk: Desk, kind: str, *, query: str | None = None) -> Iterator[list[SetUpObject]]:
    """All objects of a kind that match, by id, `PAGE` at a time: an export of any size takes no more memory."""
    model, last = TABLES[kind].model, 0
    rows = _matching(desk, KINDS[kind], query).order_by(model.id).limit(PAGE)
    while page := list(rows.where(model.id > last)):
        yield _objects(desk, KINDS[kind], page)
        last = page[-1].id


def _matching(desk: Desk, kind: Kind, query: str | None) -> Any:
    model = TABLES[kind.name].model
    rows = model.select()
    if kind.name == "contact":
        rows = rows.where(model.merged_into_id.is_null())
    for word in _words(query or ""):
        rows = rows.where(_condition(desk, kind, word))
    return rows


def _words(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError as error:
        raise InvalidInput(f"query: {error}") from error


def _condition(desk: Desk, kind: Kind, word: str) -> Any:
    name, colon, value = word.partition(":")
    if colon and name in places(kind):
        return _equals(desk, kind, name, value)
    table = TABLES[kind.name]
    columns = [getattr(table.model, column) for column in table.words]
    found = fn.LOWER(columns[0].cast("text")).contains(word.casefold())
    for column in columns[1:]:
        found |= fn.LOWER(column.cast("text")).contains(word.casefold())
    if kind.name == "contact":
        having = ContactAddress.select(ContactAddress.contact_id)
        found |= table.model.id.in_(having.where(ContactAddress.address.contains(word.casefold())))
    return found


def _equals(desk: Desk, kind: Kind, name: str, value: str) -> Any:
    place = places(kind)[name]
    column = getattr(TABLES[kind.name].model, getattr(place, "name", ""), None)
    field = kind.field(name)
    if isinstance(place, Reference):
        to = place.model.select(place.model.id).where(getattr(place.model, place.key) == value.casefold())
        return column.is_null() if value == "none" else column.in_(to)  # type: ignore[union-attr]  # references have one
    if type(place) is Column and column is not None and field is None and value in ("any", "none"):
        return column.is_null(value == "none")
    if type(place) is not Column or column is None or field is None:
        raise InvalidInput(f'{kind.label} lists cannot be asked for "{name}"')
    return column == field.read(value)


def _order(kind: Kind, sort: str | None) -> list[Any]:
    table = TABLES[kind.name]
    tie = table.model.id
    if sort is None:
        usual = getattr(table.model, table.key) if table.key else tie
        return [*([table.model.position] if kind.field("position") else []), usual, tie]
    name = sort.removeprefix("-")
    place = Column(table.key) if name == "key" and table.key else places(kind).get(name)
    if type(place) is not Column:
        can = [name for name, place in places(kind).items() if type(place) is Column]
        raise InvalidInput(f'{kind.label} lists cannot be sorted by "{name}"', hint=f"known: key, {', '.join(can)}")
    column = getattr(table.model, place.name)
    return [column.desc(), tie.desc()] if sort.startswith("-") else [column, tie]


def _objects(desk: Desk, kind: Kind, rows: list[Any]) -> list[SetUpObject]:
    if not rows:
        return []
    language = settings.get(desk, "default_language")
    columns = {name: loaded(place, rows, language) for name, place in places(kind).items()}
    columns |= setup_extras.of(desk, kind.name, rows)
    return [
        SetUpObject(kind.name, row.id, key, {name: values[at] for name, values in columns.items()})
        for at, (row, key) in enumerate(zip(rows, _keys_of(kind.name, rows), strict=True))
    ]


def _keys_of(kind: str, rows: list[Any]) -> list[str]:
    if kind != "contact":
        return [getattr(row, TABLES[kind].key) for row in rows]
    main = setup_extras.main_addresses([row.id for row in rows])
    return [main.get(row.id, f"id:{row.id}") for row in rows]


def key_of(desk: Desk, kind: str, number: int) -> str:
    """The natural key of an id."""
    if kind == "contact":
        return setup_extras.main_addresses([number]).get(number, f"id:{number}")
    return keys(TABLES[kind].model, TABLES[kind].key, [number])[number]
