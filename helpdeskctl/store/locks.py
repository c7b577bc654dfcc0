"""Locks between processes and hosts. A lock only saves work: unique rows decide (architecture, 7)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpdeskctl.store.database import Database


@contextmanager
def held(database: Database, folder: Path, name: str, *, direct_url: str | None = None) -> Iterator[bool]:
    """Try to hold the lock `name`; yields whether we do. The kernel or the server frees it when the process dies.

    Beside SQLite an flock on `<folder>/<name>`; on Postgres an advisory lock on a connection of its own, to
    `direct_url` where a transaction pooler stands between.
    """
    with _on_server(direct_url or database.url, name) if database.kind == "postgres" else _on_file(folder, name) as ok:
        yield ok


@contextmanager
def _on_file(folder: Path, name: str) -> Iterator[bool]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    safe = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in name)
    handle = os.open(folder / safe, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield True
    finally:
        os.close(handle)


@contextmanager
def _on_server(url: str, name: str) -> Iterator[bool]:
    import hashlib  # here, because it loads OpenSSL

    import psycopg

    key = int.from_bytes(hashlib.sha256(f"helpdesk:{name}".encode()).digest()[:8], "big", signed=True)
    with psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        ours = bool(row and row[0])
        try:
            yield ours
        finally:
            if ours and not connection.closed:  # the server frees it by itself, too, but a moment after we hang up
                with suppress(psycopg.Error):
                    connection.execute("SELECT pg_advisory_unlock(%s)", (key,))
