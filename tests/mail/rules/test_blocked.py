"""Blocked senders and subjects wait in quarantine, unless they are allowed."""

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


ALLOWING = replace(
    BLOCKING,
    blocked_domains=frozenset({"spam.example", "bad.partner.example"}),
    allowed_addresses=frozenset({"good@spam.example"}),
    allowed_domains=frozenset({"partner.example"}),
)


@pytest.mark.parametrize(
    ("sender", "subject", "why"),
    [
        ("good@spam.example", "Hello", None),
        ("other@spam.example", "Hello", Held.BLOCKED_SENDER),
        ("x@partner.example", "You have won", None),
        ("x@bad.partner.example", "Hello", Held.BLOCKED_SENDER),
        ("x@good.partner.example", "You have won", None),
        ("x@else.example", "You have won", Held.REJECTED_PATTERN),
    ],
)
def test_what_the_list_says_of_the_smaller_one_counts(sender: str, subject: str, why: Held | None) -> None:
    answer = blocked.judge(header(sender=sender, subject=subject), Facts(), ALLOWING)
    assert (answer.held if answer else None) is why


def test_a_blocked_address_in_an_allowed_domain_stays_out() -> None:
    both = replace(ALLOWING, blocked_addresses=frozenset({"eve@partner.example"}))
    answer = blocked.judge(header(sender="eve@partner.example"), Facts(), both)
    assert answer is not None


def test_a_sender_whom_our_own_server_does_not_believe_is_not_on_the_allow_list() -> None:
    assert blocked.judge(header(sender="good@spam.example"), Facts(proven=False), ALLOWING) is not None
    answer = blocked.judge(header(sender="good@spam.example"), Facts(proven=True), ALLOWING)
    assert answer is not None
    assert (answer.decision, answer.reason) == (None, "the sender is on the allow list")


@pytest.mark.parametrize(
    ("sender", "held"), [("support@desk.example", True), ("noreply@x.example", True), ("a@b.example", False)]
)
def test_who_is_blocked_does_not_come_in_by_a_web_form(sender: str, held: bool) -> None:
    answer = blocked.judge(header("Reply-To: Eve <eve@beta.example>", sender=sender), Facts(), BLOCKING)
    assert (answer is not None) is held
