"""The language of a page: the account's, else as chosen here, else the browser's, else the desk's (POR-6)."""

from __future__ import annotations

import pytest

from helpdeskctl.store.tables import Contact, ContactAddress
from portald.visit import accepted
from tests.portald.conftest import Portal


def language_of(page: str) -> str:
    return page.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", ["de", "de", "en"]),
        ("en;q=0.1, he;q=0.8", ["he", "en"]),
        ("fr;q=0, de", ["de"]),
        ("*;q=0.5", ["*"]),
        ("", [""]),
        ("de;q=x,fr", ["fr"]),
        ("," * 5000, [""] * 20),
    ],
)
def test_a_browser_says_which_language_it_wants_most(header: str, wanted: list[str]) -> None:
    assert accepted({"HTTP_ACCEPT_LANGUAGE": header}) == wanted


def test_a_guest_gets_the_browsers_language_and_keeps_the_one_that_is_chosen(portal: Portal) -> None:
    browser = portal.browser()
    german = {"Accept-Language": "de-DE,de"}
    assert language_of(browser.request("GET", "/login", headers=german).text) == "de"
    assert language_of(browser.request("GET", "/login?lang=he", headers=german).text) == "he"
    page = browser.request("GET", "/login", headers=german).text
    assert language_of(page) == "he" and '<html lang="he" dir="rtl">' in page
    assert language_of(portal.browser().request("GET", "/login?lang=xx", headers=german).text) == "de"
    assert language_of(portal.browser().get("/login").text) == "en"


def test_an_account_keeps_its_language_for_pages_and_mails(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    page = browser.get("/tickets")
    fields = page.form("/account/language").fields
    answer = browser.post("/account/language", fields | {"language": "nl"})
    assert answer.status == 200
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    assert Contact.get(Contact.id == contact).language == "nl"
    assert language_of(browser.get("/tickets?lang=de").text) == "nl"
    refused = browser.post("/account/language", fields | {"language": "xx"}, follow=False)
    assert refused.status == 400
    assert Contact.get(Contact.id == contact).language == "nl"


def test_only_languages_that_the_desk_offers_are_offered(portal: Portal) -> None:
    portal.set("languages", "en,de")
    page = portal.browser().get("/login?lang=fr")
    assert language_of(page.text) == "en"
    assert {link for link in page.links if "lang=" in link} == {"?lang=de"}
