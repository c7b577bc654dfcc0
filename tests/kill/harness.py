"""Kills an import at chosen points, and tells which invariant each death broke."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.kill.scenario import Counts, Scenario
from tests.kill.strace import Point, Tracer, spread

NewScenario = Callable[[], AbstractContextManager[Scenario]]
CommandOf = Callable[[Scenario], Sequence[str]]


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
        """Kill a fresh import at each of the points (of which this is part `part` of `parts`)."""
        wanted = self.undisturbed()
        outcome = Outcome(possible=len(points[part::parts]))
        for point in points[part::parts]:
            with self.new_scenario() as scenario:
                outcome.killed += self.tracer.kill(self.command_of(scenario), environment(), point)
                outcome.violations += [f"{point}: I1: {what}" for what in scenario.broken_now()]
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
