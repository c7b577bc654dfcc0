"""`helpdeskctl doctor`: its lines, its codes, and one line for monitoring."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Call
from tests.servers.clamd import Clamd


def test_what_is_wrong_is_told_with_what_mends_it(call: Call, sqlite_config: Path) -> None:
    answer = call("doctor", config=sqlite_config)
    assert answer.code == 1
    assert "error    cron: cron has never run" in answer.out
    assert "\n  try: helpdeskctl cron install\n" in answer.out
    assert answer.out.splitlines()[-1].startswith("checked  ")


def test_the_level_decides_the_code(call: Call, sqlite_config: Path) -> None:
    call("department", "create", "support", "--name", "Support", config=sqlite_config)
    words = ("mailbox", "create", "support@example.org", "--department", "support", "--smtp", "sendmail:", "--no-test")
    assert call(*words, config=sqlite_config).code == 0
    only = ("doctor", "--only", "mail")
    assert call(*only, config=sqlite_config).code == 0  # a note is no problem
    assert call(*only, "--fail-level", "note", config=sqlite_config).code == 1
    assert call(*only, "--fail-level", "soon", config=sqlite_config).code == 2
    assert call("doctor", "--only", "dns", config=sqlite_config).code == 65
    assert call("doctor", "--fail-level", "error", "-q", config=sqlite_config).code == 1


def test_programs_get_every_check(call: Call, sqlite_config: Path) -> None:
    rows = call("doctor", "-o", "json", config=sqlite_config).json
    assert {"level", "area", "check", "text", "mend", "object"} == set(rows[0])
    assert {"ok", "error"} <= {row["level"] for row in rows}


def test_monitoring_gets_one_line(call: Call, sqlite_config: Path) -> None:
    answer = call("doctor", "--nagios", config=sqlite_config)
    assert answer.code == 2
    assert answer.out.startswith("HELPDESK CRITICAL: ") and answer.out.count("\n") == 1
    assert "| errors=1" in answer.out
    assert call("doctor", "--nagios", "--only", "db", config=sqlite_config).code == 0


def test_a_desk_of_another_schema_is_told_what_to_do(call: Call, sqlite_config: Path, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "desk.db") as database:
        database.execute("UPDATE schema_version SET version = 1")
    answer = call("doctor", config=sqlite_config)
    assert answer.code == 1 and "helpdeskctl db upgrade" in answer.out


def test_servers_are_asked_when_that_is_wanted(call: Call, sqlite_config: Path) -> None:
    call("department", "create", "support", "--name", "Support", config=sqlite_config)
    words = ("mailbox", "create", "support@example.org", "--department", "support", "--smtp", "smtp://localhost:1")
    assert call(*words, "--no-test", config=sqlite_config).code == 0
    assert call("doctor", "--only", "mail", config=sqlite_config).code == 0
    answer = call("doctor", "--only", "mail", "--network", config=sqlite_config)
    assert answer.code == 1
    assert "error    mail: mailbox support@example.org: localhost cannot be reached" in answer.out
    assert "  try: helpdeskctl mailbox edit support@example.org --smtp URL" in answer.out
    assert call("doctor", "--only", "db", "--network", config=sqlite_config).code == 0


def test_a_virus_scanner_that_does_not_answer_is_told(call: Call, sqlite_config: Path, tmp_path: Path) -> None:
    before = call("doctor", "--only", "mail", "--network", config=sqlite_config)
    assert "virus scanner" not in before.out + before.err
    with sqlite_config.open("a") as config:
        config.write(f'\n[mail]\nclamd = "unix:{tmp_path}/nobody"\n')
    answer = call("doctor", "--only", "mail", "--network", config=sqlite_config)
    assert answer.code == 1
    assert f"error    mail: the virus scanner at unix:{tmp_path}/nobody cannot be asked" in answer.out
    assert "  try: start clamd, or mend mail.clamd in config.toml" in answer.out


def test_a_virus_scanner_that_answers_is_well(call: Call, sqlite_config: Path, clamd: Clamd) -> None:
    with sqlite_config.open("a") as config:
        config.write(f'\n[mail]\nclamd = "{clamd.unix}"\n')
    answer = call("doctor", "--only", "mail", "--network", "-v", config=sqlite_config)
    assert f"ok       mail: the virus scanner at {clamd.unix} answers" in answer.out + answer.err
