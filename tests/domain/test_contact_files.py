"""Files of customers, in the forms in which spreadsheets and address books leave them."""

from __future__ import annotations

import codecs
from typing import Any

import pytest

from helpdeskctl.domain import contact_files
from helpdeskctl.errors import InvalidInput

EMAIL, NAME = "ann@muster.example", "J\u00f6rg M\u00fcller"


def values(data: bytes | str, columns: dict[str, str] | None = None) -> list[Any]:
    data = data.encode() if isinstance(data, str) else data
    return [entry.values for entry in contact_files.read("c.csv", data, columns).entries]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("cp1252", b""), ("utf-16-le", codecs.BOM_UTF16_LE)]
)
def test_every_delimiter_and_encoding_of_spreadsheets(delimiter: str, codec: str, mark: bytes) -> None:
    text = f"E-Mail{delimiter}Name\r\n{EMAIL}{delimiter}{NAME}\r\n"
    assert values(mark + text.encode(codec)) == [{"email": EMAIL, "name": NAME}]


def test_a_mapping_names_the_columns_and_no_other_counts() -> None:
    text = "Mail address,Customer,Phone\nann@muster.example,Ann,123\n"
    assert values(text, {"email": "Mail address", "name": "Customer"}) == [{"email": EMAIL, "name": "Ann"}]


def test_without_a_mapping_the_headings_decide_and_the_rest_is_told() -> None:
    found = contact_files.read("c.csv", b"External ID;E-mail;field.room;Shoe size\n7;ann@muster.example;3.12;38\n")
    assert [entry.values for entry in found.entries] == [
        {"external_id": "7", "email": EMAIL, "fields": {"room": "3.12"}}
    ]
    assert list(found.unused) == ["Shoe size"]


def test_empty_cells_say_nothing_and_empty_rows_are_nobody() -> None:
    assert values("email,name,phone\nann@muster.example,, \n,,\n\n") == [{"email": EMAIL}]


def test_the_guard_against_formulas_is_taken_off() -> None:
    assert values("email,phone,name\nann@muster.example,'+49 30 1,'t Hooft\n") == [
        {"email": EMAIL, "phone": "+49 30 1", "name": "'t Hooft"}
    ]


def test_line_numbers_count_the_lines_of_cells_with_several() -> None:
    text = 'email,notes\na@x.example,"two\nlines"\nb@x.example,c\n'
    entries = list(contact_files.read("c.csv", text.encode()).entries)
    assert [(entry.line, entry.values["email"]) for entry in entries] == [(2, "a@x.example"), (4, "b@x.example")]


def test_a_row_with_more_cells_than_headings_is_a_fault_of_that_row() -> None:
    entries = contact_files.read("c.csv", b"email,name\nann@muster.example,Muster, Ann\nb@x.example,B\n").entries
    assert [bool(entry.fault) for entry in entries] == [True, False]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name\nAnn\n", "c.csv:1: no column is the e-mail address"),
        (b'email\n"ann\n', "c.csv:2: "),
        (b"PK\x03\x04\x00\x00", "c.csv: is no text file"),
        (b"", "c.csv:1: no column"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        list(contact_files.read("c.csv", data).entries)
    assert caught.value.message.startswith(said)


def test_a_column_that_is_not_there_is_told_beside_those_that_are() -> None:
    with pytest.raises(InvalidInput) as caught:
        contact_files.read("c.csv", b"Mail,Name\n", {"email": "E-Mail"})
    assert (caught.value.message, caught.value.hint) == ('c.csv:1: no column "E-Mail"', "known: Mail, Name")


@pytest.mark.parametrize("word", ["email", "mail=E-Mail", "portal_access=x"])
def test_a_mapping_to_what_is_no_field_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput):
        contact_files.mapping([word])


def test_a_mapping_may_be_one_word_or_several_with_commas_in_quotes() -> None:
    assert contact_files.mapping(["email=E-Mail,name=Name", '"phone=Phone, private"', "field.room=Room"]) == {
        "email": "E-Mail",
        "name": "Name",
        "phone": "Phone, private",
        "field.room": "Room",
    }


def test_an_old_vcard_is_a_fault_of_that_card() -> None:
    text = "BEGIN:VCARD\nVERSION:2.1\nFN:Ann\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nEMAIL:b@x.example\nEND:VCARD\n"
    old, new = contact_files.read("c.vcf", text.encode()).entries
    assert old.fault is not None
    assert (new.line, new.values) == (5, {"email": "b@x.example"})
