"""The one door to peewee.

peewee imports every database driver it finds, which costs a SQLite desk a quarter of a second at each start. So
drivers that are not loaded yet are hidden while it is imported: whoever opens a Postgres desk loads psycopg first
(`store/database.py`). Everybody else takes peewee's names from here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, cast, overload

_DRIVERS = (
    "psycopg",
    "psycopg2",
    "psycopg2cffi",
    "pysqlcipher3",
    "sqlcipher3",
    "mysql",
    "MySQLdb",
    "pymysql",
)
_hidden = [name for name in _DRIVERS if name not in sys.modules]
for _name in _hidden:
    sys.modules[_name] = None  # type: ignore[assignment]  # None is Python's own mark for "do not import"

import peewee  # noqa: E402  # after the drivers are hidden
from peewee import (  # noqa: E402  # the same
    JOIN,
    SQL,
    AutoField,
    Case,
    CompositeKey,
    DatabaseProxy,
    Expression,
    Field,
    IntegerField,
    IntegrityError,
    InterfaceError,
    Model,
    ModelSelect,
    NodeList,
    OperationalError,
    PeeweeException,
    PostgresqlDatabase,
    SqliteDatabase,
    TextField,
    fn,
)

for _name in _hidden:
    del sys.modules[_name]

__all__ = [
    "JOIN",
    "SQL",
    "AutoField",
    "Case",
    "CompositeKey",
    "DatabaseProxy",
    "Expression",
    "Field",
    "IntegerField",
    "IntegrityError",
    "InterfaceError",
    "Model",
    "ModelSelect",
    "NodeList",
    "OperationalError",
    "PeeweeException",
    "PostgresqlDatabase",
    "SqliteDatabase",
    "TextField",
    "bytes_field",
    "converters_of",
    "flag_field",
    "fn",
    "is_postgres",
    "json_field",
    "postgres_pool",
    "time_field",
]


def is_postgres(database: Any) -> bool:
    """Whether a peewee database, or the proxy in front of it, speaks to Postgres."""
    target = database.obj if isinstance(database, DatabaseProxy) else database
    return isinstance(target, PostgresqlDatabase)


def converters_of(
    query: Any, cursor: Any, unchanged: tuple[type[Field[Any]], ...]
) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """Name and converter of each column of a SELECT that has run; None for fields whose values come `unchanged`."""
    found = peewee.ModelDictCursorWrapper(cursor, query.model, query._returning)
    found.initialize()
    return [
        (name, None if type(field) in unchanged else convert)
        for name, field, convert in zip(found.unique_columns, found.fields, found.converters, strict=True)
    ]


def _let_psycopg_in() -> None:
    """Give peewee the driver that was hidden when it was imported; a module with tables in it may have come first."""
    if vars(peewee)["psycopg"] is not None:
        return
    import psycopg
    from psycopg.pq import TransactionStatus
    from psycopg.types.json import Json, Jsonb

    vars(peewee).update(psycopg=psycopg, TransactionStatus=TransactionStatus, Json_pg3=Json, Jsonb_pg3=Jsonb)
    adapter = vars(peewee)["Psycopg3Adapter"]
    adapter.txn_idle, adapter.txn_inerror = TransactionStatus.IDLE, TransactionStatus.INERROR
    adapter.txn_unknown = TransactionStatus.UNKNOWN


def postgres_pool(name: str, **options: Any) -> PostgresqlDatabase:
    """A pool of psycopg 3 connections."""
    _let_psycopg_in()
    from playhouse.pool import PooledPostgresqlDatabase

    pool: PostgresqlDatabase = PooledPostgresqlDatabase(name, prefer_psycopg3=True, **options)
    return pool


class _TimeField(Field):
    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | str | None) -> datetime | str | None:
        if value is None or isinstance(value, str):
            return value
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        utc = value.astimezone(UTC)
        if is_postgres(self.model._meta.database):
            return utc
        return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    def python_value(self, value: datetime | str | None) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)


class _FlagField(IntegerField):
    def db_value(self, value: bool | int | None) -> int | None:
        return None if value is None else int(value)

    def python_value(self, value: int | None) -> bool | None:
        return None if value is None else bool(value)


class _BytesField(peewee.BlobField):
    def python_value(self, value: bytes | memoryview | None) -> bytes | None:
        return None if value is None else bytes(value)


@overload
def time_field(*, null: Literal[True]) -> Field[datetime | None]: ...
@overload
def time_field(*, null: Literal[False] = False) -> Field[datetime]: ...
def time_field(*, null: bool = False) -> Field[Any]:
    """An instant: aware in and out, UTC. TIMESTAMPTZ on Postgres, sortable text on SQLite. ValueError when naive."""
    return _TimeField(null=null)


@overload
def flag_field(*, null: Literal[True]) -> Field[bool | None]: ...
@overload
def flag_field(*, null: Literal[False] = False, default: bool = False) -> Field[bool]: ...
def flag_field(*, null: bool = False, default: bool | None = None) -> Field[Any]:
    """A yes or no, kept as 1 or 0 so that one schema serves both databases."""
    field: Field[Any] = cast(Any, _FlagField)(null=null, default=default)
    return field


@overload
def bytes_field(*, null: Literal[True]) -> Field[bytes | None]: ...
@overload
def bytes_field(*, null: Literal[False] = False) -> Field[bytes]: ...
def bytes_field(*, null: bool = False) -> Field[Any]:
    """Bytes; BYTEA on Postgres. Read as bytes, never as a memoryview."""
    field: Field[Any] = cast(Any, _BytesField)(null=null)
    return field


def json_field(*, default: Any = None) -> Field[Any]:
    """JSON as text on SQLite, JSONB on Postgres; dicts and lists in and out."""
    field: Field[Any] = peewee.JSONField(default=default)
    return field
