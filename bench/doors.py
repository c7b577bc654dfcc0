"""What the doors of the portal take for an address they know and for one they do not: nobody can tell them apart."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import desks, servers
from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import passwords
from helpdeskctl.operations.settings import put
from helpdeskctl.store.tables import RateLimit
from tests.builders import Builder
from tests.portald.browser import Browser
from tests.portald.conftest import daemon

KNOWN, UNKNOWN = "alice@acme.example", "nobody@nowhere.example"
DOORS: Mapping[str, tuple[str, dict[str, str]]] = {
    "a link by mail": ("/login", {"action": "link"}),
    "a wrong password": ("/login", {"action": "password", "password": "wrong wrong wrong"}),
    "forgotten": ("/forgot", {}),
    "registration": ("/register", {"name": "Alice"}),
}


def run(rounds: int = 15) -> list[dict[str, Any]]:
    """Print the medians in seconds and how far the slower is from the faster; the aim is 1.1."""
    figures: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch,
        servers.databases(Path(scratch)) as databases,
    ):
        for kind, new_database in databases.items():
            with desks.filled(Path(scratch) / kind, new_database(), tickets=10, messages=1) as desk:
                figures += [_told(kind, *figure) for figure in _of(desk, Path(scratch) / f"{kind}.log", rounds)]
    return figures


def _of(desk: Desk, log: Path, rounds: int) -> list[tuple[str, float, float]]:
    build = Builder(desk)
    build.mailbox()
    build.contact(KNOWN, portal_access=True, password_hash=passwords.hashed("quiet brown otter"))
    with daemon(desk.config, log) as (_, port):
        put(desk, SYSTEM, "portal_url", f"http://127.0.0.1:{port}")
        put(desk, SYSTEM, "registration", "open")
        return [(name, *_medians(port, *door, rounds)) for name, door in DOORS.items()]


def _medians(port: int, page: str, fields: dict[str, str], rounds: int) -> tuple[float, float]:
    """For the known address and the unknown one, in turn."""
    times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for turn in range(rounds):
        for address in (KNOWN, UNKNOWN) if turn % 2 else (UNKNOWN, KNOWN):
            RateLimit.delete().execute()
            browser = Browser(port)
            browser.get(page)
            times[address].append(browser.submit(page, fields | {"email": address}, follow=False).seconds)
    return median(times[KNOWN]), median(times[UNKNOWN])


def _told(kind: str, name: str, known: float, unknown: float) -> dict[str, Any]:
    ratio = max(known, unknown) / min(known, unknown)
    print(f"  {kind} {name:16} known {known * 1000:6.1f} ms  unknown {unknown * 1000:6.1f} ms  ratio {ratio:.2f}")
    return {"name": f"{kind}: {name}", "known": known, "unknown": unknown, "ratio": ratio}
