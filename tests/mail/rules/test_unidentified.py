"""Who does not say who wrote, or says so twice, is nobody."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.rules import unidentified
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header, mail


@pytest.mark.parametrize(
    "lines",
    [
        "From: alice@acme.example\nFrom: eve@beta.example",
        "From: alice@acme.example, eve@beta.example",
        "From: alice@acme.example )bob@evil.example",
        "From: a@b@c",
        "From: undisclosed:;",
        "From:",
        "Subject: nobody",
    ],
)
def test_such_mail_waits_for_a_person(lines: str) -> None:
    answer = unidentified.judge(mail(f"{lines}\nTo: support@desk.example\n\nHi"), Facts(), POLICY)
    assert answer is not None
    assert answer.held is Held.UNIDENTIFIED_SENDER


def test_one_from_with_one_mailbox_is_passed_on() -> None:
    assert unidentified.judge(header(), Facts(), POLICY) is None
