"""The desks that other tests stand on are fresh and their own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helpdeskctl import config
from helpdeskctl.desk import Desk
from helpdeskctl.store import schema
from tests.clock import SteppedClock
from tests.desks import NewDatabase


def add_team(desk: Desk, key: str) -> None:
    desk.database.transact(lambda: desk.database.execute("INSERT INTO team (key, name) VALUES (?, ?)", (key, key)))


def count_teams(desk: Desk) -> int:
    return int(desk.database.execute("SELECT count(*) FROM team").fetchone()[0])


def test_a_desk_is_laid_out_and_empty_and_keeps_what_is_written(desk: Desk, database_kind: str) -> None:
    assert desk.database.kind == database_kind
    assert schema.version(desk.database) == schema.newest()
    assert count_teams(desk) == 0
    add_team(desk, "first")
    assert count_teams(desk) == 1


def test_the_next_desk_knows_nothing_of_the_one_before(desk: Desk) -> None:
    assert count_teams(desk) == 0


def test_each_new_database_is_another(new_database: NewDatabase) -> None:
    assert new_database() != new_database()


def test_the_clock_of_a_desk_moves_when_it_is_moved(desk: Desk, clock: SteppedClock) -> None:
    before = desk.now()
    clock.advance(90)
    assert (desk.now() - before).total_seconds() == 90


def test_the_config_file_is_one_a_command_can_be_given(desk: Desk) -> None:
    path = desk.config.path
    assert path is not None
    assert config.load(path, {}) == desk.config
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_of_the_developers_machine_reaches_a_test(tmp_path: Path) -> None:
    assert not [name for name in os.environ if name.startswith("HELPDESK_") and "CONFIG" in name]
    assert config.find(None, os.environ) is None
    assert os.environ["LC_ALL"] == "C.UTF-8"
    assert Path.home().is_relative_to(tmp_path.parent.parent)
