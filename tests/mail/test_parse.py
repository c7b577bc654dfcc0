from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import Address
from helpdeskctl.mail.parse import identity, parse
from tests.mail.raw import raw

ORDINARY = raw("""
    Return-Path: <alice@example.com>
    Delivered-To: support@desk.example
    X-Original-To: help@desk.example
    From: Alice <alice@example.com>
    To: Support <support@desk.example>
    Cc: bob@example.com
    Reply-To: desk@example.com
    Subject: =?utf-8?q?Printer_=E2=80=93?= broken
    Date: Mon, 2 Nov 2026 10:00:00 +0100
    Message-ID: <m1@example.com>
    In-Reply-To: <m0@example.com>
    References: <r1@example.com> <r2@example.com>
    Content-Language: de-DE
    X-Priority: 1 (Highest)

    It is broken.
    """)


def test_an_ordinary_mail_is_read_field_by_field() -> None:
    mail = parse(ORDINARY)
    assert mail.sender == Address("alice@example.com", "Alice")
    assert mail.from_all == (mail.sender,)
    assert mail.to == (Address("support@desk.example", "Support"),)
    assert mail.cc == (Address("bob@example.com"),)
    assert mail.reply_to == (Address("desk@example.com"),)
    assert mail.delivered_to == ("support@desk.example", "help@desk.example")
    assert mail.return_path == "alice@example.com"
    assert mail.subject == "Printer – broken"
    assert mail.subject_raw == b"=?utf-8?q?Printer_=E2=80=93?= broken"
    assert mail.date == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert mail.message_id == "<m1@example.com>"
    assert mail.in_reply_to == ("<m0@example.com>",)
    assert mail.references == ("<r1@example.com>", "<r2@example.com>")
    assert (mail.priority, mail.language, mail.size) == ("high", "de-de", len(ORDINARY))
    assert (mail.text, mail.html, mail.attachments, mail.defects) == ("It is broken.", None, (), ())
    assert pickle.loads(pickle.dumps(mail)) == mail


@pytest.mark.parametrize(
    "sender",
    [
        "From: alice@example.com\nFrom: eve@evil.example",
        "From: alice@example.com\nFROM: alice@example.com",
        "From: alice@example.com\nFrom:",
        "From: alice@example.com, eve@evil.example",
        "From: alice@example.com )eve@evil.example",
        "From: Team: alice@example.com;",
        "From: =?utf-8?q?alice=40example.com?=",
        "From: alice@example.com\x00",
        "From:",
        "From: <>",
        "X-Nothing: x",
        "Sender: alice@example.com",
    ],
)
def test_a_mail_whose_writer_is_not_beyond_doubt_is_of_nobody(sender: str) -> None:
    mail = parse(raw(f"{sender}\nSubject: x\n\ntext\n"))
    assert mail.sender is None
    assert mail.text == "text"


@pytest.mark.parametrize(
    ("field", "message_id"),
    [
        ("Message-ID: <a@b>", "<a@b>"),
        ("Message-Id: a@b", "<a@b>"),
        ("Message-ID:\n <a@b>", "<a@b>"),
        ("Message-ID: <a\n b@c>", "<ab@c>"),
        ("Message-ID: <no-at-sign>", "<no-at-sign>"),
        ("Message-ID: <", None),
        ("Message-ID: <[abc@]>", "<[abc@]>"),
        ("Message-ID: ", None),
        ("Message-ID: two words", None),
        (f"Message-ID: <{'a' * 2000}@b>", None),
        ("X: y", None),
    ],
)
def test_message_ids_are_taken_as_sent_or_not_at_all(field: str, message_id: str | None) -> None:
    assert parse(raw(f"{field}\n\ntext\n")).message_id == message_id


def test_references_are_read_however_they_are_strung_together_and_once_each() -> None:
    mail = parse(raw("References: <a@x><b@x>,<c@x>\n\t<a@x> junk\nIn-Reply-To: Your mail of Monday <d@x>\n\nx\n"))
    assert mail.references == ("<a@x>", "<b@x>", "<c@x>")
    assert mail.in_reply_to == ("<d@x>",)


def test_an_endless_list_of_references_keeps_its_first_and_its_newest() -> None:
    mail = parse(raw("References: " + " ".join(f"<{n}@x>" for n in range(5000)) + "\n\nx\n"))
    assert (len(mail.references), mail.references[0], mail.references[-1]) == (200, "<0@x>", "<4999@x>")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Mon, 2 Nov 2026 10:00:00 +0100", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        ("2 Nov 26 10:00 GMT", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Nov 2026 10:00:00", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Nov 1970 10:00:00 +0000", None),
        ("Mon, 2 Nov 9999 10:00:00 +0000", None),
        ("Mon, 99 Nov 2026 10:00:00 +0000", None),
        ("Mon, 2 Nov 2026 10:00:00 +99999999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_utc_and_absurd_ones_are_none(date: str, moment: datetime | None) -> None:
    assert parse(raw(f"Date: {date}\n\nx\n")).date == moment


@pytest.mark.parametrize(
    ("field", "path"),
    [("<>", ""), ("< >", ""), ("<MAILER-DAEMON>", ""), ("<a@X.example>", "a@x.example"), ("junk", None)],
)
def test_the_null_return_path_is_told_from_a_missing_one(field: str, path: str | None) -> None:
    assert parse(raw(f"Return-Path: {field}\n\nx\n")).return_path == path
    assert parse(raw("Subject: x\n\nx\n")).return_path is None


@pytest.mark.parametrize(
    ("field", "priority"),
    [
        ("X-Priority: 5", "low"),
        ("X-Priority: 3 (Normal)", "normal"),
        ("Importance: High", "high"),
        ("Priority: non-urgent", "low"),
        ("X-Priority: most", None),
        ("X: y", None),
    ],
)
def test_priority_is_low_normal_or_high(field: str, priority: str | None) -> None:
    assert parse(raw(f"{field}\n\nx\n")).priority == priority


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"From alice@example.com Mon Nov  2 10:00:00 2026\r\n",
        b">From alice Mon\n\xef\xbb\xbf"[:14],
    ],
)
def test_a_byte_order_mark_empty_lines_and_mbox_lines_above_the_header_are_passed_over(before: bytes) -> None:
    assert parse(before + ORDINARY).message_id == "<m1@example.com>"


