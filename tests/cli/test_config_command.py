"""`helpdeskctl config`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.cli.conftest import Call


def test_show_tells_each_value_and_where_it_comes_from(call: Call, sqlite_config: Path) -> None:
    rows = call(
        "config", "show", "--origin", "-o", "json", config=sqlite_config, environ={"HELPDESK_LOG_LEVEL": "debug"}
    ).json
    by_key = {row["key"]: row for row in rows}
    assert by_key["installation"]["origin"] == f"{sqlite_config}:1"
    assert (by_key["log.level"]["value"], by_key["log.level"]["origin"]) == ("debug", "HELPDESK_LOG_LEVEL")
    assert by_key["mail.alert_after"] == {"key": "mail.alert_after", "value": 1800, "origin": "default"}
    assert "origin" not in call("config", "show", "-o", "json", config=sqlite_config).json[0]


def test_check_names_every_problem_at_once(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("instalation = 'x'\n[portal]\nthreads = 0\n")
    answer = call("config", "check", path)
    assert answer.code == 78
    assert answer.err.count("helpdeskctl: error:") == 5
    assert "did you mean installation?" in answer.err
    assert f"{path}:3 portal.threads: must be a whole number from 1 to 256, not 0" in answer.err


def test_check_warns_of_an_open_mode_and_is_strict_when_told(call: Call, sqlite_config: Path) -> None:
    assert call("config", "check", config=sqlite_config).err == ""
    sqlite_config.chmod(0o644)
    answer = call("config", "check", config=sqlite_config)
    assert (answer.code, "0640" in answer.err) == (0, True)
    assert call("config", "check", "--strict", config=sqlite_config).code == 77


def test_the_printed_example_is_a_configuration(call: Call, tmp_path: Path) -> None:
    said = call("config", "example").out
    assert tomllib.loads(said)["portal"]["threads"] == 8
    path = tmp_path / "config.toml"
    path.write_text(said)
    path.chmod(0o640)
    assert call("config", "check", path).out == f"ok       {path}\n"


def test_without_a_configuration_commands_say_how_to_get_one(call: Call) -> None:
    answer = call("overview")
    assert answer.code == 78
    assert answer.err.endswith("  try: helpdeskctl init --admin EMAIL\n")


def test_a_named_file_that_is_not_there_is_no_input(call: Call, tmp_path: Path) -> None:
    assert call("overview", "-C", tmp_path / "absent.toml").code == 66
