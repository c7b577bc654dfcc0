"""Complaints of mail services are recorded."""

from __future__ import annotations

from helpdeskctl.mail.rules import bounce, complaint
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header, mail, named, ticket

COMPLAINT = mail("""
    From: fbl@provider.example
    Subject: complaint
    Content-Type: multipart/report; report-type=feedback-report; boundary=b

    --b
    Content-Type: message/feedback-report

    Feedback-Type: abuse

    --b--
    """)


def test_a_complaint_about_our_mail_stands_in_its_ticket() -> None:
    answer = complaint.judge(COMPLAINT, Facts(returned=named(1001), tickets=ticket(1001)), POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket) == ("complaint", 1001)


def test_a_complaint_about_another_mail_stands_in_no_ticket_and_is_no_bounce() -> None:
    answer = complaint.judge(COMPLAINT, Facts(), POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket) == ("complaint", None)
    assert bounce.judge(COMPLAINT, Facts(), POLICY) is None


def test_an_angry_customer_is_a_customer() -> None:
    assert complaint.judge(header(subject="complaint"), Facts(), POLICY) is None
