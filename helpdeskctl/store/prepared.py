"""Single rows without building a query: the statements that every mail runs, compiled once per shape.

Building an insert of a wide table costs peewee several times what the database takes to run it. These say the
same in one line and keep the text. Anything with a condition that is more than "equals" is an ordinary query.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from helpdeskctl.store.database import Database
from helpdeskctl.store.orm import AutoField, Field, IntegerField, TextField, is_postgres
from helpdeskctl.store.tables import Row

R = TypeVar("R", bound=Row)
_AS_IT_IS: Mapping[type[Field[Any]], type] = {TextField: str, IntegerField: int, AutoField: int}
"""Fields whose values of this type pass unchanged in both directions."""


def insert(table: type[Row], **values: Any) -> int:
    """Insert one row, with the model's defaults for what is not given; returns its id (0 for a table without one)."""
    meta = table._meta
    given = _with_defaults(table, values)
    postgres = is_postgres(meta.database)
    sql, fields = _insert(table, tuple(given), postgres)
    cursor = meta.database.execute_sql(sql, _bound(fields, given.values(), postgres=postgres))
    if not isinstance(meta.primary_key, AutoField):
        return 0
    return int(cursor.fetchone()[0] if postgres else cursor.lastrowid)


def insert_later(database: Database, table: type[Row], **values: Any) -> bool:
    """Put off a row whose id nobody needs and that nobody reads soon (`Database.put_off`); False: insert it now."""
    given = _with_defaults(table, values)
    postgres = is_postgres(table._meta.database)
    sql, fields = _insert(table, tuple(given), postgres)
    sql = sql.removesuffix(' RETURNING "id"').replace("%s", "?")
    return database.put_off(
        sql, lambda rows: database.execute_many(sql, rows), _bound(fields, given.values(), postgres=postgres)
    )


def insert_all(table: type[Row], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows that name the same columns, with the model's defaults for others; their ids in the same order.

    For a table whose id counts up by itself. On Postgres, where each statement waits for its answer, it is one.
    """
    if not rows:
        return []
    meta = table._meta
    if not is_postgres(meta.database):
        return [insert(table, **row) for row in rows]
    given = [_with_defaults(table, row) for row in rows]
    sql, fields = _insert(table, tuple(given[0]), True)
    head, _, one = sql.removesuffix(' RETURNING "id"').partition(" VALUES ")
    values = [value for row in given for value in _bound(fields, row.values(), postgres=True)]
    cursor = meta.database.execute_sql(f'{head} VALUES {", ".join([one] * len(given))} RETURNING "id"', values)
    return [int(row[0]) for row in cursor.fetchall()]


def insert_once(table: type[Row], **values: Any) -> bool:
    """Insert one row of given columns alone, unless a unique one stands in its place; returns whether it was new."""
    meta = table._meta
    postgres = is_postgres(meta.database)
    sql, fields = _insert(table, tuple(values), postgres)
    sql = f"{sql.partition(' RETURNING')[0]} ON CONFLICT DO NOTHING"
    return bool(meta.database.execute_sql(sql, _bound(fields, values.values(), postgres=postgres)).rowcount)


def one(table: type[R], **equals: Any) -> R | None:
    """The row whose columns equal these values (never None), or None."""
    meta = table._meta
    postgres = is_postgres(meta.database)
    sql, fields = _select(table, tuple(equals), postgres, " LIMIT 1")
    values = _bound(_fields(table, tuple(equals)), equals.values(), postgres=postgres)
    row = meta.database.execute_sql(sql, values).fetchone()
    return None if row is None else _made(table, fields, row)


def every(table: type[R], **equals: Any) -> list[R]:
    """The rows whose columns equal these values (never None), by their first column; without any, a whole table."""
    meta = table._meta
    postgres = is_postgres(meta.database)
    sql, fields = _select(table, tuple(equals), postgres, " ORDER BY 1")
    values = _bound(_fields(table, tuple(equals)), equals.values(), postgres=postgres)
    rows = meta.database.execute_sql(sql, values).fetchall()
    return [_made(table, fields, row) for row in rows]


def the(table: type[R], key: int) -> R:
    """The row whose id is `key`, which a foreign key says is there. LookupError when it is not: a fault of ours."""
    row = one(table, id=key)
    if row is None:
        raise LookupError(f"{table._meta.table_name} {key}")
    return row


def update(table: type[Row], key: int, **values: Any) -> int:
    """Write columns of the row whose id is `key`; returns how many rows that were."""
    meta = table._meta
    postgres = is_postgres(meta.database)
    sql, fields = _update(table, tuple(values), postgres)
    return int(meta.database.execute_sql(sql, [*_bound(fields, values.values(), postgres=postgres), key]).rowcount)


def _with_defaults(table: type[Row], values: Mapping[str, Any]) -> dict[str, Any]:
    defaults = table._meta.defaults.items()
    return {field.name: default() if callable(default) else default for field, default in defaults} | dict(values)


def _made(table: type[R], fields: Iterable[Field[Any]], row: Iterable[Any]) -> R:
    """A row object, its data put in at once: by its constructor every column would pass its descriptor."""
    made = table(__no_default__=True)
    made.__data__ = {
        field.name: value if type(field) in _AS_IT_IS else field.python_value(value)  # type: ignore[no-untyped-call]  # as above
        for field, value in zip(fields, row, strict=True)
    }
    return made


def _bound(fields: Iterable[Field[Any]], values: Iterable[Any], *, postgres: bool) -> list[Any]:
    """The values as the driver takes them; on SQLite JSON is its text, where a query would wrap it in a function."""
    return [
        value
        if value is None or type(value) is _AS_IT_IS.get(type(field))
        else json.dumps(value, separators=(",", ":"))
        if field.field_type == "JSON" and not postgres
        else field.db_value(value)  # type: ignore[no-untyped-call]  # untyped in the stubs
        for field, value in zip(fields, values, strict=True)
    ]


def _fields(table: type[Row], names: tuple[str, ...]) -> list[Field[Any]]:
    return [table._meta.fields[name] for name in names]


@cache
def _insert(table: type[Row], names: tuple[str, ...], postgres: bool) -> tuple[str, list[Field[Any]]]:
    mark = "%s" if postgres else "?"
    columns = ", ".join(f'"{name}"' for name in names)
    sql = f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({", ".join([mark] * len(names))})'  # noqa: S608  # names of our own tables
    returning = ' RETURNING "id"' if postgres and isinstance(table._meta.primary_key, AutoField) else ""
    return sql + returning, _fields(table, names)


@cache
def _select(table: type[Row], names: tuple[str, ...], postgres: bool, end: str) -> tuple[str, list[Field[Any]]]:
    mark = "%s" if postgres else "?"
    fields = table._meta.sorted_fields
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    where = " WHERE " + " AND ".join(f'"{name}" = {mark}' for name in names) if names else ""
    return f'SELECT {columns} FROM "{table._meta.table_name}"{where}{end}', fields  # noqa: S608  # as above


@cache
def _update(table: type[Row], names: tuple[str, ...], postgres: bool) -> tuple[str, list[Field[Any]]]:
    mark = "%s" if postgres else "?"
    sets = ", ".join(f'"{name}" = {mark}' for name in names)
    return f'UPDATE "{table._meta.table_name}" SET {sets} WHERE "id" = {mark}', _fields(table, names)  # noqa: S608  # as above
