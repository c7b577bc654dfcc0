"""A ticket was found: where its mail goes now."""

from __future__ import annotations

from helpdeskctl.mail.rules import existing
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header, ticket

FOUND = Decision(ticket=1001, rule="token", reason="names #1001", evidence="In-Reply-To: <id>")


def test_without_a_ticket_the_mail_is_passed_on() -> None:
    assert existing.judge(header(), Facts(), POLICY) is None


def test_the_answer_names_the_rule_that_found_the_ticket() -> None:
    answer = existing.judge(header(), Facts(tickets=ticket(1001, "requester"), noted=FOUND), POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket, answer.rule) == ("add", 1001, "token")
    assert answer.evidence == "In-Reply-To: <id>"


def test_a_merged_ticket_hands_on_to_its_survivor() -> None:
    answer = existing.judge(header(), Facts(tickets=ticket(1001, "requester", survivor=1002), noted=FOUND), POLICY)
    assert answer is not None
    assert answer.ticket == 1002
    assert "merged into #1002" in answer.reason


def test_what_is_closed_for_good_goes_on_in_a_linked_new_ticket() -> None:
    facts = Facts(tickets=ticket(1001, "requester", closed="is billed"), noted=FOUND)
    answer = existing.judge(header(), facts, POLICY)
    assert answer is not None
    assert (answer.decision, answer.follow_up) == ("open", 1001)
    assert "is billed" in answer.reason


def test_automatic_mail_is_filed_in_the_closed_ticket_and_opens_nothing() -> None:
    noted = Decision(automatic=True).after(FOUND)
    facts = Facts(tickets=ticket(1001, "requester", closed="is billed"), noted=noted)
    answer = existing.judge(header(), facts, POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket) == ("add", 1001)
