"""Kills a command at chosen points, or lets its disk fail there, and tells which invariant that broke."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.kill.strace import Point, Tracer, spread

Counts = dict[str, int]
CommandOf = Callable[[Any], Sequence[str]]


class Scenario(Protocol):
    """A desk and what is to be done there, as they were when it started; what must hold at once and at the end."""

    def broken_now(self) -> list[str]:
        """Return what breaks the first invariant at this moment, without changing anything."""

    def broken_at_the_end(self, wanted: Counts) -> list[str]:
        """Return what breaks the second after a run that ended; `wanted` are the counts of an undisturbed run."""

    def counts(self) -> Counts:
        """Return how many rows each table has that is written to."""

    def time_passes(self) -> None:
        """Let that much time go by that whoever died is given up."""


NewScenario = Callable[[], AbstractContextManager[Scenario]]
Disturb = Callable[[Sequence[str], Mapping[str, str], Point], bool]


@dataclass(slots=True)
class Outcome:
    """What came of a number of deaths: how many there were, and every violation with its point."""

    possible: int = 0
    killed: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Harness:
    """An import (`command_of` a scenario) that is to survive being killed."""

    tracer: Tracer
    new_scenario: NewScenario
    command_of: CommandOf

    def points(self) -> list[Point]:
        """Return every point of an undisturbed run, in order."""
        with self.new_scenario() as scenario:
            return self.tracer.points(self.command_of(scenario), environment())

    def undisturbed(self) -> Counts:
        """Run to the end, check that this alone breaks nothing, and return the rows it leaves."""
        with self.new_scenario() as scenario:
            self._finish(scenario)
            counts = scenario.counts()
            broken = scenario.broken_at_the_end(counts)
            assert not broken, broken
            return counts

    def kill_at(self, points: Sequence[Point], *, part: int = 0, parts: int = 1) -> Outcome:
        """Kill a fresh run at each of the points (of which this is part `part` of `parts`)."""
        return self._at(points[part::parts], self.tracer.kill)

    def fail_at(self, points: Sequence[Point], error: str, *, allowed: Collection[int]) -> Outcome:
        """Let a fresh run's calls fail from each of the points on; it may only end with an allowed exit code."""

        def fail(command: Sequence[str], env: Mapping[str, str], point: Point) -> bool:
            code = self.tracer.fail(command, env, point, error)
            assert code in allowed, f"{point} {error}: exit {code}"
            return code != 0

        return self._at(points, fail)

    def _at(self, points: Sequence[Point], disturb: Disturb) -> Outcome:
        wanted = self.undisturbed()
        outcome = Outcome(possible=len(points))
        for point in points:
            with self.new_scenario() as scenario:
                outcome.killed += disturb(self.command_of(scenario), environment(), point)
                outcome.violations += [f"{point}: I1: {what}" for what in scenario.broken_now()]
                scenario.time_passes()
                self._finish(scenario)
                outcome.violations += [f"{point}: I2: {what}" for what in scenario.broken_at_the_end(wanted)]
        return outcome

    def _finish(self, scenario: Scenario) -> None:
        command = self.command_of(scenario)
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stdout[-1000:]}{done.stderr[-3000:]}"


def environment() -> Mapping[str, str]:
    """Return the environment of every run: no bytecode is written, so that all runs make the same calls."""
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


def chosen(points: Sequence[Point], count: int) -> list[Point]:
    """Return `count` evenly spread points, or all of them under `make kill`."""
    return spread(points, None if os.environ.get("KILL_POINTS") == "all" else count)
