"""Databases used again: a copy of a template takes half a second, putting one back to how it was a few milliseconds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, cast

import psycopg

from tests.servers.postgres import Postgres

_ROOM = 20_000_000  # octets a database may have grown before it is thrown away

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
_SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY 1"
_SHAPE = """
SELECT count(*),
       md5(string_agg(c.relname || a.attname || a.atttypid || a.attnotnull, '|' ORDER BY c.relname, a.attnum)),
       (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Pristine:
    """What a database holds when it is new: rows by table, sequences with their positions, the shape of its tables."""

    tables: tuple[str, ...]
    rows: dict[str, bytes]
    sequences: dict[str, tuple[int, bool]]
    shape: tuple[Any, ...]
    size: int


class Recycling:
    """Hands out databases like `template` and takes them back. One per process; `close()` at its end."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._made: list[str] = []
        self._pristine: Pristine | None = None

    def take(self) -> str:
        """Return the name of a database that is as new."""
        if self._free:
            return self._free.pop()
        name = f"{self._template}_{os.getpid()}_{len(self._made)}"
        self._server.create(name, template=self._template)
        self._made.append(name)
        if self._pristine is None:
            with self._connect(name) as connection:
                self._pristine = _look(connection)
        return name

    def give_back(self, name: str) -> None:
        """Put it back to how it was; one whose tables were altered, or that grew, is dropped."""
        assert self._pristine is not None
        self._server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        with self._connect(name) as connection:
            as_new = _restore(connection, self._pristine)
        if as_new:
            self._free.append(name)
        else:
            self._server.drop(name)

    def close(self) -> None:
        """Drop what was made."""
        for name in self._made:
            self._server.drop(name)

    def _connect(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._server.url(name))


def _look(connection: psycopg.Connection[tuple[Any, ...]]) -> Pristine:
    tables = tuple(name for (name,) in connection.execute(_TABLES))
    rows = {table: _copied(connection, table) for table in tables}
    sequences = {}
    for (name,) in connection.execute(_SEQUENCES).fetchall():
        (position,) = connection.execute(_sql(f'SELECT last_value, is_called FROM "{name}"')).fetchall()
        sequences[name] = position
    return Pristine(
        tables,
        {table: data for table, data in rows.items() if data},
        cast("dict[str, tuple[int, bool]]", sequences),
        _shape(connection),
        _size(connection),
    )


def _restore(connection: psycopg.Connection[tuple[Any, ...]], pristine: Pristine) -> bool:
    if _shape(connection) != pristine.shape or _size(connection) > pristine.size + _ROOM:
        return False
    connection.execute("SET session_replication_role = replica")  # no foreign keys, no triggers: any order will do
    connection.execute(_sql("; ".join(f'DELETE FROM "{table}"' for table in pristine.tables)))
    for table, data in pristine.rows.items():
        with connection.cursor().copy(_sql(f'COPY "{table}" FROM STDIN')) as copy:
            copy.write(data)
    positions = ", ".join(
        f"setval('\"{name}\"', {value}, {called})" for name, (value, called) in pristine.sequences.items()
    )
    connection.execute(_sql(f"SELECT {positions}"))
    return True


def _copied(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> bytes:
    with connection.cursor().copy(_sql(f'COPY "{table}" TO STDOUT')) as copy:
        return b"".join(bytes(block) for block in copy)


def _shape(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[Any, ...]:
    (shape,) = connection.execute(_SHAPE).fetchall()
    return shape


def _size(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    ((size,),) = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    return int(size)


def _sql(statement: str) -> bytes:
    """Return a statement that psycopg takes as it is: the names come from the catalogue of our own database."""
    return statement.encode()
