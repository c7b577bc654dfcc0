"""Bounces belong to the mail of ours that came back; others are backscatter."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import bounce
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header, mail, named, ticket


def report(action: str = "failed") -> IncomingMail:
    return mail(f"""
        From: MAILER-DAEMON@mx.example
        Subject: Undelivered Mail Returned to Sender
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example

        Final-Recipient: rfc822; alice@acme.example
        Action: {action}
        Status: 5.1.1

        --b--
        """)


def test_a_report_on_a_mail_of_ours_is_filed_with_it() -> None:
    facts = Facts(returned=named(1001, message=9, evidence="the mail returned: <hd.1001>"), tickets=ticket(1001))
    answer = bounce.judge(report(), facts, POLICY)
    assert answer is not None
    assert (answer.decision, answer.ticket, answer.message) == ("bounce", 1001, 9)
    assert answer.automatic
    assert answer.no_answer


def test_it_follows_a_merged_ticket() -> None:
    facts = Facts(returned=named(1001), tickets=ticket(1001, survivor=1002))
    answer = bounce.judge(report(), facts, POLICY)
    assert answer is not None
    assert answer.ticket == 1002


def test_a_report_that_names_no_mail_of_ours_may_be_forged_and_waits() -> None:
    answer = bounce.judge(report(), Facts(), POLICY)
    assert answer is not None
    assert answer.held is Held.BACKSCATTER


def test_a_report_on_a_ticket_that_is_gone_waits_too() -> None:
    answer = bounce.judge(report(), Facts(returned=named(1001)), POLICY)
    assert answer is not None
    assert answer.held is Held.BACKSCATTER


def test_a_receipt_of_a_successful_delivery_is_no_bounce() -> None:
    assert bounce.judge(report("delivered"), Facts(), POLICY) is None


@pytest.mark.parametrize(
    ("lines", "subject", "sender"),
    [
        ("", "Undeliverable: Printer", "postmaster@mx.example"),  # Exchange
        ("", "failure notice", "MAILER-DAEMON@mx.example"),  # qmail
        ("Return-Path: <>", "Delivery Status Notification (Failure)", "relay@mx.example"),  # Gmail by a relay
        ("X-Failed-Recipients: alice@acme.example", "Mail", "exim@mx.example"),  # Exim
    ],
)
def test_servers_that_send_no_standard_report_are_known_by_two_signs(lines: str, subject: str, sender: str) -> None:
    answer = bounce.judge(header(lines, subject=subject, sender=sender), Facts(), POLICY)
    assert answer is not None
    assert answer.held is Held.BACKSCATTER


@pytest.mark.parametrize(
    ("lines", "subject", "sender"),
    [
        ("", "Undelivered mail returned to sender, what now?", "alice@acme.example"),
        ("Return-Path: <>", "Printer on fire", "alice@acme.example"),
        ("", "Printer on fire", "postmaster@acme.example"),
    ],
)
def test_one_sign_alone_is_a_person_s_mail(lines: str, subject: str, sender: str) -> None:
    assert bounce.judge(header(lines, subject=subject, sender=sender), Facts(), POLICY) is None
