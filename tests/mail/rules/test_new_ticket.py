"""Everything else is a new request."""

from __future__ import annotations

from helpdeskctl.mail.rules import new_ticket
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header


def test_it_opens() -> None:
    answer = new_ticket.judge(header(), Facts(), POLICY)
    assert answer is not None
    assert answer.decision == "open"
