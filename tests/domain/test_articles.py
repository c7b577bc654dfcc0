"""What status and audience of an article mean, the keys that titles give, and links between files of articles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.articles import (
    GUEST,
    Audience,
    Reader,
    Status,
    key_of,
    linked_article,
    linked_file,
    links,
    may_read,
    mentioned,
    read_audience,
    telling,
)
from helpdeskctl.domain.kind_types import SLUG
from helpdeskctl.errors import InvalidInput

CUSTOMER = Reader(signed_in=True)
OF_ACME = Reader(signed_in=True, company_id=7)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.REVIEWED, Status.OBSOLETE])
def test_only_published_articles_are_read(status: Status) -> None:
    assert not may_read(status, Audience.EVERYONE, None, OF_ACME)
    assert may_read(Status.PUBLISHED, Audience.EVERYONE, None, GUEST)


def test_an_audience_lets_in_whom_it_names() -> None:
    def who(audience: Audience, company: int | None = None) -> list[bool]:
        return [may_read(Status.PUBLISHED, audience, company, reader) for reader in (GUEST, CUSTOMER, OF_ACME)]

    assert who(Audience.EVERYONE) == [True, True, True]
    assert who(Audience.SIGNED_IN) == [False, True, True]
    assert who(Audience.COMPANY, 7) == [False, False, True]
    assert who(Audience.COMPANY, 8) == [False, False, False]
    assert who(Audience.COMPANY) == [False, False, False]  # nobody's company is nobody


def test_audiences_are_read_as_they_are_typed() -> None:
    assert read_audience("Everyone") == (Audience.EVERYONE, None)
    assert read_audience("company:acme") == (Audience.COMPANY, "acme")
    for wrong in ("company:", "company", "staff", ""):
        with pytest.raises(InvalidInput):
            read_audience(wrong)


def test_a_title_gives_a_key_that_is_readable_in_an_address() -> None:
    assert key_of("Printer is on fire!") == "printer-is-on-fire"
    assert key_of("  Écran à côté — 2 ") == "ecran-a-cote-2"
    assert key_of("מדפסת") == "מדפסת"
    assert key_of("???") == "article"


@given(st.text(max_size=300))
def test_whatever_the_title_its_key_is_fit(title: str) -> None:
    assert SLUG.read(key_of(title))


def test_files_of_articles_name_each_other_and_their_attachments() -> None:
    assert links("a [b](c.en.md) ![d](<e.files/f.png>) [g]( https://h )") == ("c.en.md", "e.files/f.png", "https://h")
    assert linked_article("../printing/paper-jam.en.md#tray") == ("paper-jam", "en", "#tray")
    assert linked_article("https://example.org/x.html") is None
    assert linked_file("jam.files/tray.png", "jam") == "tray.png"
    assert linked_file("other.files/tray.png", "jam") is None
    assert linked_file("jam.files/../../etc/passwd", "jam") is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The printer is on fire!", "printer fire"),
        ("my VPN (and the Wi-Fi) is down", "VPN Wi-Fi down"),
        ("THE PRINTER IS ON FIRE", "PRINTER FIRE"),
        ("Error 42, please help", "Error 42 please help"),
        ("jam in it", "jam"),
        ("is it on?", ""),
        ("", ""),
    ],
)
def test_words_that_say_something_are_told_from_those_that_every_sentence_has(text: str, kept: str) -> None:
    assert telling(text) == kept


def test_links_to_articles_of_this_portal_are_found_and_no_others() -> None:
    url = "https://help.example.org"
    text = (
        f"See {url}/kb/en/paper-jam, ({url}/kb/de/paper-jam#tray) and {url}/kb/en/caf%C3%A9-lamp.\n"
        f"Not {url}/kb/feed.atom, {url}/tickets/1, https://evil.example/kb/en/other, {url}.evil.example/kb/en/x"
    )
    assert mentioned(text, url) == ("paper-jam", "café-lamp")
