"""Time a whole process from outside: wall clock, CPU and the largest memory it held."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """What one finished process took: seconds of wall clock and CPU, peak memory in MB."""

    wall: float
    cpu: float
    peak: float


# A child's peak counts what its parent held at the fork, so a small process starts and accounts for the command.
_SMALL = """
import json, os, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
wall = time.perf_counter() - began
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
figures = [wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
report = {"code": done.returncode, "figures": figures, "printed": done.stdout[-2000:].decode(errors="replace")}
with open(sys.argv[1], "w") as out:
    json.dump(report, out)
"""


def cost(command: Sequence[str]) -> Cost:
    """Run a command to its end and account for it. Raises RuntimeError when it fails, with what it printed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        subprocess.run([sys.executable, "-S", "-c", _SMALL, report.name, *command], check=True, env=environ)
        told = json.loads(Path(report.name).read_text(encoding="utf-8"))
    if told["code"]:
        raise RuntimeError(f"{command} ended with {told['code']}: {told['printed']}")
    return Cost(*told["figures"])


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


def peak_now(pid: int) -> float:
    """The most memory a running process has held until now, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024
