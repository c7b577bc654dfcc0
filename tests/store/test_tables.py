"""The models, schema.sql and both databases say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.resources import resource_text
from helpdeskctl.store import schema, tables
from helpdeskctl.store.orm import AutoField, IntegerField, TextField

MODELS = [getattr(tables, name) for name in tables.__all__ if name not in {"Row", "proxy"}]
_OF_SQLITE = {"INTEGER": "integer", "TEXT": "text", "BLOB": "bytes"}
_OF_POSTGRES = {
    "bigint": "integer",
    "text": "text",
    "bytea": "bytes",
    "timestamp with time zone": "time",
    "jsonb": "json",
}


def _kind(field: Any) -> str:
    """What a model's field holds, in one word."""
    named = {"TIMESTAMPTZ": "time", "JSON": "json", "BLOB": "bytes", "BYTEA": "bytes"}.get(field.field_type)
    if named:
        return named
    if isinstance(field, AutoField | IntegerField):
        return "integer"
    assert isinstance(field, TextField)
    return "text"


def _columns(desk: Desk, table: str) -> dict[str, tuple[str, bool]]:
    """Column -> (what it holds, may it be NULL), as the database has it."""
    if desk.database.kind == "postgres":
        rows = desk.database.execute(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = ?", (table,)
        )
        return {name: (_OF_POSTGRES[type_], nullable == "YES") for name, type_, nullable in rows}
    rows = desk.database.execute(f"PRAGMA table_info({table})")
    return {row[1]: (_OF_SQLITE[row[2]], not row[3] and not row[5]) for row in rows}


def _indexes(sql: str) -> set[str]:
    return set(re.findall(r"CREATE (?:UNIQUE )?INDEX (\w+)", sql))


def test_every_table_of_the_data_dictionary_has_a_model_and_the_other_way_round() -> None:
    written = set(re.findall(r"^CREATE TABLE (\w+)", resource_text("schema.sql"), re.M))
    assert {model._meta.table_name for model in MODELS} == written


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_model_has_the_columns_types_and_nulls_of_the_database(desk: Desk, model: Any) -> None:
    has = _columns(desk, model._meta.table_name)
    says = {f.column_name: (_kind(f), bool(f.null)) for f in model._meta.sorted_fields}
    if desk.database.kind == "sqlite":  # where times and JSON are text
        says = {name: ("text" if kind in {"time", "json"} else kind, null) for name, (kind, null) in says.items()}
    assert says == has


def test_both_databases_have_every_index_of_the_data_dictionary(desk: Desk) -> None:
    if desk.database.kind == "postgres":
        rows = desk.database.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    else:
        rows = desk.database.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    assert _indexes(resource_text("schema.sql")) <= {row[0] for row in rows}


def test_times_go_in_and_out_as_the_same_instant_and_sort_as_time(desk: Desk) -> None:
    from datetime import datetime, timedelta, timezone

    east = datetime(2026, 5, 4, 14, 0, tzinfo=timezone(timedelta(hours=5)))
    later = east + timedelta(microseconds=1)
    for name, at in (("b", later), ("a", east)):
        tables.Team.insert(key=name, name=name).execute()
        tables.Event.insert(at=at, verb=name, actor_kind="system").execute()
    found = [(e.verb, e.at) for e in tables.Event.select().order_by(tables.Event.at)]
    assert found == [("a", east), ("b", later)]
    assert found[0][1].utcoffset() == timedelta(0)
    assert tables.Event.select().where(tables.Event.at == east).count() == 1


def test_a_naive_time_is_refused(desk: Desk) -> None:
    from datetime import datetime

    with pytest.raises(ValueError, match="naive"):
        tables.Event.insert(at=datetime(2026, 5, 4), verb="x", actor_kind="system").execute()  # noqa: DTZ001  # the point


def test_postgres_words_replace_all_that_sqlite_alone_understands() -> None:
    translated = "\n".join(schema.statements(resource_text("schema.sql"), "postgres"))
    code = re.sub(r"--.*", "", translated)
    assert not re.search(r"\b(AUTOINCREMENT|INTEGER|BLOB)\b|/\*", code)
