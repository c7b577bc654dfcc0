"""Mail that a request caused is handed over right after its commit, in a thread; cron sends what is left (OUT-5)."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.operations import outbox

_MOST_WAITING = 1000
_PATIENCE = 15.0  # seconds for each answer of a mail server


class Delivery:
    """One thread that sends outbox rows as they are named to it. Started with the first of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.waiting: queue.Queue[Sequence[int] | None] = queue.Queue(_MOST_WAITING)
        self.thread: threading.Thread | None = None
        self.starting = threading.Lock()

    def soon(self, *rows: int | None) -> None:
        """Try these mails once; None was not written. A full queue is no fault: they stand in the outbox."""
        ids = [row for row in rows if row is not None]
        if not ids:
            return
        with self.starting:
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="delivery", daemon=True)
                self.thread.start()
        try:
            self.waiting.put_nowait(ids)
        except queue.Full:
            log.event("portal.delivery_full", level=logging.WARNING)

    def close(self, seconds: float) -> None:
        """Finish what waits, for so long at most."""
        if self.thread is not None:
            self.waiting.put(None)
            self.thread.join(seconds)

    def _run(self) -> None:
        while (ids := self.waiting.get()) is not None:
            try:
                with self.desk.connected():
                    outbox.deliver(self.desk, ids, patience=_PATIENCE)
            except HelpdeskError as fault:
                log.event("portal.mail_waits", level=logging.WARNING, mails=len(ids), why=fault.message)
            except Exception as fault:  # the thread lives on, whatever it was
                log.event("portal.delivery_failed", level=logging.ERROR, error=type(fault).__name__)
