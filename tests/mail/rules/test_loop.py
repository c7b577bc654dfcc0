"""Mail that goes round in circles waits for a person."""

from __future__ import annotations

import pytest

from helpdeskctl.domain.loops import MOST_HOPS, MOST_REPEATED
from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.mail.rules import loop
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header

HOP = "Received: from a.example by b.example; Tue, 10 Mar 2026 08:59:00 +0000\n"


def held(lines: str = "", facts: Facts | None = None) -> Held | None:
    answer = loop.judge(header(lines), facts or Facts(), POLICY)
    return answer.held if answer else None


def test_a_mail_that_passed_too_many_servers() -> None:
    assert held(HOP * MOST_HOPS) is None
    assert held(HOP * (MOST_HOPS + 1)) is Held.LOOP


@pytest.mark.parametrize(
    ("installations", "why"),
    [
        (["another", "desk-1"], Held.LOOP),
        (["another", "a-third"], None),
        (["another"], None),
        (["desk-1"], None),  # our own mail come back: the rule before this one
    ],
)
def test_what_we_wrote_passed_on_by_another_desk(installations: list[str], why: Held | None) -> None:
    assert held("\n".join(f"{INSTALLATION_HEADER}: {each}" for each in installations)) is why


def test_the_very_same_words_again_and_again() -> None:
    assert held(facts=Facts(repeated=MOST_REPEATED - 1)) is None
    assert held(facts=Facts(repeated=MOST_REPEATED)) is Held.LOOP
