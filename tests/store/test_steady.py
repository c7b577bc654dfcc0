"""Rows of the set-up: read once in a steady stretch of work, each time outside of it."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.tables import Department
from tests.builders import Builder


def rename(key: int, name: str) -> None:
    prepared.update(Department, key, name=name)


def test_outside_a_steady_stretch_a_change_is_seen_at_once(desk: Desk) -> None:
    key = Builder(desk).department("support")
    for name in ("One", "Two"):
        rename(key, name)
        assert steady.the(desk.database, Department, key).name == name


def test_inside_it_what_was_read_stays_and_afterwards_it_is_read_again(desk: Desk) -> None:
    key = Builder(desk).department("support")
    rename(key, "One")
    with desk.database.steady():
        with desk.database.steady():
            assert steady.the(desk.database, Department, key).name == "One"
        rename(key, "Two")
        assert steady.the(desk.database, Department, key).name == "One"
        assert [row.name for row in steady.every(desk.database, Department)] == ["Two"]
    assert steady.the(desk.database, Department, key).name == "Two"


def test_a_question_that_failed_is_asked_again(desk: Desk) -> None:
    with desk.database.steady():
        with pytest.raises(LookupError):
            steady.the(desk.database, Department, 1)
        key = Builder(desk).department("support")
        assert steady.the(desk.database, Department, key).key == "support"
