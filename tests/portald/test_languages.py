"""The language of a page: the account's, else as chosen here, else the browser's, else the desk's (POR-6)."""

from __future__ import annotations

import re
from html import unescape

import pytest

from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.store.tables import Contact, ContactAddress
from portald import texts
from portald.browsers import accepted
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
    for missing in ("/tickets/99999", "/nothing/of/ours"):
        page = browser.get(missing)
        assert page.status == 404 and language_of(page.text) == "nl" and "/account" in page.links, missing
    refused = browser.post("/account/language", fields | {"language": "xx"}, follow=False)
    assert refused.status == 400
    assert Contact.get(Contact.id == contact).language == "nl"


def test_only_languages_that_the_desk_offers_are_offered(portal: Portal) -> None:
    portal.set("languages", "en,de")
    page = portal.browser().get("/login?lang=fr")
    assert language_of(page.text) == "en"
    assert {link for link in page.links if "lang=" in link} == {"?lang=de"}


def nodes(page: str) -> set[str]:
    """The texts of a page, each as it stands between two tags."""
    return {" ".join(unescape(text).split()) for text in re.findall(r">([^<]+)<", page)} - {""}


def check(english: str, page: str, language: str) -> None:
    """Every whole text of the English page that is a message is said in this language, and not in English."""
    assert f'<html lang="{language}" dir="{"rtl" if language == "he" else "ltr"}">' in page
    have = nodes(page)
    with texts.speaking(language):
        said = {text: {texts.t(text), texts.pgettext_of_reader("requests", text)} - {text} for text in nodes(english)}
    meant = {text: {" ".join(each.split()) for each in forms} for text, forms in said.items() if forms}
    assert len(meant) > 5
    assert [text for text, forms in meant.items() if not forms & have] == []
    assert have & set(meant) <= set().union(*meant.values())


GUESTS = ["/", "/login", "/new", "/forgot", "/kb", "/search?q=x", "/nothing", "/login/link/abc", "/reset/abc", "/t/abc"]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_guest_reads_every_page_in_their_language(portal: Portal, language: str) -> None:
    browser = portal.browser()
    for path in GUESTS:
        english = browser.request("GET", path, headers={"Accept-Language": "en"})
        page = browser.request("GET", path, headers={"Accept-Language": language})
        assert page.status == english.status
        check(english.text, page.text, language)
    wrong = {"email": "no address", "subject": "", "body": ""}
    pages = []
    for each in ("en", language):
        form = browser.request("GET", "/new", headers={"Accept-Language": each})
        fields = form.form("/new").fields | wrong
        pages.append(browser.post("/new", fields, **{"Accept-Language": each}).text)
    check(pages[0], pages[1], language)


def test_a_customer_reads_every_page_in_their_language(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer", requester=address, status="question", assignee="ann@example.org")
    closed = portal.build.ticket("Chair", requester=address, status="closed")
    browser = portal.signed_in(address)
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    shown: dict[tuple[str, str], str] = {}
    paths = ["/", "/tickets", "/tickets?show=all", f"/tickets/{number}?done=sent", f"/tickets/{closed}"]
    for language in LANGUAGES:
        Contact.update(language=language).where(Contact.id == contact).execute()
        for path in [*paths, "/account/password", "/new"]:
            shown[path, language] = browser.get(path).text
    for (path, language), page in shown.items():
        if language != "en":
            check(shown[path, "en"], page, language)
    assert "Bitte" not in shown["/", "he"] and "תורכם" in shown["/", "he"]
    assert "Wir brauchen Ihre Antwort: Am " in shown[f"/tickets/{number}?done=sent", "de"]
