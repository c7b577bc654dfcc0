"""What is larger than its mailbox takes waits, and a person is told."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.rules import size
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header


def test_a_mail_of_just_that_size_passes_and_one_octet_more_waits() -> None:
    assert size.judge(header(), Facts(size=100, max_size=100), POLICY) is None
    answer = size.judge(header(), Facts(size=101, max_size=100), POLICY)
    assert answer is not None
    assert (answer.held, answer.evidence) == (Held.TOO_LARGE, "101 bytes, the mailbox takes 100")


def test_where_no_mailbox_sets_a_limit_there_is_none() -> None:
    assert size.judge(header(), Facts(size=10**9), POLICY) is None


@pytest.mark.parametrize(
    ("lines", "sender", "told"),
    [
        ("", "alice@acme.example", True),
        ("Auto-Submitted: auto-replied", "alice@acme.example", False),
        ("Precedence: list", "alice@acme.example", False),
        ("Return-Path: <>", "alice@acme.example", False),
        ("", "noreply@acme.example", False),
        ("", "a@x.example, b@x.example", False),
    ],
)
def test_only_a_person_is_told(lines: str, sender: str, told: bool) -> None:
    answer = size.judge(header(lines, sender=sender), Facts(size=2, max_size=1), POLICY)
    assert answer is not None
    assert answer.answer is told
