"""How often articles are read: counted in memory and written now and then, so that reading a page changes nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter

from helpdeskctl.desk import Desk
from helpdeskctl.operations import articles

_EVERY = 60.0  # seconds


class Readings:
    """The readings since they were last written. What a crash loses is a minute of counting."""

    def __init__(self) -> None:
        self.counted: Counter[int] = Counter()
        self.written = time.monotonic()
        self.lock = threading.Lock()

    def add(self, article_id: int) -> None:
        """Somebody read it."""
        with self.lock:
            self.counted[article_id] += 1

    def write(self, desk: Desk, *, now: bool = False) -> None:
        """Write what was counted, at most once a minute unless it must be `now`."""
        with self.lock:
            if not self.counted or not (now or time.monotonic() - self.written > _EVERY):
                return
            counted, self.counted = self.counted, Counter()
            self.written = time.monotonic()
        articles.count_views(desk, counted)
