"""Queries whose text is written once: those that a page asks with other values each time.

Building a query of some joins costs peewee several times what the database takes to answer it. So it is built once per
shape, with stand-ins for the values, and afterwards only the values are put in. `store/prepared.py` does the same for
single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from types import SimpleNamespace
from typing import Any

from helpdeskctl.store.orm import AutoField, IntegerField, TextField, converters_of, is_postgres
from helpdeskctl.store.tables import proxy

_FIRST = 1 << 52  # of the numbers that stand in: no id of ours is as large
_AS_IT_IS = (TextField, IntegerField, AutoField)
Leaf = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement; `places` says of each parameter whether it is a constant or which of the values."""

    sql: str
    places: tuple[tuple[bool, Any], ...]
    query: Any
    columns: list[tuple[str, Callable[[Any], Any] | None]]

    def rows(self, values: Sequence[Any]) -> list[SimpleNamespace]:
        cursor = proxy.execute_sql(self.sql, [values[what] if put else what for put, what in self.places])
        found = cursor.fetchall()
        if not self.columns:  # they are known once it has run
            self.columns.extend(converters_of(self.query, cursor, _AS_IT_IS))
        return [
            SimpleNamespace(
                **{
                    name: value if convert is None else convert(value)
                    for (name, convert), value in zip(self.columns, row, strict=True)
                }
            )
            for row in found
        ]


_known: dict[tuple[Any, ...], _Text] = {}


def rows(build: Callable[..., Any], *values: Any) -> list[Any]:
    """The rows that the query `build(*values)` finds, their columns as attributes.

    Numbers and texts are values, also inside a collection, which stands in an IN (there a value twice is as good as
    once), and numbers inside a dataclass. All else belongs to the shape: None, members of an Enum, a dataclass's texts.
    `build` must hand the values on as they are. ValueError when it counts with one or looks into it.
    """
    flat: list[Any] = []

    def take(value: Any) -> type:
        flat.append(value)
        return type(value)

    shape = (build, is_postgres(proxy), *(_walked(value, take) for value in values))
    text = _known.get(shape)
    if text is None:
        text = _known[shape] = _written(build, values)
    return text.rows(flat)


def first(build: Callable[..., Any], *values: Any) -> Any | None:
    """The first of `rows`, or None."""
    return next(iter(rows(build, *values)), None)


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
    return _Text(sql, places, query, [])


def _walked(value: Any, leaf: Leaf) -> Any:
    """`value` with `leaf` done to each of its values; a collection becomes a tuple, filled up to a power of two."""
    if type(value) in (int, str):
        return leaf(value)
    if isinstance(value, frozenset):
        return _filled(sorted(value), leaf)
    if isinstance(value, tuple | list):
        return _filled(value, leaf)
    if is_dataclass(value) and not isinstance(value, type):
        inside = ((field.name, getattr(value, field.name)) for field in fields(value))
        return replace(value, **{name: _walked(each, leaf) for name, each in inside if not isinstance(each, str)})
    return value


def _filled(values: Sequence[Any], leaf: Leaf) -> tuple[Any, ...]:
    short = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
    return tuple(_walked(value, leaf) for value in [*values, *([values[-1]] * short if values else [])])
