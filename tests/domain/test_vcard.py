"""vCards of both versions, as address books write them."""

from __future__ import annotations

import pytest

from helpdeskctl.domain import vcard
from helpdeskctl.errors import InvalidInput

VERSION_3 = """BEGIN:VCARD
VERSION:3.0
N:Muster;Ann;Maria;Dr.;
FN:Ann Muster
item1.EMAIL;type=INTERNET:private@ann.example
EMAIL;TYPE="INTERNET,PREF":ann@muster.example
TEL;TYPE=CELL:+49 30 1
ORG:Muster\\, Sons;Sales
NOTE:Likes\\nlong
  lines
END:VCARD
"""
VERSION_4 = (
    "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:J\u00f6rg Be\r\n ispiel\r\nEMAIL:b@x.example\r\nEMAIL;PREF=1:a@x.example\r\n"
)
VERSION_4 += "TEL;VALUE=uri;TYPE=home:tel:+49-30-2;ext=5\r\nEND:VCARD\r\n"


def test_version_3_with_groups_quotes_and_escapes() -> None:
    [card] = vcard.read(VERSION_3)
    assert (card.name, card.organization, card.phones) == ("Ann Muster", "Muster, Sons", ("+49 30 1",))
    assert card.emails == ("ann@muster.example", "private@ann.example")


def test_version_4_with_folded_lines_preferences_and_uris() -> None:
    [card] = vcard.read(VERSION_4)
    assert (card.version, card.name) == ("4.0", "J\u00f6rg Beispiel")
    assert (card.emails, card.phones) == (("a@x.example", "b@x.example"), ("+49-30-2",))


def test_without_a_formatted_name_the_parts_make_one() -> None:
    [card] = vcard.read("BEGIN:VCARD\nVERSION:3.0\nN:Muster;Ann;Maria;Dr.;\nEND:VCARD\n")
    assert card.name == "Dr. Ann Maria Muster"


def test_each_card_knows_the_line_where_it_begins() -> None:
    assert [card.line for card in vcard.read(VERSION_3 + "\n" + VERSION_3)] == [1, 13]


@pytest.mark.parametrize(
    ("text", "line"),
    [("BEGIN:VCARD\nFN:Ann\n", "1:"), ("BEGIN:VCARD\n\nnonsense\nEND:VCARD\n", "3:"), ("FN:Ann\n", "1:")],
)
def test_what_is_no_vcard_is_told_with_its_line(text: str, line: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{line}"):
        list(vcard.read(text))


def test_what_is_written_is_read_again_whatever_is_in_it() -> None:
    name, company = "Ann; \u201cthe\u201d Muster, " + "\u00e4" * 60, "Muster; Sons\\Co"
    text = vcard.write(name, ["a@x.example", "b@x.example"], phone="+49 30 1", organization=company)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    [card] = vcard.read(text)
    assert (card.name, card.emails, card.phones) == (name, ("a@x.example", "b@x.example"), ("+49 30 1",))
    assert card.organization == company
