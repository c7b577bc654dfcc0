"""Several processes that serve the same sockets. The one that looks after them serves nothing itself.

A process that dies is started again: at once when it had lived for a while, else after a pause that doubles.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from helpdeskctl import log

_SHORT_LIFE = 60.0  # seconds: who dies sooner waits before the next try
_LONGEST_PAUSE = 30.0  # seconds
_TURN = 0.2  # seconds between two looks

Serve = Callable[[int], int]
"""What a process does: gets its number from 0, returns its exit code."""


@dataclass(slots=True)
class _Place:
    """One of the processes: since when it runs, how often in a row it died young, when it is started again."""

    number: int
    pid: int = 0
    since: float = 0.0
    deaths: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Looks after `count` processes. `patience`: seconds they have to end when told to, which `close` comes before:
    while this process holds the sockets, callers would be let in whom nobody answers."""

    serve: Serve
    count: int
    patience: float
    close: Callable[[], None]
    places: list[_Place] = field(default_factory=list)
    stopping: bool = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._pass_on)
        self.places = [_Place(number) for number in range(self.count)]
        while not self.stopping:
            for place in self.places:
                if not place.pid and time.monotonic() >= place.not_before:
                    self._start(place)
            self._bury()
            time.sleep(_TURN)
        return self._end()

    def _start(self, place: _Place) -> None:
        pid = os.fork()
        if pid == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            code = 70
            try:
                code = self.serve(place.number)
            finally:
                sys.stderr.flush()
                os._exit(code)
        place.pid, place.since = pid, time.monotonic()

    def _bury(self) -> None:
        for place in self.places:
            if place.pid and (status := _ended(place.pid)) is not None:
                lived = time.monotonic() - place.since
                place.deaths = 0 if lived > _SHORT_LIFE else place.deaths + 1
                pause = min(_LONGEST_PAUSE, 2.0 ** (place.deaths - 1)) if place.deaths else 0.0
                place.not_before = time.monotonic() + pause
                if not self.stopping:
                    log.event(
                        "portal.process_died", level=logging.ERROR, pid=place.pid, process=place.number,
                        status=os.waitstatus_to_exitcode(status), again_in=f"{pause:.0f}s",
                    )  # fmt: skip
                place.pid = 0

    def _stop(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def _pass_on(self, number: int, _frame: object) -> None:
        for place in self.places:
            if place.pid:
                with suppress(ProcessLookupError):
                    os.kill(place.pid, number)

    def _end(self) -> int:
        self.close()
        self._pass_on(signal.SIGTERM, None)
        end = time.monotonic() + self.patience
        while any(place.pid for place in self.places) and time.monotonic() < end:
            self._bury()
            time.sleep(_TURN / 4)
        self._pass_on(signal.SIGKILL, None)
        return 0


def _ended(pid: int) -> int | None:
    """The wait status of a child that has ended, None while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return status if found else None
