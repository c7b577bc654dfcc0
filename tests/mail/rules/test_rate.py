"""Who opens many tickets within minutes waits; who answers never does."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.mail.rules import rate
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import ALICE, POLICY, header, ticket

WILD = Facts(sender=ALICE, opened=200)


def held(facts: Facts, policy: object = POLICY) -> Held | None:
    answer = rate.judge(header(), facts, policy)  # type: ignore[arg-type]  # always a Policy
    return answer.held if answer else None


def test_the_last_ticket_allowed_opens_and_the_next_waits() -> None:
    assert held(replace(WILD, opened=199)) is None
    assert held(WILD) is Held.RATE_LIMITED


def test_an_answer_to_an_open_ticket_is_never_counted_but_a_follow_up_is_a_new_ticket() -> None:
    answer = replace(WILD, noted=Decision(ticket=1001), tickets=ticket(1001, "requester"))
    assert held(answer) is None
    assert held(replace(answer, tickets=ticket(1001, "requester", closed="is billed"))) is Held.RATE_LIMITED


def test_who_is_on_the_allow_list_may_write_as_much_as_it_likes() -> None:
    allowing = replace(POLICY, allowed_domains=frozenset({"acme.example"}))
    assert held(WILD, allowing) is None
    assert held(replace(WILD, proven=False), allowing) is Held.RATE_LIMITED
