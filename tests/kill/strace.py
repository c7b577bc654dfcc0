"""Runs a program under strace: writes down the calls that leave a trace in the world, and kills it at one of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# Everything by which a process changes a disk or speaks to a server. SIGKILL comes on entry: the call is not made.
CALLS = (
    *("write", "writev", "pwrite64", "ftruncate", "fsync", "fdatasync", "sync_file_range"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat"),
    *("sendto", "sendmsg", "sendmmsg"),
)
_LINE = re.compile(r"^(?:(?P<pid>\d+) +)?(?P<call>\w+)\((?P<arguments>.*)$")
_SECONDS = 60  # a run that takes longer hangs


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th time (from 1) the program enters `call`."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call}#{self.number}"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a traced run; with `paths`, descriptors in `arguments` are followed by `<path>`."""

    pid: str
    name: str
    arguments: str


def need_strace() -> str:
    """Return the path of strace; skips the test where it is missing or may not trace."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed")
    if subprocess.run([program, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace processes here")
    return program


class Tracer:
    """A command that can be run freely, traced, or killed at a point."""

    def __init__(self, program: str, folder: Path) -> None:
        self._strace = [program, "-f", "-qqq"]  # with --seccomp-bpf it is faster, and injects no signal
        self._output = folder / "strace.out"

    def calls(
        self, command: Sequence[str], env: Mapping[str, str], *, paths: bool = False, text: int = 32
    ) -> list[Call]:
        """Run to the end and return its calls in order. `text` is how many octets of each buffer are kept."""
        options = ["-e", f"trace={','.join(CALLS)}", "-s", str(text), *(["-y"] if paths else [])]
        done = self._run([*options, "-o", str(self._output), *command], env)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr[-3000:]}"
        matches = (_LINE.match(line) for line in self._output.read_text(errors="replace").splitlines())
        return [Call(m["pid"] or "", m["call"], m["arguments"]) for m in matches if m]

    def points(self, command: Sequence[str], env: Mapping[str, str]) -> list[Point]:
        """Return every point at which a run can be killed, in the order they are come by.

        strace counts per call and thread; a number that only another thread reached is left out.
        """
        seen: Counter[tuple[str, str]] = Counter()
        points = []
        for call in self.calls(command, env):
            seen[call.pid, call.name] += 1
            if seen[call.pid, call.name] == max(n for (_, name), n in seen.items() if name == call.name):
                points.append(Point(call.name, seen[call.pid, call.name]))
        return list(dict.fromkeys(points))

    def kill(self, command: Sequence[str], env: Mapping[str, str], point: Point) -> bool:
        """Run until `point` and kill it there; False when the run ended without coming by."""
        inject = f"inject={point.call}:signal=KILL:when={point.number}"
        options = ["-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"]
        return self._run([*options, *command], env).returncode != 0

    def fail(self, command: Sequence[str], env: Mapping[str, str], point: Point, error: str) -> int:
        """Run with `error` (EIO, ENOSPC ...) in place of that call and all later ones of its name; the exit code."""
        options = ["-e", f"trace={point.call}", "-e", f"inject={point.call}:error={error}:when={point.number}+"]
        return self._run([*options, "-o", "/dev/null", *command], env).returncode

    @contextmanager
    def attached(self, pid: int, inject: str) -> Iterator[subprocess.Popen[bytes]]:
        """While the block runs, a running process and its children have `inject` (strace's words) happen to them."""
        call = inject.partition(":")[0]
        options = ["-e", f"trace={call}", "-e", f"inject={inject}", "-o", "/dev/null", "-p", str(pid)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([*self._strace, *options], **quiet) as strace:  # type: ignore[call-overload]  # a dict
            _wait_until_traced(pid, strace)
            try:
                yield strace
            finally:
                _end(strace)

    def _run(self, arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._strace, *arguments],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )


def _end(strace: subprocess.Popen[bytes]) -> None:
    """Have it let go. One whose process was killed may wait for ever for a thread that nobody reaps."""
    strace.terminate()
    try:
        strace.wait(5)
    except subprocess.TimeoutExpired:
        strace.kill()


def _wait_until_traced(pid: int, strace: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 10
    tasks = Path(f"/proc/{pid}/task")
    while any("TracerPid:\t0\n" in (task / "status").read_text() for task in tasks.iterdir()):
        assert strace.poll() is None and time.monotonic() < limit, "strace could not attach"
        time.sleep(0.01)


def spread(points: Sequence[Point], count: int | None) -> list[Point]:
    """Return `count` of the points, evenly spread from the first to the last; all of them for None."""
    if count is None or count >= len(points):
        return list(points)
    step = (len(points) - 1) / (count - 1)
    return [points[round(index * step)] for index in range(count)]
