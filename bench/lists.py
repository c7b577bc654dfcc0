"""Lists and search inside the process: 10,000 tickets, 50,000 messages, on both databases."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import desks, servers
from helpdeskctl.desk import Desk
from helpdeskctl.queries import access, tickets

_LISTS = ("", "assignee:nobody", "status:open", "quiet:2d", "printer", '"printer" kind:open')
_RUNS = 20


def run(count: int = 10_000) -> list[dict[str, Any]]:
    """Print the median of each list of 50 beside the bare query of the newest 50 rows, in milliseconds."""
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        with servers.databases(folder) as databases:
            for kind, new_database in databases.items():
                with desks.filled(folder / kind, new_database(), tickets=count, messages=5) as desk:
                    figures += _measured(desk)
    return figures


def _measured(desk: Desk) -> list[dict[str, Any]]:
    actor = access.agent_actor(desk, "ada@example.org")
    bare = "SELECT id, subject, updated_at FROM ticket ORDER BY updated_at DESC LIMIT 50"
    floor = _milliseconds(lambda: desk.database.execute(bare).fetchall())
    figures = [_line(desk, "the bare query", floor, floor)]
    for query in _LISTS:
        took = _milliseconds(lambda query=query: tickets.list_tickets(desk, actor, query, limit=50))
        figures.append(_line(desk, f'list "{query}"', took, floor))
    return figures


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _line(desk: Desk, name: str, took: float, floor: float) -> dict[str, Any]:
    name = f"{desk.database.kind}: {name}"
    print(f"  {name:44} {took:8.2f} ms  {took / floor:6.1f} times the bare query")
    return {"name": name, "milliseconds": took, "ratio": took / floor}
