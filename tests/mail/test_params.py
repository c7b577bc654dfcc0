from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.params import parse


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"attachment; filename=a.pdf", "a.pdf"),
        (b'attachment; filename="a b.pdf"; size=3', "a b.pdf"),
        (b"attachment; filename=a b.pdf; size=3", "a b.pdf"),
        (b'attachment filename="a.pdf"', "a.pdf"),
        (b'attachment;filename = "a.pdf"', "a.pdf"),
        (b'attachment; filename="a.pdf', "a.pdf"),
        (b'attachment; filename="C:\\TEMP\\a.pdf"', "C:\\TEMP\\a.pdf"),
        (b'attachment; filename="\\"a\\".pdf"', '"a".pdf'),
        (b"attachment; filename*=utf-8''caf%C3%A9.pdf", "café.pdf"),
        (b"attachment; filename*=iso-8859-1'en'caf%E9.pdf", "café.pdf"),
        (b"attachment; filename=\"cafe.pdf\"; filename*=utf-8''caf%C3%A9.pdf", "café.pdf"),
        (b"attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9; filename*2=.pdf", "café.pdf"),
        (b'attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        (b"attachment; filename*=caf%C3%A9.pdf", "café.pdf"),
        (b"attachment; filename==?utf-8?q?caf=C3=A9.pdf?=", "café.pdf"),
        (b'attachment; filename="=?utf-8?b?Y2Fmw6k=?= =?utf-8?b?LnBkZg==?="', "café.pdf"),
        ('attachment; filename="café.pdf"'.encode(), "café.pdf"),
        ('attachment; filename="café.pdf"'.encode("latin-1"), "café.pdf"),
        (b"attachment; FileName=a.pdf (a comment)", "a.pdf"),
    ],
)
def test_file_names_are_read_in_every_spelling(value: bytes, name: str) -> None:
    assert parse(value)[1]["filename"] == name


def test_the_value_is_lower_case_and_missing_parts_are_empty() -> None:
    assert parse(b"TEXT/Plain; charset=UTF-8; format=flowed") == (
        "text/plain",
        {"charset": "UTF-8", "format": "flowed"},
    )
    assert parse(b"") == ("", {})
    assert parse(b";;;") == ("", {})


@given(st.binary())
def test_no_value_raises(value: bytes) -> None:
    main, named = parse(value)
    assert main == main.lower()
    assert all(name == name.lower() for name in named)
