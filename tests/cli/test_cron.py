"""`helpdeskctl cron`: silent when well, quiet at first, heard when it matters."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.config import Config, load
from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotPermitted, TryAgain
from helpdeskctl.operations import jobs, units
from helpdeskctl.operations.jobs import Job
from tests.cli.conftest import Call

faults: list[Exception] = []


def work(desk: Desk, *, stop: jobs.Stop) -> Mapping[str, Any]:
    """The work of the job under test."""
    if faults:
        raise faults[-1]
    return {"fetched": 3}


@pytest.fixture(autouse=True)
def one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.clear()
    monkeypatch.setattr(jobs, "JOBS", (Job("test.job", timedelta(minutes=5), f"{__name__}:work", "Counts."),))


def test_it_is_silent_when_all_is_well(call: Call, desk_config: Config) -> None:
    answer = call("cron", config=desk_config.path)
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_verbose_and_json_tell_what_was_done(call: Call, sqlite_config: Path) -> None:
    assert call("cron", "-v", config=sqlite_config).out == "JOB       STATE  DID\ntest.job  done   fetched=3\n"
    assert call("cron", "-o", "json", config=sqlite_config).json == [{"job": "test.job", "state": "waiting", "did": {}}]


def test_a_temporary_fault_is_silent_at_first_and_recorded(call: Call, sqlite_config: Path) -> None:
    faults.append(TryAgain("the server is away"))
    answer = call("cron", config=sqlite_config)
    assert (answer.code, answer.err) == (0, "")
    (state,) = call("cron", "status", "-o", "json", config=sqlite_config).json
    assert state["ok"] is False
    assert state["failing_since"] is not None
    assert state["summary"] == {"error": "the server is away"}


def test_a_refused_login_is_heard_at_once(call: Call, sqlite_config: Path) -> None:
    faults.append(NotPermitted("login refused", hint="helpdeskctl mailbox password"))
    answer = call("cron", config=sqlite_config)
    assert answer.code == 77
    assert answer.err == "helpdeskctl: error: login refused (test.job)\n  try: helpdeskctl mailbox password\n"


def test_a_job_can_be_run_paused_and_resumed(call: Call, sqlite_config: Path) -> None:
    assert call("cron", "run", "test.job", config=sqlite_config).out == "done     test.job\n"
    assert call("cron", "run", "test.job", config=sqlite_config).out == "waiting  test.job\n"
    assert call("cron", "run", "test.job", "--force", config=sqlite_config).out == "done     test.job\n"
    assert call("cron", "pause", "test.job", config=sqlite_config).out == "updated  job test.job: paused\n"
    assert call("cron", "pause", "test.job", config=sqlite_config).out == "unchanged job test.job\n"
    assert call("cron", "run", "test.job", config=sqlite_config).out == "paused   test.job\n"
    assert call("cron", "resume", "test.job", config=sqlite_config).code == 0
    assert call("cron", "run", "other", config=sqlite_config).code == 67


def test_a_job_that_is_run_by_hand_tells_every_fault(call: Call, sqlite_config: Path) -> None:
    faults.append(TryAgain("the server is away"))
    assert call("cron", "run", "test.job", config=sqlite_config).code == 75


def test_a_database_away_is_silent_for_the_quiet_time_and_then_told_hourly(
    call: Call, sqlite_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HELPDESK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"}
    load(sqlite_config, {}).paths.state.mkdir(exist_ok=True)
    assert call("cron", config=sqlite_config, environ=environ).code == 0
    environ["HELPDESK_MAIL_ALERT_AFTER"] = "1"
    import time

    time.sleep(1)
    answer = call("cron", config=sqlite_config, environ=environ)
    assert answer.code == 75
    assert "helpdeskctl: error:" in answer.err
    assert call("cron", config=sqlite_config, environ=environ).code == 0
    assert call("cron", config=sqlite_config).err.startswith("recovered after ")
    assert call("cron", config=sqlite_config).err == ""


def test_a_line_for_crontab_is_printed_with_resolved_paths(call: Call, sqlite_config: Path) -> None:
    lines = call("cron", "install", "--print", config=sqlite_config).out.splitlines()
    program = units.resolved_program()
    assert program.is_absolute()
    assert lines[1] == "MAILTO=root"
    assert lines[2].startswith("* * * * * ")
    assert lines[2].endswith(f" {program} cron --config {sqlite_config}")


def test_units_are_printed_for_systemd_with_the_folders_they_write(call: Call, sqlite_config: Path) -> None:
    said = call("cron", "install", "--systemd", "--print", config=sqlite_config).out
    for name in (
        "helpdesk-cron.service",
        "helpdesk-cron.timer",
        "helpdesk-portal.service",
        "helpdesk-portal.socket",
        "helpdesk-alert@.service",
    ):
        assert f"# {units.SYSTEMD_FOLDER}/{name}\n" in said
    assert f"ReadWritePaths={load(sqlite_config, {}).paths.data}\n" in said
    assert "{" not in said.replace("{ printf", "")
    assert call("cron", "install", "--systemd", "--crontab", config=sqlite_config).code == 2


def test_the_line_is_written_tried_and_written_again(
    call: Call, sqlite_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "CRON_FOLDER", tmp_path)
    for _ in range(2):
        answer = call("cron", "install", config=sqlite_config)
        assert answer.code == 0, answer.err
        assert answer.out.startswith(f"wrote    {tmp_path}/helpdesk; first run as ")
        assert answer.out.endswith(": ok\n")
    written = tmp_path / "helpdesk"
    assert written.read_text().startswith(units.MARK)
    assert written.read_text().count("\n") == 3
    assert stat.S_IMODE(written.stat().st_mode) == 0o644


def test_a_file_of_somebody_else_is_left_alone(
    call: Call, sqlite_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "CRON_FOLDER", tmp_path)
    (tmp_path / "helpdesk").write_text("# mine\n")
    assert call("cron", "install", config=sqlite_config).code == 73
    assert (tmp_path / "helpdesk").read_text() == "# mine\n"


def test_who_may_not_write_there_is_told_how_else(
    call: Call, sqlite_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "CRON_FOLDER", tmp_path / "absent")
    answer = call("cron", "install", config=sqlite_config)
    assert answer.code == 69
    assert "crontab -" in answer.err
    assert os.listdir(tmp_path)  # the desk is still there  # noqa: PTH208
