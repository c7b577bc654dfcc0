"""Bytes by what they are: kept before they are named, read back whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, StorageFailed
from helpdeskctl.store.tables import Blob


def test_what_was_put_comes_back(desk: Desk) -> None:
    data = os.urandom(70_000) + b"a" * 70_000
    sha256 = desk.blobs.put(data, now=desk.now())
    assert desk.blobs.get(sha256) == data
    assert Blob.get().size == len(data)


def test_the_same_bytes_are_kept_once(desk: Desk) -> None:
    first, second = (desk.blobs.put(b"same", now=desk.now()) for _ in range(2))
    assert first == second
    assert Blob.select().count() == 1


def test_unknown_bytes_are_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.blobs.get("0" * 64)


def test_files_and_folders_are_the_owners_alone_even_under_an_open_umask(desk: Desk) -> None:
    before = os.umask(0)
    try:
        desk.blobs.put(b"secret", now=desk.now())
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in desk.blobs.root.rglob("*")}
    assert modes <= {0}


def test_bytes_changed_on_disk_are_noticed(desk: Desk) -> None:
    if desk.database.kind == "postgres":
        sha256 = desk.blobs.put(b"one", now=desk.now())
        other = desk.blobs.put(b"two", now=desk.now())
        Blob.update(data=Blob.get(Blob.sha256 == other).data).where(Blob.sha256 == sha256).execute()
    else:
        sha256 = desk.blobs.put(b"one", now=desk.now())
        other = desk.blobs.put(b"two", now=desk.now())
        path = desk.blobs._path(sha256)
        path.write_bytes(desk.blobs._path(other).read_bytes())
    with pytest.raises(StorageFailed, match="changed"):
        desk.blobs.get(sha256)


def test_a_folder_that_cannot_be_written_is_a_storage_failure_and_leaves_no_row(desk: Desk) -> None:
    if desk.database.kind == "postgres":
        return  # rows there; the database's own faults are tested beside it
    desk.blobs.root.parent.mkdir(parents=True, exist_ok=True)
    desk.blobs.root.write_text("a file where the folder should be")
    with pytest.raises(StorageFailed):
        desk.blobs.put(b"x", now=desk.now())
    assert Blob.select().count() == 0


def test_many_are_named_together_and_one_that_comes_twice_once(desk: Desk) -> None:
    kept = desk.blobs.keep_all([b"%d" % (n % 150) for n in range(300)])
    desk.blobs.name_all(kept, now=desk.now())
    desk.blobs.name_all(kept[:10], now=desk.now())
    assert Blob.select().count() == 150
    assert [desk.blobs.get(each.sha256) for each in kept[:3]] == [b"0", b"1", b"2"]


def test_what_comes_in_pieces_is_kept_as_what_comes_whole(desk: Desk) -> None:
    data = bytes(range(256)) * 1000
    kept = desk.blobs.keep_pieces(data[at : at + 1000] for at in range(0, len(data), 1000))
    assert (kept.sha256, kept.size) == (hashlib.sha256(data).hexdigest(), len(data))
    desk.blobs.name(kept, now=desk.now())
    assert desk.blobs.get(kept.sha256) == data
    assert desk.blobs.keep(data).sha256 == kept.sha256


def test_pieces_that_stop_coming_leave_nothing_and_say_why_themselves(desk: Desk) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000
        raise ConnectionResetError("the line went dead")

    with pytest.raises(ConnectionResetError):
        desk.blobs.keep_pieces(pieces())
    assert not any(path.is_file() for path in desk.blobs.root.rglob("*"))
