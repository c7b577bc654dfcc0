"""Our mail as bytes, read back by a second parser."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail.compose import File, OutgoingMail, Person, ascii_address, compose, quoted, reference_chain

NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
OWN = "<hd.1001.7.a.abcdefghijklmnopqrstuvwxyz@example.org>"


def mail(**changes: Any) -> OutgoingMail:
    given: dict[str, Any] = {
        "message_id": OWN,
        "date": NOW,
        "sender": Person("support@example.org", "Example Support"),
        "to": [Person("ann@muster.example", "Ann")],
        "subject": "Re: [Support#1001] Printer",
        "text": "Hello",
    }
    return OutgoingMail(**given | changes)


def read(outgoing: OutgoingMail) -> EmailMessage:
    parsed = message_from_bytes(compose(outgoing), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def raw_headers(outgoing: OutgoingMail) -> Message:
    """Read with the old parser: header lines as they stand, unfolded."""
    return message_from_bytes(compose(outgoing), policy=policy.compat32)


def unfolded(value: str | None) -> str:
    return " ".join((value or "").split())


def letters_of(text: str) -> str:
    """What is seen of a text, white space apart."""
    invisible = "[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069]"
    return "".join(re.sub(invisible, "", unicodedata.normalize("NFC", text)).split())


def test_a_plain_answer_has_its_headers_once_and_its_text() -> None:
    parsed = read(mail(in_reply_to="<a@b>", references=[OWN, "<a@b>"]))
    assert parsed["From"] == "Example Support <support@example.org>"
    assert parsed["To"] == "Ann <ann@muster.example>"
    assert parsed["Date"].datetime == NOW
    assert (parsed["Message-ID"], parsed["In-Reply-To"]) == (OWN, "<a@b>")
    text = parsed.get_body(("plain",))
    assert text is not None and text.get_content() == "Hello\r\n"
    assert len(parsed.keys()) == len(set(parsed.keys()))


def test_references_of_outlook_size_are_folded_between_ids_only() -> None:
    long = f"<{'A1' * 45}@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>"
    ids = [OWN, *(f"<{n}{long[1:]}" for n in range(12)), long]
    data = compose(mail(in_reply_to=long, references=ids))
    head = data.split(b"\r\n\r\n", 1)[0]
    assert b"=?" not in head
    assert unfolded(raw_headers(mail(references=ids))["References"]).split() == ids
    lines = head.split(b"\r\n")
    assert max(map(len, lines)) < 998
    assert all(line.count(b"<") == line.count(b">") for line in lines)
    assert b"In-Reply-To: " + long.encode() in lines


@pytest.mark.parametrize(
    "hostile", ["hi\nX-Injected: 1", "hi\r\nBcc: all@x.example", "hi\x1b[2J", "hi\x00there", "a\x85b\u2028c"]
)
def test_no_text_can_start_a_header(hostile: str) -> None:
    outgoing = mail(
        subject=hostile,
        to=[Person("ann@muster.example", hostile)],
        sender=Person("support@example.org", hostile),
        installation=hostile,
        files=[File(hostile, "text/plain", b"x")],
    )
    parsed = raw_headers(outgoing)
    assert len(parsed.get_all("Subject", [])) == 1
    assert parsed["Bcc"] is None and parsed["X-Injected"] is None
    shown = str(make_header(decode_header(parsed["Subject"])))
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert [address for _, address in getaddresses(parsed.get_all("To", []))] == ["ann@muster.example"]


@given(st.text(max_size=300), st.text(max_size=120), st.text(max_size=2000))
def test_whatever_is_written_is_seven_bit_with_short_lines_and_comes_back(subject: str, name: str, text: str) -> None:
    outgoing = mail(subject=subject, to=[Person("ann@muster.example", name)], text=text)
    data = compose(outgoing)
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    parsed = raw_headers(outgoing)
    shown = str(make_header(decode_header(unfolded(parsed["Subject"]))))
    assert letters_of(shown) == letters_of(subject)
    assert [address for _, address in getaddresses([parsed["To"]])] == ["ann@muster.example"]


@pytest.mark.parametrize("subject", ["Grüße aus München", "漢字" * 60, "=?utf-8?q?not_encoded?=", "x" * 300, "plain"])
def test_a_subject_comes_back_as_it_was(subject: str) -> None:
    assert read(mail(subject=subject))["Subject"] == subject


def test_names_with_commas_and_foreign_letters_do_not_break_the_list_of_addresses() -> None:
    people = [Person(f"p{n}@muster.example", f"Müller, Jürgen {n}") for n in range(12)]
    header = raw_headers(mail(to=people))["To"]
    assert [address for _, address in getaddresses([header])] == [person.address for person in people]
    plain = read(mail(to=[Person("a@b.example", 'Beispiel, "Ben" <x>'), Person("c@d.example", "Ann")]))["To"]
    assert [a.addr_spec for a in plain.addresses] == ["a@b.example", "c@d.example"]
    assert plain.addresses[0].display_name == 'Beispiel, "Ben" <x>'


@pytest.mark.parametrize("name", ["rechnung.pdf", "Grüße – Übersicht (2).pdf", "漢字" * 40 + ".txt", 'a"b;c.txt'])
def test_file_names_survive(name: str) -> None:
    (attached,) = read(mail(files=[File(name, "application/pdf", b"%PDF")])).iter_attachments()
    assert attached.get_filename() == name
    assert attached.get_content() == b"%PDF"


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "nonsense", "text/pl\r\nX: 1", "", "a/b/c"])
def test_a_type_that_cannot_stand_becomes_octets(kind: str) -> None:
    (attached,) = read(mail(files=[File("a.eml", kind, b"Subject: x\n\nhi")])).iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_content() == b"Subject: x\n\nhi"


def test_html_stands_beside_the_text() -> None:
    parsed = read(mail(text="Hello", html="<p>Hello</p>", files=[File("a.txt", "text/plain", b"x")]))
    body = parsed.get_body(("html",))
    assert body is not None and body.get_content().strip() == "<p>Hello</p>"
    plain = parsed.get_body(("plain",))
    assert plain is not None and plain.get_content().strip() == "Hello"


def test_automatic_mail_says_so_and_names_its_desk() -> None:
    parsed = read(mail(automatic="auto-replied", installation="desk-1"))
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert parsed["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert parsed["X-Helpdesk-Installation"] == "desk-1"
    assert read(mail())["Auto-Submitted"] is None


def test_our_own_id_stands_first_in_references_and_the_parent_last() -> None:
    chain = reference_chain(OWN, ["<1@x>", "<2@x>", "<3@x>", "<1@x>", "broken", "<a b@x>"], "<3@x>")
    assert chain == (OWN, "<1@x>", "<2@x>", "<3@x>")
    assert reference_chain(OWN, [], None) == (OWN,)


def test_an_endless_thread_loses_its_middle() -> None:
    chain = reference_chain(OWN, [f"<{n}@x>" for n in range(500)], "<499@x>")
    assert len(chain) < 50
    assert (chain[0], chain[1], chain[-2], chain[-1]) == (OWN, "<0@x>", "<498@x>", "<499@x>")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.example",
        "a@b.example, c@d.example",
        "a@b\r\nX: 1",
        "a@b@c",
        "a,b@c.example",
        "ä@b.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        ascii_address(address)


def test_a_foreign_domain_is_written_in_ascii() -> None:
    assert ascii_address("ann@münchen.example") == "ann@xn--mnchen-3ya.example"


def test_a_quotation_names_its_author_and_keeps_levels() -> None:
    text = quoted("Ann\nEvil wrote:", "Hello\n> before\n\nBye\n")
    assert text == "Ann Evil wrote:\n> Hello\n>> before\n>\n> Bye"
    assert quoted("Ann wrote:", "x\n" * 1000).endswith("> x\n> …")
