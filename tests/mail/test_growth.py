"""Every parser of mail takes every flood in time that grows with its size, and no faster.

Calls are counted, which is the same on every machine; only what happens inside a pattern has to be timed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

import pytest

from bench.floods import floods, nests
from bench.parsers import PARSERS
from helpdeskctl.mail.bounds import Bomb

FLOODS = dict((*floods(), *nests()))
SHORT, LONG = 1_000, 4_000
SMALL, LARGE = 4_000, 32_000
NOTHING = 0.03  # seconds; a quadratic pattern takes many times as long over LARGE bytes


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def note(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        with suppress(Bomb):
            work()
    finally:
        sys.setprofile(None)
    return count


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    with suppress(Bomb):
        work()
    return time.process_time() - start


@pytest.mark.parametrize("parser", PARSERS)
def test_four_times_the_flood_makes_no_more_than_about_four_times_the_calls(parser: str) -> None:
    read = PARSERS[parser]
    read(b"x")  # what is loaded and compiled once counts for nothing
    for name, make in FLOODS.items():
        short, long = (calls(partial(read, make(size))) for size in (SHORT, LONG))
        # Some work begins at a length; quadratic work makes millions of calls.
        assert long < 6 * short + 5 * LONG, f"{name}: {short} calls, then {long}"


@pytest.mark.parametrize("parser", PARSERS)
def test_no_pattern_goes_back_over_a_flood(parser: str) -> None:
    read = PARSERS[parser]
    for name, make in FLOODS.items():
        large = make(LARGE)
        took = seconds(partial(read, large))
        if took > NOTHING:
            small = make(SMALL)
            least = min(seconds(partial(read, small)) for _ in range(3))
            took = min(took, *(seconds(partial(read, large)) for _ in range(2)))
            # Quadratic work would take 64 times as long.
            assert took < 20 * least + NOTHING, f"{name}: {least:.3f} s, then {took:.3f} s"
