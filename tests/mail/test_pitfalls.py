"""One small mail for every pitfall of real mail that nothing else here holds, read through the whole parser."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.parse import identity, parse
from tests.mail.raw import raw


def names(mail: IncomingMail) -> list[str]:
    return [part.filename for part in mail.attachments]


def body_in(label: str, data: bytes) -> str:
    return parse(b"Content-Type: text/plain; charset=" + label.encode() + b"\n\n" + data).text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("gb2312", "简体中文 镕".encode("gb18030"), "简体中文 镕"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B", "①"),
        ("us-ascii", "Grüße – “so”".encode("cp1252"), "Grüße – “so”"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("cp1252"), "Grüße"),
        ("iso-8859-1", "Grüße – so".encode(), "Grüße – so"),
        ("x-unknown-charset", "Grüße".encode(), "Grüße"),
        ("", "Grüße".encode("cp1252"), "Grüße"),
        ("iso-8859-8-i", "שלום".encode("cp1255"), "שלום"),
        ("tis-620", "สวัสดี".encode("cp874"), "สวัสดี"),
        ("ks_c_5601-1987", "안녕하세요".encode("cp949"), "안녕하세요"),
        ("windows-1252", "€ 5".encode("cp1252"), "€ 5"),
        ("unicode-1-1-utf-7", b"Gr+APwA3w-e", "Grüße"),
    ],
)
def test_a_charset_is_read_as_its_writer_meant_it(label: str, data: bytes, text: str) -> None:
    assert body_in(label, data) == text


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_raw_bytes_in_a_header_are_read(charset: str) -> None:
    mail = parse(b"From: J\xc3\xbcrgen <j@x.example>\nSubject: Gr\xc3\xbc\xc3\x9fe\n\nx".decode().encode(charset))
    assert (mail.subject, mail.sender) == ("Grüße", Address("j@x.example", "Jürgen"))


def test_a_wide_charset_of_a_part_leaves_the_headers_alone() -> None:
    mail = parse(
        b"Subject: plain\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain; charset=utf-16le\n"
        b"Content-Transfer-Encoding: base64\n\nSABpAA==\n--b\nContent-Type: application/x; name=file.bin\n\nx\n--b--\n"
    )
    assert (mail.subject, mail.text, names(mail)) == ("plain", "Hi", ["file.bin"])


def test_a_mail_without_an_id_is_known_again_by_its_content() -> None:
    mail = raw("From: a@x.example\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nSubject: x\n\ntext\n")
    assert parse(mail).message_id is None
    assert identity(mail) == identity(b"Received: by relay\r\n" + mail)
    assert identity(mail) != identity(mail.replace(b"text", b"other"))


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("From: alice@x.example (Alice of Acme)", Address("alice@x.example", "Alice of Acme")),
        ('From: "Doe, John" <john@x.example>', Address("john@x.example", "Doe, John")),
        ("From: Doe, John <john@x.example>", Address("john@x.example", "Doe, John")),
        ("From: =?utf-8?q?J=C3=BCrgen?= (Acme) <j@x.example>", Address("j@x.example", "Jürgen")),
        ("From:\n  Alice\n  <alice@x.example>", Address("alice@x.example", "Alice")),
    ],
)
def test_names_are_found_wherever_they_stand(header: str, sender: Address) -> None:
    assert parse(raw(f"{header}\n\nx\n")).sender == sender


def test_recipients_in_groups_are_recipients() -> None:
    mail = parse(raw("To: Team: a@x.example, B <b@x.example>;, c@x.example\nCc: undisclosed-recipients:;\n\nx\n"))
    assert [person.address for person in mail.to] == ["a@x.example", "b@x.example", "c@x.example"]
    assert mail.cc == ()


def test_who_wrote_falls_back_to_nobody_but_where_to_answer_is_kept() -> None:
    mail = parse(raw("Return-Path: <r@x.example>\nReply-To: Kim <k@x.example>\nSubject: x\n\nx\n"))
    assert mail.sender is None
    assert (mail.reply_to, mail.return_path) == ((Address("k@x.example", "Kim"),), "r@x.example")


def test_nameless_parts_of_a_report_have_names() -> None:
    mail = parse(
        raw("""
        Content-Type: multipart/report; boundary=b

        --b

        Sorry.
        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; x
        --b
        Content-Type: message/rfc822

        X-Empty: y

        no subject
        --b
        Content-Type: text/rfc822-headers

        Subject: x
        --b--
        """)
    )
    assert (mail.text, names(mail)) == ("Sorry.", ["delivery-status.txt", "message.eml", "headers.txt"])


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename*0*=utf-8''Gr%C3%BC; filename*1*=%C3%9Fe; filename*2=.pdf", "Grüße.pdf"),
        ("filename*=iso-8859-1'de'Gr%FC%DFe.pdf; filename=ascii.pdf", "Grüße.pdf"),
        ('filename="=?utf-8?q?Gr=C3=BC=C3=9Fe.pdf?="', "Grüße.pdf"),
        ('filename="Grüße.pdf"', "Grüße.pdf"),
        ("filename=two words.pdf", "two words.pdf"),
    ],
)
def test_file_names_are_read_in_every_spelling(parameters: str, name: str) -> None:
    part = f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameters}\n\nx\n"
    mail = parse(raw(f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n{part}\n--b--\n"))
    assert names(mail) == [name]


def test_a_base64_attached_mail_is_a_file_that_opens() -> None:
    inner = base64.b64encode(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <i@x>\r\n\r\nhi\r\n").decode()
    mail = parse(raw(f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\nSubject: outer\n\n{inner}\n"))
    assert (names(mail), mail.returned_ids) == (["Grüße.eml"], ("<i@x>",))
    assert parse(mail.attachments[0].content).text == "hi"


def test_an_invitation_beside_the_text_is_kept_once_and_the_text_shown() -> None:
    mail = parse(
        raw("""
        Content-Type: multipart/alternative; boundary=b

        --b
        Content-Type: text/plain

        Meeting on Monday
        --b
        Content-Type: text/html

        <p>Meeting on Monday</p>
        --b
        Content-Type: text/calendar; method=REQUEST; name="invite.ics"

        BEGIN:VCALENDAR
        END:VCALENDAR
        --b--
        """)
    )
    assert (mail.text, names(mail)) == ("Meeting on Monday", ["invite.ics"])
    assert mail.attachments[0].content_type == "text/calendar"


def test_a_mail_that_is_only_an_invitation_has_it_as_file() -> None:
    mail = parse(raw("Subject: Meeting\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n"))
    assert (mail.text, names(mail)) == ("", ["invitation.ics"])


@pytest.mark.parametrize(
    ("text", "flowed"),
    [
        ("one \ntwo\n", "one two"),
        ("> one \n> two\nthree\n", "> one two\nthree"),
        (">> one \n> two\n", ">> one \n> two"),  # the depth changes: not one paragraph
        (" > no quote\n  indented\n", "> no quote\n indented"),
        ("sig \n-- \nAlice \nof Acme\n", "sig \n-- \nAlice of Acme"),
    ],
)
def test_flowed_text_is_joined_as_its_writer_typed_it(text: str, flowed: str) -> None:
    assert parse(raw("Content-Type: text/plain; format=flowed\n\n") + text.encode()).text == flowed.rstrip()


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/mixed; boundary=",
        "Content-Type: multipart/alternative; boundary=other",
        "Content-Type: multipart/",
    ],
)
def test_a_multipart_that_is_none_is_shown_as_text(header: str) -> None:
    mail = parse(raw(f"{header}\n\njust text\n"))
    assert mail.text == "just text"


def test_a_closing_boundary_glued_to_the_last_line_is_no_text() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlast line--b--\n")
    assert mail.text == "last line"


def test_an_mbox_line_that_was_quoted_a_mark_and_cr_ends_together() -> None:
    mail = parse(b"\xef\xbb\xbf>From a@x.example Mon\rFrom: a@x.example\rSubject: x\r\rline\rline")
    assert (mail.subject, mail.text) == ("x", "line\nline")


def test_a_date_in_words_of_old_programs_is_read() -> None:
    assert parse(raw("Date: Thu, 29 Apr 10 23:34:45 EDT\n\nx\n")).date == datetime(2010, 4, 30, 3, 34, 45, tzinfo=UTC)
