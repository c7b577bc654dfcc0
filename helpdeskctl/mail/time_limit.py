"""A limit on the CPU that one mail may cost (I16)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class OutOfTime(BaseException):
    """The limit was passed. Not an `Exception`: who guards a single header must not swallow it."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns; raises OutOfTime when it takes more than `seconds` of this process's CPU.

    Signals reach the main thread only: on another thread `work` just runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
