"""A server's threads keep their connections to SQLite: they see what others write, and a database put in its place."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from helpdeskctl.store.database import Database


@pytest.fixture
def kept(sqlite_template: Path, tmp_path: Path) -> Database:
    """A database of which connections are kept."""
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    database.keep_open()
    return database


def names(database: Database) -> list[str]:
    with database.connected():
        return [row[0] for row in database.execute("SELECT key FROM setting WHERE key LIKE 'test%' ORDER BY 1")]


def write(database: Database, key: str) -> None:
    with database.connected():
        database.transact(lambda: database.execute("INSERT INTO setting (key, value) VALUES (?, '1')", (key,)))


def test_a_thread_keeps_its_connection_and_sees_what_another_wrote(kept: Database) -> None:
    assert names(kept) == []
    with kept.connected():
        first = kept.orm.connection()
    other = threading.Thread(target=write, args=(kept, "test1"))
    other.start()
    other.join()
    assert names(kept) == ["test1"]
    assert kept.orm.connection() is first
    kept.orm.close()


def test_a_database_that_was_put_in_its_place_is_opened_anew(
    kept: Database, sqlite_template: Path, tmp_path: Path
) -> None:
    write(kept, "test1")
    another = Database(f"sqlite:///{tmp_path}/other.db")
    shutil.copyfile(sqlite_template, tmp_path / "other.db")
    write(another, "test2")
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"desk.db{end}").rename(tmp_path / f"old.db{end}")
    (tmp_path / "other.db").rename(tmp_path / "desk.db")
    assert names(kept) == ["test2"]
    kept.orm.close()


def test_without_it_every_block_has_a_connection_of_its_own(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    assert names(database) == []
    assert database.orm.is_closed()
