"""A token leads to its ticket for who takes part there, and nobody else."""

from __future__ import annotations

from helpdeskctl.mail.rules import token
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Sender
from tests.mail.rules.five_lines import ALICE, POLICY, header, named, ticket


def test_the_requester_s_answer_belongs_to_the_ticket() -> None:
    facts = Facts(sender=ALICE, tokens=named(1001), tickets=ticket(1001, "requester"))
    answer = token.judge(header(), facts, POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket, answer.security) == (None, 1001, None)
    assert "requester" in answer.reason
    assert answer.evidence == "In-Reply-To: <id>"


def test_a_stranger_with_a_true_token_only_may_belong_there_and_the_security_log_hears_of_it() -> None:
    answer = token.judge(header(), Facts(tokens=named(1001), tickets=ticket(1001)), POLICY)
    assert answer is not None
    assert (answer.ticket, answer.may_belong) == (None, 1001)
    assert answer.security is not None


def test_the_first_ticket_in_which_the_sender_takes_part_wins_over_the_first_named() -> None:
    tickets = ticket(1001) | ticket(1002, "participant")
    facts = Facts(sender=ALICE, tokens=named(1001) + named(1002), tickets=tickets)
    answer = token.judge(header(), facts, POLICY)
    assert answer is not None
    assert (answer.ticket, answer.may_belong) == (1002, None)


def test_a_ticket_that_is_gone_counts_for_nothing() -> None:
    assert token.judge(header(), Facts(sender=ALICE, tokens=named(1001)), POLICY) is None


def test_an_agent_s_address_is_let_in_as_a_customer_and_logged() -> None:
    facts = Facts(sender=Sender(agent=True), tokens=named(1001), tickets=ticket(1001, "agent"))
    answer = token.judge(header(), facts, POLICY)
    assert answer is not None
    assert answer.ticket == 1001
    assert answer.security is not None


def test_what_an_earlier_rule_found_stays() -> None:
    facts = Facts(sender=ALICE, tokens=named(1001), tickets=ticket(1001, "requester"), noted=Decision(ticket=1002))
    assert token.judge(header(), facts, POLICY) is None
