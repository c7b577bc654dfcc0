from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpdeskctl.domain.lifecycle import (
    STATUSES,
    Act,
    Clock,
    Kind,
    Policy,
    Priority,
    StatusChange,
    after,
    reopening,
)
from helpdeskctl.errors import InvalidInput

POLICY = Policy()
CLOSED = datetime(2026, 5, 1, 12, tzinfo=UTC)


def lands(act: Act, kind: Kind, policy: Policy = POLICY) -> Kind:
    return after(act, kind, policy).to or kind


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("kind", Kind)
def test_every_act_has_an_answer_for_every_kind(act: Act, kind: Kind) -> None:
    assert isinstance(after(act, kind, POLICY), StatusChange)


@pytest.mark.parametrize("kind", Kind)
def test_a_customers_message_leaves_new_alone_and_opens_all_others_unread(kind: Kind) -> None:
    assert lands(Act.CUSTOMER_MESSAGE, kind) == (Kind.NEW if kind is Kind.NEW else Kind.OPEN)
    change = after(Act.CUSTOMER_MESSAGE, kind, POLICY)
    assert (change.unread, change.wakes, change.customer_spoke) == (True, True, True)


@pytest.mark.parametrize("act", [Act.AUTOMATIC_MAIL, Act.NOTE, Act.ASSIGN, Act.SNOOZE])
@pytest.mark.parametrize("kind", Kind)
def test_automatic_mail_notes_assigning_and_snoozing_change_no_status(act: Act, kind: Kind) -> None:
    assert after(act, kind, POLICY) == StatusChange()


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (Act.TAKE, Kind.OPEN),
        (Act.WAKE, Kind.OPEN),
        (Act.REOPEN, Kind.OPEN),
        (Act.CLOSE, Kind.CLOSED),
        (Act.MERGE, Kind.CLOSED),
        (Act.CREATED_BY_CUSTOMER, Kind.NEW),
        (Act.CREATED_BY_AGENT, Kind.OPEN),
        (Act.CREATED_BY_PHONE, Kind.OPEN),
    ],
)
@pytest.mark.parametrize("before", Kind)
def test_acts_with_a_fixed_end_reach_it_from_everywhere(act: Act, kind: Kind, before: Kind) -> None:
    assert lands(act, before) is kind


def test_a_ticket_written_down_at_the_phone_counts_as_the_customers_message() -> None:
    assert after(Act.CREATED_BY_PHONE, Kind.NEW, POLICY).customer_spoke
    assert not after(Act.CREATED_BY_AGENT, Kind.NEW, POLICY).customer_spoke


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("chosen", [Kind.ANSWERED, Kind.QUESTION, Kind.OPEN, Kind.CLOSED])
def test_a_reply_sets_what_the_department_chose(kind: Kind, chosen: Kind) -> None:
    assert lands(Act.REPLY, kind, Policy(after_reply=chosen)) is chosen


def test_a_status_that_is_reached_already_is_no_change() -> None:
    assert after(Act.CLOSE, Kind.CLOSED, POLICY).to is None


@pytest.mark.parametrize(
    ("policy", "days", "answer"),
    [
        ("always", 4000, "reopen"),
        ("never", 0, "follow_up"),
        ("30d", 0, "reopen"),
        ("30d", 30, "reopen"),
        ("30d", 30.001, "follow_up"),
        ("0d", 0.001, "follow_up"),
    ],
)
def test_customers_reopen_as_the_department_says(policy: str, days: float, answer: str) -> None:
    assert reopening(policy, closed_at=CLOSED, now=CLOSED + timedelta(days)) == answer


def test_a_billed_ticket_is_never_reopened_by_a_customer() -> None:
    assert reopening("always", closed_at=CLOSED, now=CLOSED, billed=True) == "follow_up"


@pytest.mark.parametrize("policy", ["", "30", "d", "-1d", "30d ", "sometimes", "99999d"])
def test_other_words_are_no_reopening_policy(policy: str) -> None:
    with pytest.raises(InvalidInput):
        reopening(policy, closed_at=CLOSED, now=CLOSED)


def test_one_status_of_each_kind_is_shipped_with_the_clock_of_the_rule_book() -> None:
    assert {status.kind: status.clock for status in STATUSES} == {
        Kind.NEW: Clock.RUN,
        Kind.OPEN: Clock.RUN,
        Kind.ANSWERED: Clock.STOP,
        Kind.QUESTION: Clock.PAUSE,
        Kind.HOLD: Clock.PAUSE,
        Kind.CLOSED: Clock.STOP,
    }
    assert len(STATUSES) == len(Kind)


@pytest.mark.parametrize("text", ["high", "High", " HIGH ", "4"])
def test_a_priority_is_typed_by_name_or_number(text: str) -> None:
    assert Priority.from_key(text) is Priority.HIGH


def test_an_unknown_priority_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as error:
        Priority.from_key("highest")
    assert error.value.hint == "known: lowest, low, normal, high, urgent"
