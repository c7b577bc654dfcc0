"""The tag in the subject leads to the ticket for who takes part there; a subject alone never does."""

from __future__ import annotations

from helpdeskctl.mail.rules import subject_tag
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import ALICE, POLICY, header, ticket


def test_a_participant_s_mail_with_the_tag_belongs_there() -> None:
    facts = Facts(sender=ALICE, tickets=ticket(1001, "requester"))
    answer = subject_tag.judge(header(subject="Re: [support #1001] Printer"), facts, POLICY)
    assert answer is not None
    assert (answer.ticket, answer.evidence) == (1001, "Subject: Re: [support #1001] Printer")


def test_a_stranger_s_mail_with_the_tag_only_may_belong_there() -> None:
    answer = subject_tag.judge(header(subject="Re: [Support#1001] hello"), Facts(tickets=ticket(1001)), POLICY)
    assert answer is not None
    assert (answer.ticket, answer.may_belong) == (None, 1001)


def test_an_unknown_tag_before_ours_does_not_hide_it() -> None:
    facts = Facts(sender=ALICE, tickets=ticket(1001, "requester"))
    answer = subject_tag.judge(header(subject="[Ticket#99999999] [Support#1001] Printer"), facts, POLICY)
    assert answer is not None
    assert answer.ticket == 1001


def test_neither_a_number_nor_another_desk_s_tag_nor_the_body_count() -> None:
    facts = Facts(sender=ALICE, tickets=ticket(1001, "requester"))
    for subject in ("Printer on fire", "#1001", "[Other#1001] Printer", "1001"):
        assert subject_tag.judge(header(subject=subject), facts, POLICY) is None
