"""Every step leads an old desk to the tables of a new one, with what it holds."""

from __future__ import annotations

from pathlib import Path

from helpdeskctl.desk import Desk
from helpdeskctl.store import schema
from helpdeskctl.store.database import Database
from helpdeskctl.store.tables import Block, Mailbox

FIRST = Path(__file__).with_name("versions")

Shape = dict[str, set[tuple[str, ...]]]


def _shape(database: Database) -> Shape:
    """Table -> its columns with type and NULL; `indexes` -> their names and tables."""
    if database.kind == "postgres":
        columns = database.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        ).fetchall()
        indexes = database.execute("SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public'").fetchall()
    else:
        columns = database.execute(
            "SELECT t.name, c.name, c.type, c.\"notnull\", coalesce(c.dflt_value, ''), c.pk"
            " FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        ).fetchall()
        indexes = database.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'").fetchall()
    found: Shape = {"indexes": {tuple(map(str, row)) for row in indexes}}
    for table, *column in columns:
        found.setdefault(table, set()).add(tuple(map(str, column)))
    return found


def _go_back_to_the_first_version(desk: Desk) -> None:
    database = desk.database
    if database.kind == "postgres":
        database.execute("DROP SCHEMA public CASCADE")
        database.execute("CREATE SCHEMA public")
    else:
        database.execute("PRAGMA foreign_keys = OFF")
        virtual = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"  # they own tables
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for question in (virtual, tables):
            for (name,) in database.execute(question).fetchall():
                database.execute(f'DROP TABLE IF EXISTS "{name}"')
    for sql in ((FIRST / "schema-1.sql").read_text(), (FIRST / f"search-1.{database.kind}.sql").read_text()):
        for statement in schema.statements(sql, database.kind):
            database.execute(statement)
    at = desk.now() if database.kind == "postgres" else desk.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    database.execute("INSERT INTO schema_version (version, applied_at) VALUES (1, ?)", (at,))
    if database.kind == "sqlite":
        database.execute("PRAGMA foreign_keys = ON")


def test_a_desk_of_the_first_version_becomes_like_a_new_one(desk: Desk) -> None:
    wanted = _shape(desk.database)
    _go_back_to_the_first_version(desk)
    assert _shape(desk.database) != wanted
    done = list(schema.upgrade(desk.database, now=desk.now()))
    assert [step.version for step in done] == list(range(2, schema.newest() + 1))
    schema.check(desk.database)
    assert _shape(desk.database) == wanted


def test_what_an_old_desk_holds_is_there_afterwards_with_the_defaults_of_what_is_new(desk: Desk) -> None:
    _go_back_to_the_first_version(desk)
    at = desk.now() if desk.database.kind == "postgres" else desk.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    desk.database.execute("INSERT INTO department (key, name, created_at) VALUES ('support', 'Support', ?)", (at,))
    desk.database.execute(
        "INSERT INTO mailbox (address, department_id, created_at) VALUES ('support@example.org', 1, ?)", (at,)
    )
    desk.database.execute("INSERT INTO block (kind, value, at) VALUES ('domain', 'evil.example', ?)", (at,))
    list(schema.upgrade(desk.database, now=desk.now()))
    mailbox, block = Mailbox.get(), Block.get()
    assert (mailbox.address, mailbox.too_large, mailbox.catch_all) == ("support@example.org", "leave", False)
    assert (block.value, block.allow) == ("evil.example", False)
