"""A Message-ID we stored leads to its ticket for who takes part there."""

from __future__ import annotations

from helpdeskctl.mail.rules import reference
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import ALICE, POLICY, header, named, ticket


def test_a_colleague_who_takes_part_answers_the_customer_s_own_mail() -> None:
    facts = Facts(sender=ALICE, references=named(1001, ours=False), tickets=ticket(1001, "participant"))
    answer = reference.judge(header(), facts, POLICY)
    assert answer is not None
    assert answer.ticket == 1001


def test_a_stranger_who_names_it_only_may_belong_there() -> None:
    answer = reference.judge(header(), Facts(references=named(1001), tickets=ticket(1001)), POLICY)
    assert answer is not None
    assert (answer.ticket, answer.may_belong) == (None, 1001)


def test_a_ticket_found_by_token_is_not_looked_for_again() -> None:
    facts = Facts(references=named(1001), tickets=ticket(1001), noted=Decision(ticket=1002))
    assert reference.judge(header(), facts, POLICY) is None


def test_of_two_tickets_it_may_belong_to_the_first_is_kept() -> None:
    facts = Facts(references=named(1001), tickets=ticket(1001), noted=Decision(may_belong=1002))
    assert reference.judge(header(), facts, POLICY) is None
