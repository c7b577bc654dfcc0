"""Queries whose text is written once: those that a page asks with other values each time.

Building a query of some joins costs peewee several times what the database takes to answer it. So it is built once per
shape, with stand-ins for the values, and afterwards only the values are put in. `store/prepared.py` does the same for
single rows.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from helpdeskctl.store.orm import AutoField, IntegerField, TextField, converters_of, is_postgres
from helpdeskctl.store.tables import proxy

_FIRST = 1 << 52  # of the numbers that stand in: no id of ours is as large
_AS_IT_IS = (TextField, IntegerField, AutoField)
_COLLECTIONS = (tuple, list, frozenset)
Leaf = Callable[[Any], Any]


@dataclass(slots=True)
class _Text:
    """A statement; `places` says of each parameter whether it is a constant or which of the values.

    What its rows are made with is known once it has run: `made` of the columns, `converted` those that need it.
    """

    sql: str
    places: tuple[tuple[bool, Any], ...]
    query: Any
    made: Callable[[Iterable[Any]], Any] | None = None
    converted: tuple[tuple[int, Callable[[Any], Any]], ...] = ()

    def rows(self, values: Sequence[Any]) -> list[Any]:
        cursor = proxy.execute_sql(self.sql, [values[what] if put else what for put, what in self.places])
        found = cursor.fetchall()
        made = self.made or self._learn(cursor)
        if not (self.converted and found):
            return [made(row) for row in found]
        columns: list[Sequence[Any]] = list(zip(*found, strict=True))
        for place, convert in self.converted:
            columns[place] = _all(convert, columns[place])
        return [made(row) for row in zip(*columns, strict=True)]

    def _learn(self, cursor: Any) -> Callable[[Iterable[Any]], Any]:
        columns = converters_of(self.query, cursor, _AS_IT_IS)
        self.converted = tuple((place, each) for place, (_, each) in enumerate(columns) if each is not None)
        row: Any = namedtuple("Row", [name for name, _ in columns])  # type: ignore[misc]  # its columns are known here only
        self.made = row._make
        return row._make


_known: dict[tuple[Any, ...], _Text] = {}


def rows(build: Callable[..., Any], *values: Any) -> list[Any]:
    """The rows that the query `build(*values)` finds, their columns as attributes.

    Numbers and texts are values, also inside a collection, which stands in an IN (there a value twice is as good as
    once), and numbers inside a dataclass. All else belongs to the shape: None, members of an Enum, a dataclass's texts.
    `build` must hand the values on as they are. ValueError when it counts with one or looks into it.
    """
    flat: list[Any] = []
    shape = (build, is_postgres(proxy), *[_shape(value, flat) for value in values])
    text = _known.get(shape)
    if text is None:
        text = _known[shape] = _written(build, values)
    return text.rows(flat)


def first(build: Callable[..., Any], *values: Any) -> Any | None:
    """The first of `rows`, or None."""
    return next(iter(rows(build, *values)), None)


def _all(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """A column converted, texts that stand in it several times once: names of statuses and departments do."""
    if not isinstance(values[0], str):
        return [convert(value) for value in values]
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]


def _shape(value: Any, flat: list[Any]) -> Any:
    """What of `value` belongs to the shape; its values are put into `flat` in the order in which `_walked` has them."""
    kind: Any = type(value)
    if kind is int or kind is str:
        flat.append(value)
        return kind
    if kind in _COLLECTIONS:
        return tuple([_shape(each, flat) for each in _filled(value)])
    if (names := _names(kind)) is None:
        return value
    inside = [getattr(value, name) for name in names]
    return (kind, *[each if isinstance(each, str) else _shape(each, flat) for each in inside])


@cache
def _names(kind: Any) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def _written(build: Callable[..., Any], values: Iterable[Any]) -> _Text:
    stand_ins: dict[Any, int] = {}

    def put(value: Any) -> Any:
        number = len(stand_ins)
        made = f"\x02{number:06}\x02" if isinstance(value, str) else _FIRST + number
        stand_ins[made] = number
        return made

    query = build(*(_walked(value, put) for value in values))
    sql, given = query.sql()
    places = tuple((True, stand_ins[v]) if isinstance(v, int | str) and v in stand_ins else (False, v) for v in given)
    if {what for put_in, what in places if put_in} != set(stand_ins.values()):
        raise ValueError(f"{build.__qualname__} does not hand its values on as they are")
    return _Text(sql, places, query)


def _walked(value: Any, leaf: Leaf) -> Any:
    """`value` with `leaf` done to each of its values; a collection becomes a tuple, filled up to a power of two."""
    if type(value) in (int, str):
        return leaf(value)
    if type(value) in _COLLECTIONS:
        return tuple(_walked(each, leaf) for each in _filled(value))
    if is_dataclass(value) and not isinstance(value, type):
        inside = ((name, getattr(value, name)) for name in _names(value.__class__) or ())
        return replace(value, **{name: _walked(each, leaf) for name, each in inside if not isinstance(each, str)})
    return value


def _filled(found: Sequence[Any] | frozenset[Any]) -> Sequence[Any]:
    values = sorted(found) if isinstance(found, frozenset) else found
    short = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
    return [*values, *([values[-1]] * short)] if short else values
