from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from helpdeskctl.domain import templates
from helpdeskctl.domain.lifecycle import Kind, reopening
from helpdeskctl.domain.presentation import SENTENCES, Facts, Shown, in_plain_words

SINCE = datetime(2026, 5, 3, 12, tzinfo=UTC)
OPEN = Facts(Kind.OPEN, SINCE, "Support", agent="Ada")


@pytest.mark.parametrize("facts", [replace(OPEN, kind=Kind.NEW), replace(OPEN, agent=None)])
def test_until_somebody_has_it_the_request_is_received(facts: Facts) -> None:
    assert in_plain_words(facts, now=SINCE) == Shown("received", {}, 1)


@pytest.mark.parametrize("facts", [OPEN, replace(OPEN, kind=Kind.HOLD), replace(OPEN, snoozed=True)])
def test_then_the_agent_has_it_also_on_hold_and_snoozed(facts: Facts) -> None:
    assert in_plain_words(facts, now=SINCE) == Shown("agent_has_it", {"agent": "Ada", "department": "Support"}, 2)


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.NEW, Kind.OPEN])
def test_without_an_owner_the_department_has_what_waits(kind: Kind) -> None:
    facts = Facts(kind, SINCE, "Support", snoozed=True)
    assert in_plain_words(facts, now=SINCE) == Shown("department_has_it", {"department": "Support"}, 2)


def test_only_a_question_is_the_customers_turn() -> None:
    turns = {kind for kind in Kind if in_plain_words(replace(OPEN, kind=kind), now=SINCE).your_turn}
    assert turns == {Kind.QUESTION}


def test_an_answer_is_told_with_its_day() -> None:
    assert in_plain_words(replace(OPEN, kind=Kind.ANSWERED), now=SINCE) == Shown("answered", {"day": SINCE}, 3)


@pytest.mark.parametrize(
    ("days_later", "shown"),
    [
        (0, Shown("solved_for_days", {"days": 7}, 3)),
        (0.1, Shown("solved_for_days", {"days": 6}, 3)),
        (5.5, Shown("solved_for_days", {"days": 1}, 3)),
        (7, Shown("solved_for_days", {"days": 1}, 3)),
        (7.1, Shown("closed", {"day": SINCE}, 3)),
    ],
)
def test_a_closed_ticket_says_how_long_an_answer_reopens_it(days_later: float, shown: Shown) -> None:
    facts = replace(OPEN, kind=Kind.CLOSED, reopen="7d")
    now = SINCE + timedelta(days_later)
    assert in_plain_words(facts, now=now) == shown
    assert (shown.sentence == "closed") == (reopening("7d", closed_at=SINCE, now=now) == "follow_up")


def test_reopening_always_never_and_after_billing() -> None:
    closed = replace(OPEN, kind=Kind.CLOSED, reopen="always")
    assert in_plain_words(closed, now=SINCE).sentence == "solved"
    assert in_plain_words(replace(closed, reopen="never"), now=SINCE).sentence == "closed"
    assert in_plain_words(replace(closed, billed=True), now=SINCE).sentence == "closed"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("reopen", ["always", "never", "1d", "7d"])
@pytest.mark.parametrize("agent", ["Ada", None])
def test_every_sentence_gets_all_its_values(kind: Kind, reopen: str, agent: str | None) -> None:
    shown = in_plain_words(Facts(kind, SINCE, "Support", agent=agent, reopen=reopen), now=SINCE)
    values = {name: str(value) for name, value in shown.values.items()}
    words = SENTENCES[shown.sentence]
    for form in (words,) if isinstance(words, str) else words:
        assert "{{" not in templates.fill(form, values)


def test_a_promise_is_told_until_its_time_has_come_and_never_once_somebody_has_it() -> None:
    facts = replace(OPEN, agent=None, promised=timedelta(hours=4))
    promised = Shown("received_promised", {"period": timedelta(hours=4)}, 1)
    assert in_plain_words(facts, now=SINCE + timedelta(hours=4)) == promised
    assert in_plain_words(facts, now=SINCE + timedelta(hours=4, seconds=1)) == Shown("received", {}, 1)
    assert in_plain_words(replace(facts, agent="Ada"), now=SINCE).sentence == "agent_has_it"
