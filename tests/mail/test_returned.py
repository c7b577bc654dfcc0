"""What bounces without a standard report say of their recipients, in the shapes of many servers."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.returned import recipients
from tests.mail.raw import raw


def told(text: str, header: str = "") -> list[tuple[str, str, str]]:
    """(address, action, status) of a bounce with this text."""
    mail = parse(raw(f"From: MAILER-DAEMON@mx.example\nTo: support@desk.example\n{header}\n{text}"))
    return [(one.address, one.action, one.status) for one in recipients(mail)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # qmail
        ("Hi.\n\n<kim@shop.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n", ("failed", "5.1.1")),
        # Postfix
        ("I'm sorry.\n\n<kim@shop.example>: host mx[192.0.2.1] said: 552 5.2.2 full (in reply\n", ("failed", "5.2.2")),
        # Exim
        ("failed:\n\n  kim@shop.example\n    host mx [192.0.2.1]: 550 No such user here\n", ("failed", "5.1.1")),
        ("delayed:\n\n  kim@shop.example\n    Delay reason: SMTP timeout 451 later\n", ("delayed", "4.0.0")),
        # sendmail
        ("   ----- fatal errors -----\n<kim@shop.example>\n    (reason: 550 5.7.1 Denied)\n", ("failed", "5.7.1")),
        # Exchange
        ("Delivery has failed to these recipients:\n\nkim@shop.example\nIt wasn't found.\n", ("failed", "5.1.1")),
        ("did not reach:\n\nkim@shop.example on Thu, 29 Apr 2026\n    #5.2.1 disabled\n", ("failed", "5.2.1")),
        # Google
        ("Delivery to the following recipient failed permanently:\n\n     kim@shop.example\n", ("failed", "")),
        # Domino
        (
            "was not delivered to:\n\n  kim@shop.example\n\nbecause:\n User not listed in Directory\n",
            ("failed", "5.1.1"),
        ),
        # others
        ("Unable to deliver message to: <kim@shop.example>\nServer said: 550 no\n", ("failed", "5.0.0")),
        ("Unknown user: kim@shop.example\n", ("failed", "5.1.1")),
        ("Delivery failed 20 attempts: kim@shop.example\n", ("failed", "")),
        ("kim@shop.example Invalid Address, ERROR_CODE :550\n", ("failed", "5.1.1")),
        ("RCPT TO: kim@shop.example\n552 mailbox is full\n", ("failed", "5.2.2")),
        ("Action: failed\nFinal-Recipient: rfc822; kim@shop.example\nStatus: 5.3.5\n", ("failed", "5.3.5")),
        ("Your message has not yet been delivered to\n  kim@shop.example\nWe will continue.\n", ("delayed", "")),
        ('"kim@shop.example":\nretry timeout exceeded, no further tries\n', ("failed", "")),
    ],
)
def test_the_recipient_and_the_reason_are_found(text: str, found: tuple[str, str]) -> None:
    assert told(text) == [("kim@shop.example", *found)]


def test_each_recipient_has_the_reason_that_stands_with_it() -> None:
    text = "<a@x.example>:\n550 5.1.1 unknown\n\n<b@x.example>:\n452 4.2.2 full\n"
    assert told(text) == [("a@x.example", "failed", "5.1.1"), ("b@x.example", "delayed", "4.2.2")]


def test_we_ourselves_and_the_server_are_not_meant() -> None:
    text = "<postmaster@mx.example>: ask me\nfrom <support@desk.example>\n\n<kim@shop.example>: 550 no\n"
    assert [address for address, *_ in told(text)] == ["kim@shop.example"]


def test_addresses_in_the_returned_mail_are_not_meant() -> None:
    text = "<kim@shop.example>: 550 no\n\n--- Below this line is a copy of the message.\n\nsam@shop.example\n"
    assert [address for address, *_ in told(text)] == ["kim@shop.example"]


def test_exim_s_own_header_decides_whom_it_is_about() -> None:
    text = "failed:\n\n  kim@shop.example\n    550 5.1.1 unknown\n  sam@shop.example\n    (ignored)\n"
    assert told(text, "X-Failed-Recipients: kim@shop.example\n") == [("kim@shop.example", "failed", "5.1.1")]
    assert told("Sorry.", "X-Failed-Recipients: kim@shop.example\n") == [("kim@shop.example", "failed", "")]


def test_the_message_id_is_read_from_a_mail_that_is_returned_as_text() -> None:
    text = (
        "From: MAILER-DAEMON@mx.example\n\n<kim@shop.example>: no\n\n--- Below this line is a copy of the message.\n\n"
        "Received: from desk\nMessage-ID: <hd.1.2.a.mac@desk.example>\nReferences: <hd.1.1.a.mac@desk.example>\n\nHi\n"
    )
    assert parse(raw(text)).returned_ids == ("<hd.1.2.a.mac@desk.example>", "<hd.1.1.a.mac@desk.example>")


def test_a_flood_of_addresses_is_bounded() -> None:
    assert len(told("".join(f"<u{n}@x.example>: 550 no\n" for n in range(5_000)))) == 50
