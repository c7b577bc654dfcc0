"""winmail.dat is opened: its files are attachments like others."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.tnef import read


def attribute(number: int, value: bytes, *, level: int = 2) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(value)) + value + b"\x00\x00"


def padded(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value + bytes(-len(value) % 4)


def properties(*pairs: tuple[int, int, bytes]) -> bytes:
    """A list of MAPI properties: (type, tag, value) of variable length."""
    parts = (struct.pack("<HHI", kind, tag, 1) + padded(value) for kind, tag, value in pairs)
    return struct.pack("<I", len(pairs)) + b"".join(parts)


def file(name: str, content: bytes, *more: bytes) -> bytes:
    title = attribute(0x8010, name.encode("cp1252") + b"\x00")
    return attribute(0x9002, bytes(14)) + title + attribute(0x800F, content) + b"".join(more)


def envelope(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + attribute(0x9006, b"\x00\x00\x01\x00", level=1) + b"".join(attributes)


def mail(
    data: bytes, *, text: str = "See the files.", kind: str = "application/ms-tnef; name=winmail.dat"
) -> IncomingMail:
    encoded = base64.encodebytes(data).decode()
    return parse(
        f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{text}\n--b\nContent-Type: {kind}\n"
        f"Content-Transfer-Encoding: base64\n\n{encoded}\n--b--\n".encode()
    )


@pytest.mark.parametrize(
    "kind",
    [
        "application/ms-tnef; name=winmail.dat",
        "application/vnd.ms-tnef",
        'application/octet-stream; name="Winmail.DAT"',
    ],
)
def test_the_files_in_it_are_attached_in_its_place(kind: str) -> None:
    read_mail = mail(envelope(file("OFFER~1.PDF", b"%PDF"), file("b.txt", b"x")), kind=kind)
    assert [(part.filename, part.content) for part in read_mail.attachments] == [
        ("OFFER~1.PDF", b"%PDF"),
        ("b.txt", b"x"),
    ]
    assert (read_mail.text, read_mail.defects) == ("See the files.", ())


def test_the_long_name_the_type_and_the_content_id_are_those_of_its_properties() -> None:
    long = properties(
        (0x1F, 0x3707, "Angebot für Kim.pdf\x00".encode("utf-16-le")),
        (0x1E, 0x370E, b"application/pdf\x00"),
        (0x1E, 0x3712, b"a@b\x00"),
    )
    (part,) = mail(envelope(file("ANGEBO~1.PDF", b"%PDF", attribute(0x9005, long)))).attachments
    assert (part.filename, part.content_type, part.content_id) == ("Angebot für Kim.pdf", "application/pdf", "a@b")


def test_fixed_named_and_multiple_properties_are_passed_over() -> None:
    odd = (
        struct.pack("<I", 4)
        + struct.pack("<HHI", 0x3, 0x0E20, 7)
        + struct.pack("<HH16sIIHH", 0x3, 0x8001, bytes(16), 0, 5, 1, 0)
        + struct.pack("<HH16sI", 0x3, 0x8002, bytes(16), 1)
        + padded(b"n\x00a\x00m\x00")
        + struct.pack("<I", 1)
        + struct.pack("<HHI", 0x1E, 0x3707, 1)
        + padded(b"long.txt\x00")
    )
    (part,) = mail(envelope(file("A.TXT", b"x", attribute(0x9005, odd)))).attachments
    assert part.filename == "long.txt"


def test_its_text_is_read_where_the_mail_has_none() -> None:
    body = attribute(0x800C, b"Hello from Outlook\x00", level=1)
    assert mail(envelope(body), text="").text == "Hello from Outlook"
    assert mail(envelope(body)).text == "See the files."


def test_what_cannot_be_opened_is_kept_and_named_as_a_defect() -> None:
    broken = mail(b"no envelope")
    assert [(part.filename, part.content) for part in broken.attachments] == [("winmail.dat", b"no envelope")]
    assert broken.defects == ("winmail.dat is kept, not opened",)


def test_a_cut_envelope_gives_the_files_before_the_cut() -> None:
    whole = envelope(file("a.txt", b"first"), file("b.txt", b"second" * 100))
    assert [part.filename for part in mail(whole[:-300]).attachments] == ["a.txt", "b.txt"]


def test_an_envelope_without_files_or_text_is_kept() -> None:
    assert [part.filename for part in mail(envelope()).attachments] == ["winmail.dat"]


def test_a_flood_of_files_is_bounded() -> None:
    opened = read(envelope(*(file(f"{n}.txt", b"x") for n in range(1_000))))
    assert opened is not None
    assert len(opened.files) <= 200


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert read(struct.pack("<IH", 0x223E9F78, 1) + data) is not None
    assert read(envelope(attribute(0x9002, b""), attribute(0x9005, data), attribute(0x9003, data))) is not None
