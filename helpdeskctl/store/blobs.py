"""Attachments and raw mail: bytes by the SHA-256 of what they are, compressed.

Beside SQLite they are files (`ab/cdef...`), in Postgres they are rows, so that hosts share them and one backup holds
all. A file is written, synced and renamed, and its folder synced, before the row that names it can commit.
"""

from __future__ import annotations

import errno
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from helpdeskctl.errors import NotFound, StorageFailed
from helpdeskctl.store import safe_files
from helpdeskctl.store.database import Database

_LEVEL = 1  # zlib: mail is mostly base64 and text, where higher levels cost CPU for a few per cent
_ASKED_AT_ONCE = 500
_PIECE = 1024 * 1024  # octets of what is read a piece at a time
_HELD = 3600  # seconds for which a file that was kept waits for the row that names it

_NAMED_AT_ONCE = 100

_NAME = (
    "INSERT INTO blob (sha256, size, data, created_at) VALUES {}"
    " ON CONFLICT (sha256) DO UPDATE SET created_at = excluded.created_at"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are safe on disk (or in hand, for Postgres) but not yet named by a row."""

    sha256: str
    size: int
    data: bytes | None


class Blobs:
    """The blob store of one desk. `root` is used beside SQLite only."""

    def __init__(self, database: Database, root: Path) -> None:
        self.database = database
        self.root = root

    def keep(self, data: bytes) -> Kept:
        """Make `data` safe without touching the database. StorageFailed when the disk is full or not writable."""
        return self.keep_all([data])[0]

    def keep_all(self, contents: Sequence[bytes]) -> list[Kept]:
        """`keep` for many, in their order, for the price of a few waits for the disk."""
        names = [_sha256(data) for data in contents]
        packed = {name: zlib.compress(data, _LEVEL) for name, data in zip(names, contents, strict=True)}
        if self.database.kind == "postgres":
            return [Kept(name, len(data), packed[name]) for name, data in zip(names, contents, strict=True)]
        try:
            safe_files.write_all({self._path(name): data for name, data in packed.items()})
        except OSError as fault:
            raise self._not_written(fault) from fault
        return [Kept(name, len(data), None) for name, data in zip(names, contents, strict=True)]

    def keep_pieces(self, pieces: Iterable[bytes]) -> Kept:
        """`keep` for something large that comes a piece at a time: beside SQLite no more than a piece is in memory."""
        packing = _Packing(pieces)
        if self.database.kind == "postgres":
            data = b"".join(packing)
            return Kept(packing.sha256, packing.size, data)
        try:
            safe_files.write_pieces(self.root, packing, lambda: self._path(packing.sha256))
        except OSError as fault:
            if fault is packing.fault:
                raise
            raise self._not_written(fault) from fault
        return Kept(packing.sha256, packing.size, None)

    def _not_written(self, fault: OSError) -> StorageFailed:
        return StorageFailed(
            f"the blob store cannot be written: {os.strerror(fault.errno or errno.EIO)}",
            hint=f"make room in {self.root} or mend its mode",
            subject="blob",
        )

    def name(self, kept: Kept, *, now: datetime) -> str:
        """Write the row that names kept bytes, in the present transaction; returns the SHA-256. Twice is once."""
        self.name_all([kept], now=now)
        return kept.sha256

    def name_all(self, kept: Sequence[Kept], *, now: datetime) -> None:
        """`name` for many, in few statements."""
        from helpdeskctl.store.tables import Blob

        # Named anew, a row is locked until the commit and too young for a `forget` that runs at the same time.
        at = Blob.created_at.db_value(now)  # type: ignore[no-untyped-call]  # untyped in the stubs
        # In one order for everybody, so that two who name the same bytes wait for each other one way only.
        ordered = sorted({each.sha256: each for each in kept}.values(), key=lambda each: each.sha256)
        for start in range(0, len(ordered), _NAMED_AT_ONCE):
            some = ordered[start : start + _NAMED_AT_ONCE]
            values = [value for each in some for value in (each.sha256, each.size, each.data, at)]
            self.database.execute(_NAME.format(", ".join(["(?, ?, ?, ?)"] * len(some))), tuple(values))

    def put(self, data: bytes, *, now: datetime) -> str:
        """`keep` and `name` in one step, for small things inside a transaction."""
        return self.name(self.keep(data), now=now)

    def get(self, sha256: str) -> bytes:
        """The bytes. NotFound when there is no such blob, StorageFailed when they are not what their name says."""
        data = zlib.decompress(self._read(sha256))
        if _sha256(data) != sha256:
            raise StorageFailed("stored bytes were changed on disk", subject=f"blob/{sha256[:12]}")
        return data

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes a piece at a time; beside SQLite no more than a piece is in memory.

        NotFound and StorageFailed as `get`; that they were changed is known only after the last piece.
        """
        import hashlib

        digest, unpacking = hashlib.sha256(), zlib.decompressobj()
        for packed in self._packed(sha256):
            left = packed
            while left:
                piece = unpacking.decompress(left, _PIECE)
                digest.update(piece)
                yield piece
                left = unpacking.unconsumed_tail
        yield (rest := unpacking.flush())
        digest.update(rest)
        if digest.hexdigest() != sha256:
            raise StorageFailed("stored bytes were changed on disk", subject=f"blob/{sha256[:12]}")

    def _packed(self, sha256: str) -> Iterator[bytes]:
        if self.database.kind == "postgres":
            yield self._read(sha256)
            return
        try:
            with self._path(sha256).open("rb") as file:
                yield from iter(lambda: file.read(_PIECE), b"")
        except FileNotFoundError as missing:
            raise NotFound("these bytes are not kept (any more)", subject=f"blob/{sha256[:12]}") from missing

    def forget(self, sha256: str, *, named_before: datetime, young: bool = False) -> bool:
        """Remove bytes that no row refers to (the caller has looked, in this transaction), and say whether.

        Bytes that were named since, or kept within the last hour by somebody about to name them, stay; with `young`
        the latter go, too.
        """
        from helpdeskctl.store.tables import Blob

        gone = Blob.delete().where(Blob.sha256 == sha256, Blob.created_at < named_before).execute()
        if gone and self.database.kind == "sqlite":
            self.database.after_commit(lambda: self._remove(self._path(sha256), young=young))
        return bool(gone)

    def clear_unnamed(self, *, stop: Callable[[], bool]) -> int:
        """Beside SQLite, remove files that no row has named within an hour, folder by folder; returns how many."""
        if self.database.kind == "postgres" or not self.root.is_dir():
            return 0
        removed = 0
        for folder in [self.root, *sorted(self.root.glob("[0-9a-f][0-9a-f]"))]:
            if stop():
                break
            for path in self._unnamed(folder):
                self._remove(path, young=False)
                removed += not path.exists()
        return removed

    def _unnamed(self, folder: Path) -> list[Path]:
        """Whole files without a row, and pieces of files whose writer died."""
        from helpdeskctl.store.tables import Blob

        old = [path for path in folder.iterdir() if path.is_file() and _age(path) > _HELD]
        whole = {f"{folder.name}{path.name}": path for path in old if not path.name.startswith(".")}
        names = sorted(whole)
        for start in range(0, len(names), _ASKED_AT_ONCE):
            for row in Blob.select(Blob.sha256).where(Blob.sha256.in_(names[start : start + _ASKED_AT_ONCE])):
                del whole[row.sha256]
        return [*whole.values(), *(path for path in old if path.name.endswith(".tmp"))]

    def _remove(self, path: Path, *, young: bool) -> None:
        aside = path.with_name(f".{path.name[:16]}.{os.getpid()}.gone")
        try:
            path.rename(aside)  # first out of reach, then a look at its age: nobody can take it up in between
        except FileNotFoundError:
            return
        if not young and time.time() - aside.stat().st_mtime < _HELD:
            aside.rename(path)
        else:
            aside.unlink()

    def _read(self, sha256: str) -> bytes:
        from helpdeskctl.store.tables import Blob

        if self.database.kind == "postgres":
            row = Blob.get_or_none(Blob.sha256 == sha256)
            if row is None or row.data is None:
                raise NotFound("these bytes are not kept (any more)", subject=f"blob/{sha256[:12]}")
            return bytes(row.data)
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as missing:
            raise NotFound("these bytes are not kept (any more)", subject=f"blob/{sha256[:12]}") from missing

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:]


class _Packing:
    """Compresses what passes, and knows its name and size at the end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        import hashlib

        self._pieces = pieces
        self._digest = hashlib.sha256()
        self.size = 0
        self.fault: OSError | None = None  # of where the pieces come from, not of our disk

    def __iter__(self) -> Iterator[bytes]:
        packer = zlib.compressobj(_LEVEL)
        for piece in self._coming():
            self._digest.update(piece)
            self.size += len(piece)
            yield packer.compress(piece)
        yield packer.flush()

    def _coming(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except OSError as fault:
            self.fault = fault
            raise

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _sha256(data: bytes) -> str:
    import hashlib  # here, because it loads OpenSSL

    return hashlib.sha256(data).hexdigest()
