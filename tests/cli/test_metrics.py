"""`helpdeskctl metrics`: figures for Prometheus, printed or put where node_exporter reads them."""

from __future__ import annotations

import stat
from pathlib import Path

from helpdeskctl.config import Config
from tests.cli.conftest import Call


def test_they_are_printed_as_prometheus_reads_them(call: Call, desk_config: Config) -> None:
    said = call("metrics", config=desk_config.path).out
    assert "# TYPE helpdesk_tickets_late gauge\nhelpdesk_tickets_late 0\n" in said
    assert all(line.startswith(("# HELP helpdesk_", "# TYPE helpdesk_", "helpdesk_")) for line in said.splitlines())


def test_programs_get_them_as_rows(call: Call, sqlite_config: Path) -> None:
    rows = {row["name"]: row for row in call("metrics", "-o", "json", config=sqlite_config).json}
    assert rows["helpdesk_outbox_waiting"]["value"] == 0
    assert rows["helpdesk_build_info"]["labels"].keys() == {"version"}


def test_a_text_file_is_replaced_whole_and_others_may_read_it(call: Call, sqlite_config: Path, tmp_path: Path) -> None:
    place = tmp_path / "metrics" / "helpdesk.prom"
    place.parent.mkdir()
    place.write_text("old")
    before = place.stat().st_ino
    assert call("metrics", "--textfile", str(place), config=sqlite_config).out == ""
    assert "helpdesk_build_info" in place.read_text()
    assert place.stat().st_ino != before, "written in place: a reader could see half of it"
    assert stat.S_IMODE(place.stat().st_mode) == 0o644
    assert list(place.parent.iterdir()) == [place]


def test_a_folder_that_is_not_there_is_said(call: Call, sqlite_config: Path, tmp_path: Path) -> None:
    answer = call("metrics", "--textfile", str(tmp_path / "nowhere" / "x.prom"), config=sqlite_config)
    assert answer.code == 69 and "x.prom cannot be written" in answer.err