@pytest.mark.parametrize("line_end", [b"\r", b"\n", b"\r\r\n"])
def test_every_kind_of_line_end_is_read(line_end: bytes) -> None:
    mail = parse(ORDINARY.replace(b"\r\n", line_end))
    assert (mail.message_id, mail.text) == ("<m1@example.com>", "It is broken.")


def test_a_header_that_ends_early_leaves_its_text_as_the_body() -> None:
    mail = parse(raw("Subject: x\nFrom: a@b.example\nHello,\nno empty line here\n"))
    assert (mail.sender, mail.text) == (Address("a@b.example"), "Hello,\nno empty line here")
    assert mail.defects == ("the header ends without an empty line",)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\x00", b"x", b"\xff" * 50, b"Content-Type: multipart/mixed; boundary=\n\n"]
)
def test_what_is_hardly_a_mail_is_read_as_one(data: bytes) -> None:
    mail = parse(data)
    assert mail.sender is None
    assert len(identity(data)) == 32


def test_raw_subjects_are_read_in_the_charset_the_mail_names() -> None:
    mail = parse(raw("Subject: Привет\nContent-Type: text/plain; charset=koi8-r\n\nПривет\n", "koi8-r"))
    assert (mail.subject, mail.text) == ("Привет", "Привет")


def test_encoded_control_characters_leave_one_clean_subject_and_name() -> None:
    mail = parse(raw("Subject: =?utf-8?q?a=0D=0ABcc:_x=40y=00=1B?=\nFrom: =?utf-8?q?A=0Ab?= <a@x.example>\n\nx\n"))
    assert (mail.subject, mail.sender) == ("a Bcc: x@y", Address("a@x.example", "A b"))


def test_flowed_text_is_joined_and_its_stuffing_removed() -> None:
    mail = parse(raw("Content-Type: text/plain; format=flowed\n\none \ntwo\n From here\n> quo \n> ted\n-- \nsig\n"))
    assert mail.text == "one two\nFrom here\n> quo ted\n-- \nsig"


def test_flowed_text_with_delsp_loses_the_space_too() -> None:
    mail = parse(raw("Content-Type: text/plain; format=Flowed; delsp=Yes\n\n日本 \n語\n"))
    assert mail.text == "日本語"


def test_text_over_its_length_is_cut_for_reading_and_attached_whole() -> None:
    mail = parse(b"Subject: x\n\n" + b"line\n" * 300_000)
    assert len(mail.text) <= 1024 * 1024
    assert len(mail.attachments[0].content) == 1_500_000
    assert mail.defects == ("the text is too long; the whole of it is attached",)


class TestIdentity:
    def test_it_is_the_same_with_other_line_ends_folds_trace_fields_and_mbox_lines(self) -> None:
        traced = b"Received: from x\r\n" + ORDINARY.replace(b"References:", b"References:\r\n")
        for same in (
            ORDINARY.replace(b"\r\n", b"\n"),
            ORDINARY.replace(b"\r\n", b"\r"),
            b"From x Mon\n" + ORDINARY,
            traced,
            ORDINARY + b"\r\n",
        ):
            assert identity(same) == identity(ORDINARY)

    @pytest.mark.parametrize("part", [b"m1@example.com", b"Alice <", b"10:00:00", b"broken\r\nDate", b"It is broken"])
    def test_it_differs_when_a_word_of_what_it_rests_on_does(self, part: bytes) -> None:
        assert identity(ORDINARY.replace(part, part.swapcase().replace(b"1", b"2"), 1)) != identity(ORDINARY)

    def test_a_foreign_mail_cannot_take_it_by_its_message_id(self) -> None:
        assert identity(raw("Message-ID: <m1@example.com>\n\nelse\n")) != identity(ORDINARY)

    def test_a_mail_over_bounds_has_one_too(self) -> None:
        assert len(identity(b"A: b\n" * 10_000)) == 32


@given(st.binary(max_size=400))
@example(b"Content-Type: multipart/x; boundary=a\n\n--a\n\n--a")
@example(b"Content-Type: text/html; charset=utf-16\n\n<\xff<a href=")
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert parse(data).size == len(data)
    assert len(identity(data)) == 32


HEADS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: text/html",
        b"From: ",
        b"Subject: =?",
        b"--a",
        b"--a--",
        b"\n",
        b"<p>",
        b"=?utf-8?q?",
        b"Content-Transfer-Encoding: base64",
        b"\r\n",
        b" ",
        b"message/rfc822",
        b"Date: ",
        b"> ",
        b"\xff",
    ]
)


@given(st.lists(HEADS | st.binary(max_size=6)).map(b"\n".join))
def test_no_heap_of_mail_fragments_makes_it_raise(data: bytes) -> None:
    try:
        parse(data)
    except Bomb as bomb:
        assert bomb.reason
