"""What becomes of an outgoing mail: states, when to try again, when to give up (OUT-4). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """The state of an outgoing mail and of each of its recipients."""

    HELD = "held"  # may still be taken back
    QUEUED = "queued"
    SENDING = "sending"  # a sender has it
    SENT = "sent"
    DEFERRED = "deferred"  # not yet: tried again later
    REFUSED = "refused"  # never
    BOUNCED = "bounced"  # taken, and came back
    SUPPRESSED = "suppressed"  # automatic mail to an address that bounced for good
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # the answer was lost twice: a person decides


WAITING = (State.HELD, State.QUEUED, State.DEFERRED)
"""What can leave once its time has come."""
OPEN = (*WAITING, State.SENDING)
FAILED = (State.REFUSED, State.BOUNCED, State.UNKNOWN)
"""What did not arrive, or nobody knows: for a person to look at."""

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 960, 1440, 1440, 1440, 999))
"""The pauses between tries; after the last, five days in all, the mail counts as refused."""
LONGEST_WAIT = max(BACK_OFF)
MOST_UNSURE = 2  # a lost answer is followed by one more try, not by two


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said of one recipient: SENT, DEFERRED, REFUSED or UNKNOWN, and its words."""

    state: State
    detail: str = ""


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after try number `attempts` (from 1); None when it was the last."""
    return BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None


def settled(answer: Answer, *, attempts: int, unsure: int) -> Answer:
    """What an answer means after so many tries and so many lost answers: go on, or an end that people see."""
    if answer.state is State.UNKNOWN and unsure < MOST_UNSURE:
        return Answer(State.DEFERRED, answer.detail)
    if answer.state is State.DEFERRED and pause_after(attempts) is None:
        return Answer(State.REFUSED, f"given up after five days: {answer.detail}")
    return answer


_WEIGHT = (State.SENDING, State.DEFERRED, State.QUEUED, State.HELD, State.UNKNOWN, State.SENT, State.REFUSED)


def overall(states: Collection[str]) -> State:
    """The state of a mail whose recipients stand so: what is still to be done comes first."""
    if State.BOUNCED in states:
        states = {*states, State.SENT}  # it was taken first
    return next((state for state in _WEIGHT if state in states), State(next(iter(states), State.REFUSED)))
