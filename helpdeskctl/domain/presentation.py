"""A ticket's state in the plain words customers read (portal: Status in plain words).

The decision is a value: the key of a sentence with its values, how far the ticket is, and whose turn it is. Front
ends look the sentence up in their language and write dates in the reader's way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from helpdeskctl.domain.lifecycle import Kind, reopen_window, reopening


def _later(text: str) -> str:
    """Marks a text for translators; who shows it looks it up."""
    return text


def _later_counted(one: str, many: str) -> tuple[str, str]:
    """Marks the forms for one and for many; who shows them takes the form that the language has for the number."""
    return one, many


SENTENCES: Mapping[str, str | tuple[str, str]] = {
    "received": _later("We have your request. We answer by e-mail."),
    "received_promised": _later("We have your request. We usually answer within {{period}}."),
    "agent_has_it": _later("{{agent}} ({{department}}) has your request."),
    "department_has_it": _later("{{department}} has your request."),
    "your_turn": _later("We need your answer: we asked you something on {{day}}."),
    "answered": _later("Answered on {{day}}. Anything left? Just answer."),
    "solved": _later("Solved. Not right? Just answer."),
    "solved_for_days": _later_counted(
        "Solved. Not right? Answer within a day.", "Solved. Not right? Answer within {{days}} days."
    ),
    "closed": _later("Closed on {{day}}. An answer opens a new request linked to this one."),
}
"""English, with the names of the values to put in, as in mail templates; two forms where `days` are counted.
`period` stands for a length of time in the reader's language, as "4 hours"."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What customers may know of a ticket. `kind` is that of the status shown to them (TIC-3).

    `since`: when we asked, answered or closed. `agent`: the owner's name as customers read it, None without an
    owner. `reopen`: the department's policy (TIC-7). `label`: the desk's own words for the status, if it has some.
    `promised`: how soon the department promises an answer.
    """

    kind: Kind
    since: datetime
    department: str
    agent: str | None = None
    snoozed: bool = False
    billed: bool = False
    reopen: str = "30d"
    label: str = ""
    promised: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The sentence by key, its values, the step (1 received, 2 in progress, 3 solved), and whether we wait.

    `label`: the desk's own words for the status, to be said before the sentence.
    """

    sentence: str
    values: Mapping[str, str | int | datetime | timedelta]
    step: Literal[1, 2, 3]
    your_turn: bool = False
    label: str = ""


def in_plain_words(facts: Facts, *, now: datetime) -> Shown:
    """What the customer reads about this ticket. Raises InvalidInput for a reopening policy that is none."""
    shown = _in_plain_words(facts, now)
    return replace(shown, label=facts.label) if facts.label else shown


def _in_plain_words(facts: Facts, now: datetime) -> Shown:
    match facts.kind:
        case Kind.QUESTION:
            return Shown("your_turn", {"day": facts.since}, 2, your_turn=True)
        case Kind.ANSWERED:
            return Shown("answered", {"day": facts.since}, 3)
        case Kind.CLOSED:
            return _closed(facts, now)
        case Kind.NEW | Kind.OPEN if not (facts.snoozed or (facts.agent and facts.kind is Kind.OPEN)):
            return _received(facts, now)
    if facts.agent:
        return Shown("agent_has_it", {"agent": facts.agent, "department": facts.department}, 2)
    return Shown("department_has_it", {"department": facts.department}, 2)


def _received(facts: Facts, now: datetime) -> Shown:
    if facts.promised is None or now > facts.since + facts.promised:  # a promise that was broken is not repeated
        return Shown("received", {}, 1)
    return Shown("received_promised", {"period": facts.promised}, 1)


def _closed(facts: Facts, now: datetime) -> Shown:
    if reopening(facts.reopen, closed_at=facts.since, now=now, billed=facts.billed) == "follow_up":
        return Shown("closed", {"day": facts.since}, 3)
    if (window := reopen_window(facts.reopen)) is None:
        return Shown("solved", {}, 3)
    # Rounded down: never promise a day that is not there.
    days = (facts.since + window - now) // timedelta(days=1)
    return Shown("solved_for_days", {"days": max(1, days)}, 3)
