"""Transactions: retried where that can help, rolled back whole, explained where it cannot."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import ConfigError, StorageFailed, TryAgain
from helpdeskctl.store import prepared
from helpdeskctl.store.database import Database, transaction
from helpdeskctl.store.tables import Event, Setting, Team


@transaction
def _rename(desk: Desk, to: str) -> None:
    Team.update(name=to).execute()


def test_nested_verbs_join_one_transaction_and_fall_together(desk: Desk) -> None:
    Team.insert(key="t", name="before").execute()

    @transaction
    def outer(desk: Desk) -> None:
        _rename(desk, "inner")
        raise RuntimeError("after the inner verb")

    with pytest.raises(RuntimeError):
        outer(desk)
    assert Team.get().name == "before"


def test_a_rehearsal_leaves_nothing(desk: Desk) -> None:
    Team.insert(key="t", name="before").execute()
    with desk.database.rehearsal():
        _rename(desk, "rehearsed")
        assert Team.get().name == "rehearsed"
    assert Team.get().name == "before"


def test_after_commit_runs_once_the_outermost_transaction_is_in(desk: Desk) -> None:
    seen: list[int] = []

    @transaction
    def verb(desk: Desk) -> None:
        Setting.insert(key="k", value=1).execute()
        desk.database.after_commit(lambda: seen.append(Setting.select().count()))
        assert seen == []

    verb(desk)
    assert seen == [1]


def test_two_writers_who_read_first_both_get_their_turn(desk: Desk) -> None:
    Setting.insert(key="n", value=0).execute()

    @transaction
    def add_one(desk: Desk) -> None:
        query = Setting.select().where(Setting.key == "n")
        row = (query.for_update() if desk.database.kind == "postgres" else query).get()
        Setting.update(value=row.value + 1).where(Setting.key == "n").execute()

    def work() -> None:
        with desk.connected():
            for _ in range(20):
                add_one(desk)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Setting.get(Setting.key == "n").value == 80


def test_a_lost_postgres_connection_is_taken_up_again_before_the_commit(desk: Desk) -> None:
    if desk.database.kind == "sqlite":
        assert desk.database.path is not None  # a file has no connection to lose
        return
    tries: list[int] = []

    @transaction
    def verb(desk: Desk) -> None:
        tries.append(1)
        if len(tries) == 1:
            desk.database.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        Setting.insert(key="k", value=1).execute()

    verb(desk)
    assert len(tries) == 2
    assert Setting.select().count() == 1


def test_a_locked_file_is_try_again(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "desk.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    database.orm.timeout = 0.05
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(TryAgain, match="another process"):
            database.transact(lambda: database.execute("DELETE FROM setting"))
    finally:
        other.close()


def test_a_full_database_is_a_storage_failure(desk: Desk) -> None:
    if desk.database.kind == "postgres":
        return  # its disk is the server's; the sqlstate 53100 is mapped by the same line
    pages = desk.database.execute("PRAGMA page_count").fetchone()[0]
    desk.database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFailed, match="cannot be written"):
        desk.database.transact(lambda: Setting.insert(key="big", value="x" * 1_000_000).execute())


def test_a_database_that_is_away_is_try_again() -> None:
    pytest.importorskip("psycopg", reason="the Postgres driver is not installed")
    database = Database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(TryAgain, match="not reachable"), database.connected():
        pass


def test_the_name_of_a_database_never_shows_its_password() -> None:
    pytest.importorskip("psycopg", reason="the Postgres driver is not installed")
    assert "p%40ss" not in Database("postgresql://ada:p%40ss@db/desk").name


def test_an_unknown_scheme_is_a_configuration_fault() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        Database("mysql://x/y")


def test_what_is_put_off_is_written_at_the_end_and_not_at_all_where_its_savepoint_is_undone(desk: Desk) -> None:
    def row(verb: str) -> bool:
        values = {"at": desk.now(), "verb": verb, "actor_kind": "system", "actor_label": "", "data": {}}
        return prepared.insert_later(desk.database, Event, **values)

    def written() -> list[str]:
        return [event.verb for event in Event.select().order_by(Event.id)]

    assert row("outside") is False
    with desk.database.orm.atomic():
        with desk.database.together():
            with desk.database.savepoint():
                assert row("first")
            with contextlib.suppress(ValueError), desk.database.savepoint():
                row("undone")
                desk.database.catch_up()
                assert written() == ["first", "undone"]
                raise ValueError
            row("last")
            assert written() == []
        assert written() == ["first", "last"]
    assert row("outside") is False
