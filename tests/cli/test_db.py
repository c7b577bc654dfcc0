"""`helpdeskctl db`, and what other commands say of a schema that does not fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from helpdeskctl.config import load
from helpdeskctl.store import schema
from helpdeskctl.store.schema import Migration
from tests.cli.conftest import Call


def set_version(config: Path, version: int) -> None:
    database = sqlite3.connect(load(config, {}).database.url.removeprefix("sqlite:///"))
    with database:
        database.execute("UPDATE schema_version SET version = ?", (version,))
    database.close()


def test_status_tells_what_is_there_and_what_is_needed(call: Call, sqlite_config: Path) -> None:
    newest = schema.newest()
    assert call("db", "status", "-o", "json", config=sqlite_config).json == {
        "database": load(sqlite_config, {}).database.url,
        "schema": newest,
        "needed": newest,
        "state": "current",
    }


def test_a_newer_schema_stops_every_command_but_those_that_tell(call: Call, sqlite_config: Path) -> None:
    set_version(sqlite_config, 99)
    answer = call("overview", config=sqlite_config)
    assert answer.code == 78
    assert "newer than this program" in answer.err
    assert call("db", "upgrade", config=sqlite_config).code == 78
    assert call("db", "status", "-o", "json", config=sqlite_config).json["state"] == "newer"
    assert call("version", config=sqlite_config).code == 0
    assert call("config", "show", config=sqlite_config).code == 0


def test_an_older_schema_is_brought_forward(call: Call, sqlite_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = schema.newest()
    steps = (*schema.migrations(), Migration(newest + 1, "add_a_table", "CREATE TABLE added (id INTEGER);"))
    monkeypatch.setattr(schema, "migrations", lambda folder=None: steps)
    answer = call("overview", config=sqlite_config)
    assert answer.code == 78
    assert answer.err.endswith("  try: helpdeskctl db upgrade\n")
    assert call("db", "upgrade", "--check", config=sqlite_config).code == 1
    assert f"done     {newest + 1:04} add_a_table" in call("db", "upgrade", config=sqlite_config).out
    assert call("db", "upgrade", "--check", config=sqlite_config).code == 0
    assert call("db", "upgrade", config=sqlite_config).out == f"ok       nothing to do: schema {newest + 1}\n"
    assert call("overview", config=sqlite_config).code == 0


def test_an_upgrade_waits_for_no_running_job(call: Call, sqlite_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdeskctl.desk import open_desk

    steps = (*schema.migrations(), Migration(schema.newest() + 1, "more", "CREATE TABLE more (id INTEGER);"))
    desk = open_desk(load(sqlite_config, {}))
    monkeypatch.setattr(schema, "migrations", lambda folder=None: steps)
    with desk.lock("mail.fetch"):
        answer = call("db", "upgrade", config=sqlite_config)
    assert answer.code == 75
    assert "mail.fetch is running" in answer.err


def test_an_empty_database_is_told_how_to_begin(call: Call, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'installation = "x"\n[paths]\ndata = "{tmp_path}"\n')
    assert call("db", "status", "-o", "json", config=config).json["state"] == "empty"
    answer = call("overview", config=config)
    assert answer.code == 78
    assert answer.err.endswith("  try: helpdeskctl init\n")
