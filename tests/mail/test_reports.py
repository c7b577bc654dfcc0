from __future__ import annotations

from helpdeskctl.mail.incoming import RecipientReport
from helpdeskctl.mail.parse import parse
from tests.mail.raw import raw

BOUNCE = raw("""
    From: MAILER-DAEMON@mx.example (Mail Delivery System)
    Content-Type: multipart/report; report-type=delivery-status; boundary=b

    --b
    Content-Type: text/plain

    I am sorry.
    --b
    Content-Type: message/delivery-status

    Reporting-MTA: dns; mx.example

    Original-Recipient: rfc822;alias@example.com
    Final-Recipient: rfc822; <Alice@Example.com>
    Action: Failed
    Status: 5.1.1 (bad destination)
    Diagnostic-Code: smtp; 550 5.1.1 <alice@example.com>:
     no such user

    Final-Recipient: rfc822; bob@example.com
    Action: delayed
    Status: 4.4.1
    --b
    Content-Type: text/rfc822-headers

    Message-ID: <hd.1.2.a.mac@desk.example>
    Subject: our mail
    --b--
    """)


def test_a_delivery_report_names_each_recipient_and_the_mail_it_returns() -> None:
    report = parse(BOUNCE).report
    assert report is not None
    assert report.recipients == (
        RecipientReport(
            "Alice@example.com",
            "failed",
            "5.1.1",
            "smtp; 550 5.1.1 <alice@example.com>: no such user",
            "alias@example.com",
        ),
        RecipientReport("bob@example.com", "delayed", "4.4.1", ""),
    )
    assert report.original_message_ids == ("<hd.1.2.a.mac@desk.example>",)
    assert parse(BOUNCE).text == "I am sorry."


def test_a_status_part_counts_without_the_multipart_report_around_it() -> None:
    assert parse(BOUNCE.replace(b"multipart/report", b"multipart/mixed")).report == parse(BOUNCE).report


def test_a_mail_without_a_status_part_is_no_report() -> None:
    assert parse(raw("Subject: Undelivered Mail\n\nFinal-Recipient: rfc822; a@b.example\n")).report is None


def test_complaints_are_told_by_their_report_type_or_their_part() -> None:
    assert parse(raw("Content-Type: multipart/report; report-type=Feedback-Report; boundary=b\n\n--b\n\nx\n")).feedback
    assert parse(
        raw("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nx\n")
    ).feedback
    assert not parse(BOUNCE).feedback


def test_a_status_part_of_many_groups_stays_within_the_bound_of_recipients() -> None:
    groups = "".join(f"\nFinal-Recipient: rfc822; u{n}@x.example\nAction: failed\n" for n in range(3_000))
    report = parse(raw(f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n{groups}")).report
    assert report is not None
    assert len(report.recipients) == 2_000
