"""Requests by code and by time, counted by every process in memory that all of them see."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Sequence

from helpdeskctl.domain.exposition import Family, Sample

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_CODES = range(100, 600)
_ROW = len(_CODES) + len(BOUNDS) + 2  # codes, bounds, what took longer, all microseconds


class Counts:
    """A row for each process, which it alone writes; a process that is started again goes on where it was."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        self.memory = mmap.mmap(-1, processes * _ROW * 8)
        self.numbers = memoryview(self.memory).cast("Q")
        self.first = 0
        self.lock = threading.Lock()

    def of_process(self, number: int) -> None:
        """From now on count in the row of this process."""
        self.first = number * _ROW
        self.lock = threading.Lock()  # the parent's may have been held in the moment of the fork

    def add(self, code: int, seconds: float) -> None:
        """A request was answered."""
        place = next((n for n, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
        with self.lock:
            self.numbers[self.first + (code if code in _CODES else 500) - _CODES.start] += 1
            self.numbers[self.first + len(_CODES) + place] += 1
            self.numbers[self.first + _ROW - 1] += int(seconds * 1e6)

    def families(self) -> Sequence[Family]:
        """All processes together."""
        row = [sum(self.numbers[at::_ROW]) for at in range(_ROW)]
        codes = [Sample(count, {"code": str(code)}) for code, count in zip(_CODES, row, strict=False) if count]
        times = row[len(_CODES) : -1]
        buckets = [
            Sample(sum(times[: n + 1]), {"le": bound}, "_bucket")
            for n, bound in enumerate([*(f"{bound:g}" for bound in BOUNDS), "+Inf"])
        ]
        total = [Sample(row[-1] / 1e6, {}, "_sum"), Sample(sum(times), {}, "_count")]
        return (
            Family("helpdesk_http_requests_total", "counter", "Requests of the portal by status code.", codes),
            Family("helpdesk_http_request_duration_seconds", "histogram", "Seconds to answer one.", [*buckets, *total]),
        )
