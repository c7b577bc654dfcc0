"""X-Helpdesk-* headers count where the mailbox is trusted, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.mail.rules import judge, trusted
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Facts
from tests.mail.rules.five_lines import ALICE, POLICY, SUPPORT, header, named, ticket

TRUSTED = Facts(mailbox=replace(SUPPORT, trusted=True))
KNOWING = replace(POLICY, types={"fault": 5}, topics={"printer": 6})


def asked(lines: str) -> Decision:
    answer = trusted.judge(header(lines), TRUSTED, KNOWING)
    assert answer is not None
    assert answer.decision is None
    return answer


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("X-Helpdesk-Department: billing", "department_id", 2),
        ("X-Helpdesk-Priority: Urgent", "priority", 5),
        ("X-Helpdesk-Tag: vip, alarm", "tags", ("vip", "alarm")),
        ("X-Helpdesk-Tag: vip\nX-Helpdesk-Tag: alarm", "tags", ("vip", "alarm")),
        ("X-Helpdesk-Type: fault", "type_id", 5),
        ("X-Helpdesk-Topic: printer", "topic_id", 6),
        ("X-Helpdesk-Language: de-AT", "language", "de"),
        ("X-Helpdesk-Requester: Carl <carl@c.example>", "requester", "carl@c.example"),
    ],
)
def test_what_a_trusted_program_may_ask_for(line: str, field: str, value: object) -> None:
    assert getattr(asked(line), field) == value


@pytest.mark.parametrize(
    "line",
    [
        "X-Helpdesk-Department: nowhere",
        "X-Helpdesk-Priority: 9",
        "X-Helpdesk-Language: tlh",
        "X-Helpdesk-Requester: support@desk.example",
        "X-Helpdesk-Requester: a@b.example, c@d.example",
        "X-Helpdesk-Type: fault or not",
    ],
)
def test_what_the_desk_does_not_know_is_named_and_left_out(line: str) -> None:
    answer = asked(line)
    assert line.partition(":")[0] in answer.reason
    assert replace(answer, reason="", evidence="") == Decision()


def test_in_any_other_mailbox_they_count_for_nothing_and_the_trail_says_so() -> None:
    mail = header("X-Helpdesk-Department: billing\nX-Helpdesk-Priority: urgent\nX-Helpdesk-Requester: a@b.example")
    found = judge(mail, Facts(mailbox=SUPPORT), POLICY)
    decision = found.decision
    assert (decision.department_id, decision.priority, decision.requester) == (1, None, None)
    said = {step.rule: step.answer for step in found.trail if step.answer}
    assert "ignored" in said["trusted"].reason
    assert "X-Helpdesk-Priority: urgent" in said["trusted"].evidence


def test_the_mark_of_an_installation_asks_for_nothing() -> None:
    assert trusted.judge(header(f"{INSTALLATION_HEADER}: other"), TRUSTED, POLICY) is None


def test_the_department_named_gets_the_ticket() -> None:
    decision = judge(header("X-Helpdesk-Department: billing"), TRUSTED, POLICY).decision
    assert (decision.decision, decision.department_id) == ("open", 2)
    closed = replace(
        POLICY, departments={1: DepartmentPolicy("support"), 2: DepartmentPolicy("billing", archived=True)}
    )
    assert judge(header("X-Helpdesk-Department: billing"), TRUSTED, closed).decision.department_id == 1


def test_a_requester_named_takes_no_part_in_any_ticket() -> None:
    facts = replace(TRUSTED, sender=ALICE, tokens=named(1001), tickets=ticket(1001))
    decision = judge(header("X-Helpdesk-Requester: carl@c.example"), facts, POLICY).decision
    assert (decision.decision, decision.may_belong) == ("open", 1001)


def test_a_word_that_is_no_tag_is_left_out() -> None:
    assert asked(f'X-Helpdesk-Tag: ok, {"ß" * 30}, two words, "quoted", {"x" * 41}').tags == ("ok",)
