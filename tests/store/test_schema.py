"""Versions of the schema: created once, brought forward step by step, refused when strange."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import ConfigError, HelpdeskError
from helpdeskctl.store import schema
from helpdeskctl.store.tables import SchemaVersion

NEXT = schema.newest() + 1


@pytest.fixture
def steps() -> tuple[schema.Migration, ...]:
    """Two migrations of which the second fails in its second statement."""
    broken = "CREATE TABLE half (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n"
    return (
        schema.Migration(NEXT, "colour", "ALTER TABLE tag ADD COLUMN colour TEXT;\n"),
        schema.Migration(NEXT + 1, "broken", broken),
    )


def test_a_fresh_desk_has_the_version_the_code_works_with(desk: Desk) -> None:
    assert schema.version(desk.database) == schema.newest()
    schema.check(desk.database)


def test_upgrading_applies_each_missing_step_once(desk: Desk, steps: tuple[schema.Migration, ...]) -> None:
    first = list(schema.upgrade(desk.database, now=desk.now(), steps=steps[:1]))
    again = list(schema.upgrade(desk.database, now=desk.now(), steps=steps[:1]))
    assert [step.name for step in first] == ["colour"]
    assert again == []
    desk.database.execute("SELECT colour FROM tag")


def test_a_step_that_fails_leaves_nothing_of_itself(desk: Desk, steps: tuple[schema.Migration, ...]) -> None:
    with pytest.raises(Exception, match="nowhere"):
        list(schema.upgrade(desk.database, now=desk.now(), steps=steps))
    assert schema.version(desk.database) == NEXT
    assert "half" not in desk.database.orm.get_tables()


@pytest.mark.parametrize(("number", "words"), [(99, "newer"), (0, "older")])
def test_another_version_is_refused_with_the_command_that_helps(desk: Desk, number: int, words: str) -> None:
    SchemaVersion.delete().execute()
    SchemaVersion.insert(version=number, applied_at=desk.now()).execute()
    with pytest.raises(ConfigError, match=words) as refusal:
        schema.check(desk.database)
    assert refusal.value.hint


def test_an_empty_database_is_no_desk(desk: Desk) -> None:
    desk.database.execute("DROP TABLE schema_version")
    with pytest.raises(ConfigError, match="no desk"):
        schema.check(desk.database)


def test_a_gap_in_the_numbers_is_found(tmp_path: Path) -> None:
    (tmp_path / "0003_late.sql").write_text("SELECT 1;\n")
    with pytest.raises(ValueError, match="gap"):
        schema.migrations(tmp_path)


def test_creating_twice_changes_nothing(desk: Desk) -> None:
    with pytest.raises((HelpdeskError, Exception)):
        schema.create(desk.database, now=desk.now())
    schema.check(desk.database)
