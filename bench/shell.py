"""What a command costs in the shell, beside what Python and typer cost by themselves; lists run on 10,000 tickets."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import desks
from bench.measure import in_turn, median, show

RUNS = 15
_PROGRAM = str(Path(sys.executable).with_name("helpdeskctl"))


def run(tickets: int = 10_000) -> list[dict[str, Any]]:
    """Print each command's median and its ratio to the floor it is held against."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as scratch:
        folder = Path(scratch)
        path = folder / "desk.db"
        with desks.filled(folder / "desk", f"sqlite:///{path}", tickets=tickets, messages=1) as desk:
            ours = ["env", f"HELPDESK_CONFIG={desk.config.path}", "HELPDESK_AGENT=ada@example.org", _PROGRAM]
        floors = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "hello typer": [sys.executable, "-m", "bench.floors.hello"],
            "typer and sqlite3, list of 50": [sys.executable, "-m", "bench.floors.list_tickets", str(path)],
        }
        held = {
            "version": ("hello typer", [*ours, "version"]),
            "--help": ("hello typer", [*ours, "--help"]),
            "completion bash": ("hello typer", [*ours, "completion", "bash"]),
            "ticket list -o json": ("typer and sqlite3, list of 50", [*ours, "ticket", "list", "-o", "json"]),
            "ticket list": ("typer and sqlite3, list of 50", [*ours, "ticket", "list"]),
            "cron, nothing due": ("hello typer", [*ours, "cron"]),
        }
        costs = in_turn(floors | {name: command for name, (_, command) in held.items()}, runs=RUNS)
    figures = [show(name, median(costs[name])) for name in floors]
    for name, (floor, _) in held.items():
        ratio = median(costs[name]).wall / median(costs[floor]).wall
        figures.append(show(name, median(costs[name]), f"{ratio:.2f} of {floor}") | {"ratio": ratio})
    return figures
