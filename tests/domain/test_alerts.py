"""When a fault that comes back every minute is told."""

from __future__ import annotations

from datetime import timedelta

from helpdeskctl.domain.alerts import Trouble, after_fault, recovery
from tests.clock import A_TUESDAY

MINUTE = timedelta(minutes=1)
QUIET = 30 * MINUTE


def spoken(minutes: int, *, temporary: bool) -> list[int]:
    """In which minutes of an ongoing fault somebody is told."""
    trouble, said = None, []
    for minute in range(minutes):
        trouble, speak = after_fault(trouble, A_TUESDAY + minute * MINUTE, temporary=temporary, quiet=QUIET)
        said += [minute] if speak else []
    return said


def test_a_temporary_fault_is_silent_for_half_an_hour_and_then_told_hourly() -> None:
    assert spoken(160, temporary=True) == [30, 90, 150]


def test_a_lasting_fault_is_told_at_once_and_then_hourly() -> None:
    assert spoken(130, temporary=False) == [0, 60, 120]


def test_a_fault_that_turns_out_to_last_is_told_though_it_began_quietly() -> None:
    trouble, speak = after_fault(None, A_TUESDAY, temporary=True, quiet=QUIET)
    assert not speak
    assert after_fault(trouble, A_TUESDAY + MINUTE, temporary=False, quiet=QUIET)[1]


def test_recovery_is_told_to_those_who_were_told_of_the_fault() -> None:
    now = A_TUESDAY + 47 * MINUTE
    assert recovery(Trouble(A_TUESDAY, A_TUESDAY + QUIET), now) == 47 * MINUTE
    assert recovery(Trouble(A_TUESDAY), now) is None
    assert recovery(None, now) is None
