"""The portal's list and a request's page beside the same pages from bare Bottle and beside django-helpdesk.

10,000 tickets, 50,000 messages, on both databases, all servers under waitress with the same threads, in turn.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import desks, servers
from bench.load import ROOT, Load, load
from helpdeskctl.desk import Desk
from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import Contact, Ticket
from tests.servers.ports import free_ports, wait_for

TICKETS, MESSAGES = 10_000, 5
CONNECTIONS = (2, 16)
SLOW = 500
_ADDRESS = "customer7@many.example"
_PEER = ROOT / "bench" / "peers" / "django_helpdesk.py"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: what its pages are called here and where they stand."""

    name: str
    pid: int
    port: int
    pages: dict[str, str]
    cookie: str = ""


def run(seconds: float = 4, rounds: int = 3) -> list[dict[str, Any]]:
    """Print pages a second and their times, ours beside the floor's and the peer's, memory, and slow clients."""
    figures: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch,
        ExitStack() as up,
    ):
        folder = Path(scratch)
        folder.chmod(0o755)
        peers = [up.enter_context(_peer(folder / "peer"))]
        for kind, new_database in up.enter_context(servers.databases(folder)).items():
            with desks.filled(folder / kind, new_database(), tickets=TICKETS, messages=MESSAGES) as desk:
                figures += _of(desk, [peer for peer in peers if peer is not None], seconds, rounds)
    return figures


def _of(desk: Desk, peers: Sequence[Server], seconds: float, rounds: int) -> list[dict[str, Any]]:
    figures = []
    with _ours(desk) as ours, _floor(desk) as floor:
        for connections in CONNECTIONS:
            for page in ours.pages:
                found = _in_turn([ours, floor, *peers], page, connections, seconds=seconds, rounds=rounds)
                figures += _told(desk.database.kind, page, connections, found)
        figures.append(_slow_clients(ours, desk.database.kind))
    with _ours(desk) as fresh:
        figures.append(_memory(fresh, desk.database.kind))
    return figures


def _in_turn(
    running: Sequence[Server], page: str, connections: int, *, seconds: float, rounds: int
) -> dict[str, tuple[Load, float]]:
    """Of each server its best round and the milliseconds of CPU that a page of it took."""
    best: dict[str, tuple[Load, float]] = {}
    for _ in range(rounds):
        for server in running:
            before, began = _cpu(server.pid), time.perf_counter()
            got = load(server.port, server.pages[page], connections=connections, seconds=seconds, cookie=server.cookie)
            if got.wrong:
                raise RuntimeError(f"{got.wrong} pages of {server.name} were not 200")
            cpu = (_cpu(server.pid) - before) / (got.rate * min(seconds, time.perf_counter() - began)) * 1000
            if server.name not in best or got.rate > best[server.name][0].rate:
                best[server.name] = got, cpu
    return best


def _told(kind: str, page: str, connections: int, found: dict[str, tuple[Load, float]]) -> list[dict[str, Any]]:
    ours = found["ours"][0].rate
    figures = []
    for name, (got, cpu) in found.items():
        ratio = "" if name == "ours" else f"  ours : {name} {ours / got.rate:.2f}"
        print(
            f"  {kind} {page:8} {connections:2} connections {name:16} {got.rate:7.0f}/s  p50 {got.p50 * 1000:6.1f}"
            f"  p95 {got.p95 * 1000:6.1f} ms  cpu {cpu:5.2f} ms{ratio}"
        )
        named = {"name": f"{kind}: {page}", "who": name, "connections": connections, "cpu": cpu}
        figures.append(named | asdict(got) | {"ratio": ours / got.rate})
    return figures


def _memory(server: Server, kind: str) -> dict[str, Any]:
    """The resident memory after 1,000 pages and after 10,000, in MB."""
    _pages(server, 1000)
    before = _resident(server.pid)
    _pages(server, 9000)
    after = _resident(server.pid)
    print(f"  {kind} memory after 1,000 pages {before:.1f} MB, after 10,000 {after:.1f} MB")
    return {"name": f"{kind}: memory", "after 1,000": before, "after 10,000": after}


def _pages(server: Server, count: int) -> None:
    asked = 0.0
    while asked < count:
        got = load(server.port, server.pages["list"], connections=8, seconds=2, cookie=server.cookie)
        asked += got.rate * 2


def _slow_clients(server: Server, kind: str) -> dict[str, Any]:
    """A customer reads while 500 others never finish what they send."""
    alone = load(server.port, server.pages["list"], connections=1, seconds=3, cookie=server.cookie)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * SLOW)), hard))
    with ExitStack() as open_ones:
        for _ in range(SLOW):
            connection = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"POST /new HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\nform=")
        among = load(server.port, server.pages["list"], connections=1, seconds=5, cookie=server.cookie)
    print(f"  {kind} p95 beside {SLOW} slow clients {among.p95 * 1000:.1f} ms, alone {alone.p95 * 1000:.1f} ms")
    return {"name": f"{kind}: {SLOW} slow clients", "p95": among.p95, "alone": alone.p95}


@contextmanager
def _ours(desk: Desk) -> Iterator[Server]:
    with _serving([sys.executable, "-m", "portald.serve", "-C", str(desk.config.path), "--listen", "127.0.0.1:{}"]) as (
        pid,
        port,
    ):
        Contact.update(portal_access=True).execute()
        ticket = Ticket.select().where(Ticket.requester_address == _ADDRESS).order_by(Ticket.id.desc()).first()
        secret = sessions.open_session(desk, ticket.contact_id, sessions.Browser())
        yield Server("ours", pid, port, {"list": "/tickets", "request": f"/tickets/{ticket.id}"}, f"portal={secret}")


@contextmanager
def _floor(desk: Desk) -> Iterator[Server]:
    with _serving([sys.executable, "-m", "bench.floors.pages", str(desk.config.path), "{}"]) as (pid, port):
        ticket = Ticket.select().where(Ticket.requester_address == _ADDRESS).order_by(Ticket.id.desc()).first()
        pages = {"list": f"/contacts/{ticket.contact_id}", "request": f"/tickets/{ticket.id}"}
        yield Server("bare", pid, port, pages)


@contextmanager
def _peer(folder: Path) -> Iterator[Server | None]:
    """django-helpdesk in an environment of its own, or None, with the reason printed."""
    folder.mkdir()
    python = folder / "venv" / "bin" / "python"
    try:
        venv.create(folder / "venv", with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "django-helpdesk", "waitress"]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
        fill = [str(python), str(_PEER), "fill", str(folder), str(TICKETS), str(MESSAGES)]
        told = json.loads(subprocess.run(fill, check=True, capture_output=True, timeout=300).stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        print(f"  django-helpdesk skipped: {fault}")
        yield None
        return
    with _serving([str(python), str(_PEER), "serve", str(folder), "{}"]) as (pid, port):
        yield Server("django-helpdesk", pid, port, {"list": told["list"], "request": told["page"]}, told["cookie"])


@contextmanager
def _serving(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server on a free port, which goes where `{}` stands in its command; its pid and port."""
    (port,) = free_ports(1)
    words = [word.replace("{}", str(port)) for word in command]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if not wait_for(port, alive=lambda: process.poll() is None):
                raise RuntimeError(f"{words} did not start")
            yield process.pid, port
        finally:
            process.terminate()


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has taken."""
    taken = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(taken[11]) + int(taken[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    """What a process holds in memory now, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024
