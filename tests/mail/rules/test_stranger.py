"""Whether people nobody knows may open tickets is the department's to say."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from helpdeskctl.mail.rules import stranger
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Facts, Policy, Sender
from tests.mail.rules.five_lines import ALICE, POLICY, header

IN_SUPPORT = Decision(department_id=1)


def wanting(policy: Literal["accept", "hold", "reject"]) -> Policy:
    return replace(POLICY, departments={1: DepartmentPolicy("support", policy)})


def test_strangers_are_welcome_by_default() -> None:
    assert stranger.judge(header(), Facts(noted=IN_SUPPORT), POLICY) is None


def test_a_department_can_look_first() -> None:
    answer = stranger.judge(header(), Facts(noted=IN_SUPPORT), wanting("hold"))
    assert answer is not None
    assert answer.held is Held.UNKNOWN_SENDER_HELD


def test_a_department_can_refuse_with_one_polite_answer() -> None:
    answer = stranger.judge(header(), Facts(noted=IN_SUPPORT), wanting("reject"))
    assert answer is not None
    assert (answer.decision, answer.answer) == ("refuse", True)


@pytest.mark.parametrize(
    "noted", [Decision(department_id=1, automatic=True), Decision(department_id=1, no_answer=True)]
)
def test_robots_and_lists_are_refused_in_silence(noted: Decision) -> None:
    answer = stranger.judge(header(), Facts(noted=noted), wanting("reject"))
    assert answer is not None
    assert (answer.decision, answer.answer) == ("refuse", False)


@pytest.mark.parametrize("sender", [ALICE, Sender(agent=True)])
def test_whom_we_know_is_no_stranger(sender: Sender) -> None:
    assert stranger.judge(header(), Facts(sender=sender, noted=IN_SUPPORT), wanting("reject")) is None


def test_a_contact_without_tickets_by_mail_is_told_so() -> None:
    answer = stranger.judge(header(), Facts(sender=Sender(7, mail_tickets=False), noted=IN_SUPPORT), POLICY)
    assert answer is not None
    assert (answer.decision, answer.answer) == ("refuse", True)
