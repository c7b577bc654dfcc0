from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.headers import Headers, decode_base64, decode_words, split


def values(raw: bytes) -> list[tuple[str, bytes]]:
    return list(split(raw).fields)


def test_folded_fields_are_unfolded_and_names_are_lower_case() -> None:
    block = split(b"Subject: one\r\n two\r\n\tthree\r\nX-Y : z\r\n\r\nbody")
    assert block.fields == (("subject", b"one two\tthree"), ("x-y", b"z"))
    assert block.body == len(b"Subject: one\r\n two\r\n\tthree\r\nX-Y : z\r\n\r\n")
    assert not block.defects


def test_a_line_that_lost_its_indent_is_a_continuation_when_known_fields_follow() -> None:
    block = split(b"Subject: a long\nsubject line\nFrom: a@x.example\n\nbody")
    assert block.fields == (("subject", b"a long subject line"), ("from", b"a@x.example"))
    assert block.defects == ("a line of the header is no field",)


def test_a_header_without_an_empty_line_ends_where_text_begins() -> None:
    raw = b"Subject: x\nHello there,\nthe text\n\nFrom: not a header\n"
    block = split(raw)
    assert block.fields == (("subject", b"x"),)
    assert raw[block.body :].startswith(b"Hello there")
    assert block.defects == ("the header ends without an empty line",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?q?caf=C3=A9?=", "café"),
        (b"=?UTF-8?B?Y2Fmw6k=?= bar", "café bar"),
        (b"Re: =?utf-8?q?a?=  =?utf-8?q?b?= c", "Re: ab c"),
        (b"=?utf-8?b?w6?= =?utf-8?b?qQ==?=", "é"),
        (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
        (b"=?iso-8859-1?q?=E9?= =?utf-8?q?=C3=A9?=", "éé"),
        (b"=?utf-8*de?q?gr=C3=BCn?=", "grün"),
        (b"=?utf-8?Q?with spaces, and what?now?=", "with spaces, and what?now"),
        (b"=?utf-8?Q?a=3D?=", "a="),
        (b"=?unknown-charset?q?caf=C3=A9?=", "café"),
        (b"=?us-ascii?q?caf=E9?=", "café"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?gb2312?B?hkDWpw==?=", "咢支"),
        (b"=?broken", "=?broken"),
        (b"a =?utf-8?x?y?= b", "a =?utf-8?x?y?= b"),
        ("grün".encode(), "grün"),
        ("grün".encode("latin-1"), "grün"),
    ],
)
def test_words_are_decoded_as_programs_in_the_field_write_them(value: bytes, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    "word", [b"=?utf-8?q?hi=0AX-Injected:_1?=", b"=?utf-8?b?aGkKWC1JbmplY3RlZDogMQ==?=", b"hi\r\n X-Injected: 1"]
)
def test_an_encoded_line_break_cannot_make_a_second_line(word: bytes) -> None:
    assert Headers((("subject", word),)).first("Subject") == "hi X-Injected: 1"


def test_nul_and_escape_in_encoded_words_are_dropped() -> None:
    assert Headers((("subject", b"=?utf-8?q?a=00b=1B[31mc?="),)).first("subject") == "ab[31mc"


def test_headers_are_looked_up_without_regard_to_case_and_in_order() -> None:
    headers = Headers((("received", b"one"), ("x-a", b"2"), ("received", b"three")))
    assert headers.all("Received") == ("one", "three")
    assert headers.first("X-A") == "2"
    assert headers.first("missing") is None
    assert headers.names() == ("received", "x-a")
    assert Headers.of(auto_submitted="auto-replied").first("Auto-Submitted") == "auto-replied"


@pytest.mark.parametrize(
    ("data", "decoded"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVs*bG8=", b"hello"),
        (b"aGVsbG8=IHRoZXJl", b"hello there"),
        (b"aGVsbG8=\r\n____________\r\nA mailing list\r\n", b"hello"),
        (b"a", b""),
        (b"", b""),
    ],
)
def test_damaged_base64_gives_what_is_left_of_it(data: bytes, decoded: bytes) -> None:
    assert decode_base64(data) == decoded


@given(st.binary())
def test_no_bytes_make_a_header_raise(data: bytes) -> None:
    block = split(data)
    assert 0 <= block.body <= len(data)
    headers = Headers(block.fields)
    for name in headers.names():
        assert all("\n" not in value for value in headers.all(name))
