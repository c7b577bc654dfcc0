"""The recipient decides the department."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdeskctl.mail.rules import routing
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Facts
from tests.mail.rules.five_lines import BILLING, POLICY, SUPPORT, mail

ARCHIVED = DepartmentPolicy("support", archived=True)
CATCH_ALL = replace(SUPPORT, catch_all=True)
CATCHING = replace(
    POLICY,
    own={address: CATCH_ALL if own == SUPPORT else own for address, own in POLICY.own.items()},
)


def route(*lines: str, facts: Facts | None = None) -> tuple[int | None, int | None]:
    answer = routing.judge(mail("From: a@b.example\n" + "\n".join(lines) + "\n\nHi"), facts or Facts(), CATCHING)
    assert answer is not None
    assert answer.decision is None
    return answer.mailbox_id, answer.department_id


def test_the_mailbox_it_came_in_by_decides() -> None:
    assert route("To: support@desk.example", facts=Facts(mailbox=SUPPORT)) == (1, 1)
    assert route("To: undisclosed-recipients:;", facts=Facts(mailbox=SUPPORT)) == (1, 1)
    assert route("To: support@desk.example, billing@desk.example", facts=Facts(mailbox=BILLING)) == (2, 2)


def test_a_mail_to_another_mailbox_of_ours_goes_there() -> None:
    assert route("To: Billing@Desk.example", facts=Facts(mailbox=SUPPORT)) == (2, 2)


class TestCatchAll:
    """MAIL-18: support@ is the catch-all of the domain."""

    FACTS = Facts(mailbox=CATCH_ALL)

    def test_the_recipients_decide(self) -> None:
        assert route("To: billing@desk.example", facts=self.FACTS) == (2, 2)
        assert route("To: support@desk.example, billing@desk.example", facts=self.FACTS) == (2, 2)
        assert route("X-Original-To: billing@desk.example", "To: x@y.example", facts=self.FACTS) == (2, 2)
        assert route("To: x@y.example", "Cc: billing+shop@desk.example", facts=self.FACTS) == (2, 2)

    def test_its_own_address_counts_where_somebody_wrote_it(self) -> None:
        assert route("To: support@desk.example", facts=self.FACTS) == (1, 1)
        assert route("To: help@desk.example", facts=self.FACTS) == (1, 1)

    @pytest.mark.parametrize("to", ["To: sales@desk.example", "To: undisclosed-recipients:;", "Subject: nothing"])
    def test_what_is_for_none_of_ours_waits_although_the_server_delivered_it_there(self, to: str) -> None:
        raw = f"From: a@b.example\nDelivered-To: support@desk.example\n{to}\n\nHi"
        answer = routing.judge(mail(raw), self.FACTS, CATCHING)
        assert answer is not None
        assert answer.held is Held.NO_DEPARTMENT


def test_the_envelope_comes_before_what_the_sender_wrote() -> None:
    assert route("Delivered-To: billing@desk.example", "To: support@desk.example") == (2, 2)


def test_aliases_plus_addresses_and_cc_count() -> None:
    assert route("To: help@desk.example") == (1, 1)
    assert route("To: billing+hd.1@desk.example") == (2, 2)
    assert route("To: x@y.example", "Cc: billing@desk.example") == (2, 2)


def test_a_mail_to_nobody_of_ours_waits_in_quarantine() -> None:
    answer = routing.judge(mail("From: a@b.example\nTo: x@y.example\n\nHi"), Facts(), POLICY)
    assert answer is not None
    assert answer.held is Held.NO_DEPARTMENT


def test_an_archived_department_takes_no_mail() -> None:
    closed = replace(POLICY, departments={1: DepartmentPolicy("support", archived=True)})
    answer = routing.judge(mail("From: a@b.example\nTo: support@desk.example\n\nHi"), Facts(mailbox=SUPPORT), closed)
    assert answer is not None
    assert answer.held is Held.NO_DEPARTMENT
    assert "archived" in answer.reason


def test_where_the_first_addressed_is_archived_the_next_one_takes_it() -> None:
    closed = replace(
        POLICY, departments={1: DepartmentPolicy("support", archived=True), 2: DepartmentPolicy("billing")}
    )
    both = mail("From: a@b.example\nTo: support@desk.example, billing@desk.example\n\nHi")
    answer = routing.judge(both, Facts(mailbox=SUPPORT), closed)
    assert answer is not None
    assert (answer.mailbox_id, answer.department_id) == (2, 2)


def test_a_release_may_name_the_department() -> None:
    named = replace(POLICY, otherwise=2)
    answer = routing.judge(mail("From: a@b.example\nTo: x@y.example\n\nHi"), Facts(), named)
    assert answer is not None
    assert (answer.decision, answer.department_id) == (None, 2)
