"""What is here already is nothing new."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.mail.rules import known
from helpdeskctl.mail.rules.facts import Facts, Known
from tests.mail.rules.five_lines import BILLING, POLICY, SUPPORT, header


def test_a_mail_that_nobody_has_seen_is_passed_on() -> None:
    assert known.judge(header(), Facts(mailbox=SUPPORT), POLICY) is None


def test_the_second_copy_is_a_duplicate_and_says_of_what() -> None:
    answer = known.judge(header("Message-ID: <1@a>"), Facts(mailbox=SUPPORT, known=Known(81)), POLICY)
    assert answer is not None
    assert (answer.decision, answer.evidence) == ("duplicate", "Message-ID: <1@a>")
    assert "81" in answer.reason


def test_a_copy_in_another_department_is_new_where_the_desk_wants_a_ticket_in_each() -> None:
    each = replace(POLICY, one_ticket=False)
    copy = Known(81, frozenset({SUPPORT.department_id}))
    assert known.judge(header(), Facts(mailbox=BILLING, known=copy), each) is None
    again = known.judge(header(), Facts(mailbox=SUPPORT, known=copy), each)
    assert again is not None
    assert again.decision == "duplicate"
