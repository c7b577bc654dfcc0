from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.charsets import codec_of, decode


@pytest.mark.parametrize(
    ("text", "sent_as", "said"),
    [
        ("Grüße", "utf-8", "utf-8"),
        ("Grüße", "utf-8", None),
        ("Grüße", "cp1252", None),
        ("Grüße", "utf-8", "iso-8859-1"),
        ("Grüße", "utf-8", "us-ascii"),
        ("Grüße", "cp1252", "utf-8"),
        ("Grüße", "cp1252", "x-unknown"),
        ("Preis: 5 €", "cp1252", "iso-8859-1"),
        ("“quoted”", "cp1252", "us-ascii"),
        ("朱镕基 镕", "gb18030", "gb2312"),
        ("支持①", "cp932", "shift_jis"),
        ("안녕 똠", "cp949", "ks_c_5601-1987"),
        ("Привет", "koi8-r", "KOI8-R"),
        ("Привет", "cp1251", "windows-1251"),
        ("שלום", "iso8859_8", "iso-8859-8-i"),
        ("hello+-", "utf-7", "unicode-1-1-utf-7"),
        ("Grüße", "utf-16", "utf-16"),
        ("日本語", "iso2022_jp", "iso-2022-jp"),
    ],
)
def test_text_is_read_whatever_its_charset_claims(text: str, sent_as: str, said: str | None) -> None:
    assert decode(text.encode(sent_as), said) == text


def test_vendor_characters_in_iso_2022_jp_are_read() -> None:
    # ① and 髙 stand in rows that only NEC and IBM filled; the last word is half-width katakana.
    assert decode(b"\x1b$B-!|bEDMM\x1b(B ok \x1b(I1\x1b(B", "iso-2022-jp") == "①髙田様 ok ｱ"


def test_a_text_cut_within_a_character_stays_in_its_charset() -> None:
    assert decode("Grüße aus München, schöne Grüße".encode()[:-1] + b"\xc3", "utf-8").startswith("Grüße aus München")


@pytest.mark.parametrize(
    "label",
    ["punycode", "idna", "base64", "zip", "rot13", "unicode_escape", "undefined", "mbcs", "", "\x00", "utf-8\x00"],
)
def test_codecs_that_are_no_charsets_of_mail_are_never_used(label: str) -> None:
    assert codec_of(label) is None
    assert decode(b"caf\xe9", label) == "café"


@given(
    st.binary(),
    st.text(max_size=20) | st.sampled_from(["utf-16", "iso-2022-jp", "hz", "utf-7", "gb2312", "iso-2022-kr"]),
)
def test_no_bytes_and_no_label_raise(data: bytes, label: str) -> None:
    assert isinstance(decode(data, label), str)
