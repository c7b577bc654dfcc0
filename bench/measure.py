"""Time a whole process from outside: wall clock, CPU and the largest memory it held."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """What one finished process took: seconds of wall clock and CPU, peak memory in MB."""

    wall: float
    cpu: float
    peak: float


def cost(command: Sequence[str], *, environ: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and account for it. Raises RuntimeError when it fails, with what it printed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ) | dict(environ or {})
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {printed[-2000:].decode(errors='replace')}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(statistics.median(getattr(each, name) for each in costs) for name in ("wall", "cpu", "peak")))


def in_turn(commands: Mapping[str, Sequence[str]], *, runs: int) -> dict[str, list[Cost]]:
    """Run the commands A B C A B C ..., so that a machine whose speed drifts treats them alike."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(cost(command))
    return found


def show(name: str, figure: Cost, note: str = "") -> dict[str, Any]:
    """Print one line and return it for the JSON file."""
    print(f"  {name:34} {figure.wall * 1000:9.0f} ms  cpu {figure.cpu:6.2f} s  peak {figure.peak:5.0f} MB  {note}")
    return asdict(figure) | {"name": name, "note": note}
