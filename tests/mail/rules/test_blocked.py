"""Blocked senders and subjects, and what is too large, wait in quarantine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdeskctl.mail.rules import blocked
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header

BLOCKING = replace(
    POLICY,
    blocked_addresses=frozenset({"eve@beta.example"}),
    blocked_domains=frozenset({"spam.example"}),
    blocked_subjects=("you have won",),
)


@pytest.mark.parametrize(
    ("sender", "subject", "why"),
    [
        ("Eve <EVE@beta.example>", "Hello", Held.BLOCKED_SENDER),
        ("x@spam.example", "Hello", Held.BLOCKED_SENDER),
        ("x@mail.spam.example", "Hello", Held.BLOCKED_SENDER),
        ("x@notspam.example", "Hello", None),
        ("bob@acme.example", "Re: YOU HAVE WON", Held.REJECTED_PATTERN),
        ("bob@acme.example", "You have one", None),
    ],
)
def test_who_is_blocked_and_who_only_looks_like_it(sender: str, subject: str, why: Held | None) -> None:
    answer = blocked.judge(header(sender=sender, subject=subject), Facts(), BLOCKING)
    assert (answer.held if answer else None) is why


def test_two_senders_of_whom_one_is_blocked_are_held() -> None:
    answer = blocked.judge(header(sender="bob@acme.example, eve@beta.example"), Facts(), BLOCKING)
    assert answer is not None
    assert answer.evidence == "From: eve@beta.example"


def test_a_mail_over_the_mailbox_s_size_waits() -> None:
    assert blocked.judge(header(), Facts(size=100, max_size=100), POLICY) is None
    answer = blocked.judge(header(), Facts(size=101, max_size=100), POLICY)
    assert answer is not None
    assert answer.held is Held.TOO_LARGE
