"""The daemon itself: starting, refusing to start, ending, and a database that goes away (security 57, 63)."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.store.tables import Blob, Message
from tests import desks
from tests.builders import Builder
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, daemon
from tests.servers.postgres import Postgres
from tests.servers.recycling import Recycling

ROOT = Path(__file__).parents[2]


def start(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    command = [sys.executable, "-m", "portald.serve", *arguments]
    environ = {"PATH": "", "HOME": "/"} | environ
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, env=environ, cwd=ROOT)


@pytest.fixture
def config_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """The configuration of a desk on SQLite."""
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    path = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db").path
    assert path
    return path


def test_a_broken_configuration_is_refused_with_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('installation = "x"\n[portal]\nthreads = 0\nlisten = "nowhere"\n[paths]\ndata = "d"\n')
    done = start("--config", str(path))
    assert done.returncode == 78
    assert "portal.threads" in done.stderr and "portal.listen" in done.stderr and "hint:" in done.stderr
    assert start("--config", str(tmp_path / "nothing.toml")).returncode == 66
    assert start("--listen", "nowhere").returncode == 78
    assert start("--nonsense").returncode == 2


def test_a_taken_port_is_said_in_a_line(config_file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = start("--config", str(config_file), "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 69
    assert done.stderr.startswith("portald: ") and "Traceback" not in done.stderr


def test_it_serves_on_a_socket_that_only_its_owner_and_group_can_open(config_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "portal.sock"
    command = [sys.executable, "-m", "portald.serve", "-C", str(config_file), "--listen", f"unix:{place}"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not place.exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.2)
        assert place.stat().st_mode & 0o007 == 0
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place))
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.0 200")
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_the_portal_loads_nothing_of_the_terminal(config_file: Path) -> None:
    code = (
        "import sys, portald.serve, portald.app\n"
        "print([name for name in ('typer', 'rich', 'textual', 'helpdeskctl.cli', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_told_to_stop_it_finishes_what_it_has_and_keeps_every_answer_it_acknowledged(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db")
    desk = open_desk(config)
    with desk.connected():
        build = Builder(desk)
        build.contact("alice@acme.example", portal_access=True)
        number = build.ticket("Busy", requester="alice@acme.example")
        big = build.attachment(Message.get(Message.ticket_id == number).id, "big.bin", bytes(8_000_000))
        with daemon(config, tmp_path / "log") as (process, port):
            session = signed_in(desk)
            download = slow_download(port, session, f"/files/{big}/big.bin")
            acknowledged: list[str] = []
            writers = [threading.Thread(target=write, args=(port, session, number, n, acknowledged)) for n in range(4)]
            for writer in writers:
                writer.start()
            time.sleep(1.0)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            length = drain(download)
            assert process.wait(15) == 0
            assert time.monotonic() - began < 10
            for writer in writers:
                writer.join()
        assert length > 8_000_000
        assert len(acknowledged) > 3
        stored = [row.body for row in Message.select().where(Message.ticket_id == number)]
        assert set(acknowledged) <= set(stored)
        for row in Blob.select():
            assert len(desk.blobs.get(row.sha256)) == row.size


def signed_in(desk: Desk) -> str:
    from helpdeskctl.operations import sessions
    from helpdeskctl.store.tables import Contact

    return sessions.open_session(desk, Contact.get().id, sessions.Browser())


def write(port: int, session: str, number: int, n: int, acknowledged: list[str]) -> None:
    browser = Browser(port)
    browser.cookies["portal"] = session
    for turn in range(100):
        body = f"answer {n}.{turn}"
        try:
            fields = browser.get(f"/tickets/{number}").form("/reply").fields | {"body": body, "seen": "999999999"}
            answer = browser.post(
                f"/tickets/{number}/reply", fields, [("f.txt", body.encode() * 500, "text/plain")], follow=False
            )
        except (OSError, AssertionError, HTTPException):
            return
        if answer.status != 303:
            return
        acknowledged.append(body)


def slow_download(port: int, session: str, path: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nCookie: portal={session}\r\n\r\n".encode())
    assert connection.recv(1000).startswith(b"HTTP/1.0 200")
    return connection


def drain(connection: socket.socket) -> int:
    total = 0
    with connection:
        while piece := connection.recv(1 << 20):
            total += len(piece)
    return total + 1000


def test_without_its_database_it_says_so_keeps_the_text_and_recovers_by_itself(
    postgres: Postgres, postgres_databases: Recycling, tmp_path: Path
) -> None:
    name = postgres_databases.take()
    config = desks.write_config(tmp_path / "desk", postgres.url(name))
    desk = open_desk(config)
    with desk.connected():
        build = Builder(desk)
        build.contact("alice@acme.example", portal_access=True)
        number = build.ticket("Busy", requester="alice@acme.example")
    with daemon(config, tmp_path / "log") as (_, port):
        with desk.connected():
            session = signed_in(desk)
        desks.close(desk.database)
        browser = Browser(port)
        browser.cookies["portal"] = session
        browser.get(f"/tickets/{number}")
        postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        page = browser.submit("/reply", {"body": "A long story."})
        assert page.status == 503
        assert "Please try again soon" in page.words
        assert page.form("/reply").fields["body"] == "A long story."
        assert Browser(port).get("/healthz").status == 200
        assert Browser(port).get("/readyz").status == 503
        postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        browser.page = page
        assert "has been sent" in browser.submit("/reply").words
    with desk.connected():
        assert [row.body for row in Message.select().where(Message.ticket_id == number)][-1] == "A long story."
    desks.close(desk.database)
    postgres_databases.give_back(name)


def test_the_log_names_requests_by_their_rule_and_never_a_secret(portal: Portal) -> None:
    browser = portal.browser()
    browser.get("/login/link/a-secret-that-came-by-mail?p=another-secret")
    browser.get("/tickets?q=private+words")
    text = portal.log.read_text()
    assert "page=/login/link/<secret" in text
    assert "a-secret" not in text and "another-secret" not in text and "private" not in text


def test_while_another_process_holds_the_database_the_text_comes_back_and_can_be_sent_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db")
    desk = open_desk(config)
    with desk.connected(), daemon(config, tmp_path / "log") as (_, port):
        Builder(desk).contact("alice@acme.example", portal_access=True)
        number = Builder(desk).ticket("Busy", requester="alice@acme.example")
        browser = Browser(port)
        browser.cookies["portal"] = signed_in(desk)
        browser.get(f"/tickets/{number}")
        holder = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        page = browser.submit("/reply", {"body": "A long story."})
        holder.execute("ROLLBACK")
        holder.close()
        assert page.status == 503
        assert page.form("/reply").fields["body"] == "A long story."
        assert "has been sent" in browser.submit("/reply").words
        assert Message.select().where(Message.body == "A long story.").count() == 1
