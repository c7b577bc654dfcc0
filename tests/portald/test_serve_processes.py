"""Several processes on one socket, sockets that systemd hands over, and files of sockets (security 63)."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from helpdeskctl.config import Config
from helpdeskctl.desk import open_desk
from helpdeskctl.store.tables import Setting
from tests import desks
from tests.portald.browser import Browser
from tests.portald.conftest import daemon
from tests.portald.test_serve import ROOT, config_file, start
from tests.servers.postgres import Postgres
from tests.servers.recycling import Recycling

__all__ = ["config_file"]


@pytest.fixture
def two(postgres: Postgres, postgres_databases: Recycling, tmp_path: Path) -> Iterator[Config]:
    """The configuration of a portal of two processes."""
    name = postgres_databases.take()
    yield desks.write_config(tmp_path / "desk", postgres.url(name), more="[portal]\nprocesses = 2\n")
    postgres_databases.give_back(name)


def soon(happened: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_process_that_dies_is_started_again_and_told_in_the_log(two: Config, tmp_path: Path) -> None:
    with daemon(two, tmp_path / "log") as (process, port):
        assert soon(lambda: len(children(process.pid)) == 2)
        before = children(process.pid)
        os.kill(before[0], signal.SIGKILL)
        assert Browser(port).get("/healthz").status == 200
        assert soon(lambda: len(children(process.pid)) == 2 and before[0] not in children(process.pid))
        assert "portal.process_died" in (tmp_path / "log").read_text()
        assert f"pid={before[0]}" in (tmp_path / "log").read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in before)


def test_told_to_stop_under_load_every_process_finishes_what_it_has(two: Config, tmp_path: Path) -> None:
    cut: list[str] = []
    answered: list[int] = []

    def read(port: int) -> None:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(b"GET /login HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                    data = b""
                    while piece := connection.recv(65536):
                        data += piece
            except OSError:
                return
            if not data:  # accepted by the kernel, never by us
                return
            answered.append(1)
            if not data.rstrip().endswith(b"</html>"):
                cut.append(data[-100:].decode("utf-8", "replace"))

    with daemon(two, tmp_path / "log") as (process, port):
        readers = [threading.Thread(target=read, args=(port,)) for _ in range(6)]
        for reader in readers:
            reader.start()
        assert soon(lambda: len(answered) > 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        for reader in readers:
            reader.join()
    assert cut == []


def test_several_processes_on_sqlite_are_refused_with_the_reason(config_file: Path) -> None:
    config_file.write_text(config_file.read_text() + "[portal]\nprocesses = 3\n")
    done = start("--config", str(config_file))
    assert done.returncode == 78
    assert "portal.processes is 3" in done.stderr and "SQLite" in done.stderr and "hint:" in done.stderr


def test_metrics_on_the_portals_own_address_are_refused(config_file: Path) -> None:
    config_file.write_text(config_file.read_text() + '[portal]\nmetrics_listen = "127.0.0.1:8080"\n')
    done = start("--config", str(config_file))
    assert done.returncode == 78 and "not for customers" in done.stderr


def test_it_answers_on_the_socket_that_systemd_hands_over(config_file: Path) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        # what systemd does: the socket as descriptor 3, and the pid that the program will have
        program = (
            "import os, sys\n"
            "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n"
            f"os.dup2({door.fileno()}, 3)\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'portald.serve', '-C', sys.argv[1]])"
        )
        command = [sys.executable, "-c", program, str(config_file)]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, pass_fds=[door.fileno()]) as process:
            try:
                assert Browser(port).get("/healthz").status == 200
            finally:
                process.terminate()
                assert process.wait(15) == 0


@pytest.fixture
def place(config_file: Path, tmp_path: Path) -> Path:
    """Where a socket is to stand."""
    config_file.write_text(config_file.read_text() + '[portal]\nsocket_mode = "600"\n')
    return tmp_path / "portal.sock"


def test_a_socket_that_a_dead_process_left_is_taken_over(config_file: Path, place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
        dead.listen()
    command = [sys.executable, "-m", "portald.serve", "-C", str(config_file), "--listen", f"unix:{place}"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            assert soon(lambda: answers(place))
            assert place.stat().st_mode & 0o777 == 0o600
            second = start("-C", str(config_file), "--listen", f"unix:{place}")
            assert second.returncode == 69 and "another process listens" in second.stderr
            assert answers(place)
        finally:
            process.terminate()
            assert process.wait(15) == 0
    assert not place.exists()


def answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(place))
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(65536).startswith(b"HTTP/1.0 200")
        except OSError:
            return False


def test_a_file_that_is_no_socket_is_left_alone(config_file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    done = start("-C", str(config_file), "--listen", f"unix:{tmp_path}/notes")
    assert done.returncode == 69 and "is no socket" in done.stderr
    assert (tmp_path / "notes").read_text() == "mine"


def test_the_requests_of_all_processes_are_summed(two: Config, tmp_path: Path) -> None:
    assert two.path is not None
    desk = open_desk(two)
    with desk.connected():
        Setting.insert(key="name", value="Muster").execute()
    desks.close(desk.database)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        side = free.getsockname()[1]
    two.path.write_text(two.path.read_text() + f'metrics_listen = "127.0.0.1:{side}"\n')
    with daemon(two, tmp_path / "log") as (_, port):
        first = int(said(side))
        for _ in range(12):
            assert Browser(port).get("/healthz").status == 200
        assert soon(lambda: int(said(side)) == first + 12, 5)


def said(port: int) -> str:
    """How many requests were answered with 200, as /metrics says."""
    try:
        text = Browser(port).get("/metrics").text
    except (OSError, HTTPException):
        return "0"
    found = re.search(r'helpdesk_http_requests_total\{code="200"\} (\d+)', text)
    return found[1] if found else "0"
