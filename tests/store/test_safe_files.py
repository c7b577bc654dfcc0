"""Many files put in place at once: all of them whole, or none of them half."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpdeskctl.store import safe_files


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_more_files_than_may_be_open_are_all_put_in_place(tmp_path: Path) -> None:
    wanted = {f"{n % 7}/{n}": os.urandom(100) for n in range(200)}
    safe_files.write_all({tmp_path / name: data for name, data in wanted.items()})
    assert contents(tmp_path) == wanted


def test_a_file_that_is_there_stays_and_is_young_again(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"whole")
    os.utime(path, (0, 0))
    safe_files.write_all({path: b"other"})
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mtime > 0


def test_what_fails_midway_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="b"):
        safe_files.write_all({tmp_path / "a" / "one": b"1", tmp_path / "b" / "two": b"2"})
    assert contents(tmp_path) == {"b": b"a file where the folder should be"}


def test_a_sync_that_fails_leaves_nothing_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        safe_files.write_all({tmp_path / "one": b"1", tmp_path / "two": b"2"})
    assert contents(tmp_path) == {}
