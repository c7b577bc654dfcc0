"""The desk's own pages, links and words in the portal (POR-8)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import portal_texts, setup
from helpdeskctl.queries import settings
from portald.look import Looks
from tests.portald.conftest import Portal, refusal
from tests.queries.counting import counted


@pytest.fixture
def desk_pages(portal: Portal) -> Any:
    """Makes pages on the portal's desk; they are gone after the test."""
    made: list[str] = []

    def make(key: str, **values: Any) -> None:
        setup.create(portal.desk, SYSTEM, "page", key, values)
        made.append(key)

    yield make
    for key in made:
        setup.delete(portal.desk, SYSTEM, "page", key)


def test_a_page_stands_in_the_navigation_and_is_shown_in_the_readers_language(portal: Portal, desk_pages: Any) -> None:
    desk_pages(
        "hours", name="Opening hours", names={"de": "Zeiten"},
        bodies={"en": "## Weekdays\n\nFrom *nine*.", "de": "Ab *neun*."},
    )  # fmt: skip
    browser = portal.browser()
    english = browser.get("/p/hours?lang=en")
    assert english.status == 200 and '<a href="/p/hours">Opening hours</a>' in english.text
    assert "<h2>Weekdays</h2>" in english.text and "<em>nine</em>" in english.text
    german = browser.get("/p/hours?lang=de")
    assert '<article lang="de" dir="ltr"' in german.text and "<h1>Zeiten</h1>" in german.text
    french = browser.get("/p/hours?lang=fr")
    assert '<html lang="fr"' in french.text and '<article lang="en" dir="ltr"' in french.text
    setup.edit(portal.desk, SYSTEM, "page", "hours", {"listed": "no"})
    assert "/p/hours" not in browser.get("/kb?lang=en").text
    assert browser.get("/p/hours?lang=en").status == 200


def test_a_page_for_customers_is_missing_for_guests_byte_for_byte(portal: Portal, desk_pages: Any) -> None:
    desk_pages("prices", name="Prices", audience="signed-in", bodies={"en": "Ten."})
    desk_pages("away", name="Elsewhere", kind="link", url="https://www.example.org/?a=1&b=2")
    guest = portal.browser()
    missing = guest.get("/p/nothing")
    assert missing.status == 404
    assert refusal(guest.get("/p/prices")) == refusal(missing)
    assert refusal(guest.get("/p/away")) == refusal(missing)
    assert "Prices" not in guest.get("/kb").text
    assert 'href="https://www.example.org/?a=1&amp;b=2">Elsewhere</a>' in guest.get("/kb").text
    customer = portal.signed_in(portal.customer())
    assert "Ten." in customer.get("/p/prices").text
    assert customer.page.header("X-Robots-Tag") == "noindex"


def test_html_of_an_admin_does_nothing_and_loads_nothing_from_elsewhere(portal: Portal, desk_pages: Any) -> None:
    hostile = (
        '<script>alert(1)</script><h2 onclick="x()" style="color:red">We</h2><iframe src="https://e.example"></iframe>'
        '<a href="javascript:x()">j</a><img src="https://e.example/p.png" alt="p"><img src="/brand/logo" alt="ours">'
        '<form action="https://e.example"><input name="password"></form><b>fine</b>'
    )
    desk_pages("about", name="About", kind="html", bodies={"en": hostile})
    article = article_at(portal, "/p/about")
    assert "<h2>We</h2>" in article and "<b>fine</b>" in article and 'src="/brand/logo"' in article
    for bad in ("<script", "alert(", "onclick", "style=", "<iframe", "javascript:", "e.example", "<form", "<input"):
        assert bad not in article


def article_at(portal: Portal, path: str) -> str:
    """The page itself, without what stands round it."""
    text = portal.browser().get(path).text
    return text[text.index("<article") : text.index("</article>")]


def test_markdown_makes_no_html_of_its_own_and_leads_nowhere_odd(portal: Portal, desk_pages: Any) -> None:
    hostile = "<script>x()</script> [a](javascript:x()) ![b](https://e.example/p.png) [c](data:text/html,x) [d](/kb)"
    desk_pages("übrigens", name="<b>Odd</b>", bodies={"en": hostile})
    found = re.search(r'href="(/p/%C3%BCbrigens)">&lt;b&gt;Odd', portal.browser().get("/kb").text)
    assert found
    article = article_at(portal, found[1])
    assert "<script" not in article and 'href="javascript' not in article and 'href="data' not in article
    assert "src=" not in article and '<a href="/kb"' in article and "<h1>&lt;b&gt;Odd&lt;/b&gt;</h1>" in article


def test_the_look_costs_no_statement_until_it_changes(desk: Desk) -> None:
    looks = Looks()

    def mind() -> int:
        with counted(desk) as statements:
            looks.mind(desk, settings.several(desk, settings.LOOK)[settings.LOOK])
        return len(statements)

    assert mind() == 1  # the settings, which every page reads
    portal_texts.put(desk, SYSTEM, "footer", "en", "Example GmbH")
    assert mind() == 4
    assert mind() == 1 and looks.present.texts == {"footer": {"en": "Example GmbH"}}


def test_the_desks_own_words_stand_where_they_belong_and_go_again(portal: Portal) -> None:
    portal_texts.put(portal.desk, SYSTEM, "footer", "en", "Example GmbH, [press](https://www.example.org/press)")
    portal_texts.put(portal.desk, SYSTEM, "sign_in", "de", "Bitte **anmelden**.")
    page = portal.browser().get("/login?lang=en").text
    footer = page[page.index("<footer") :]
    assert '<div lang="en" dir="ltr">' in footer and 'href="https://www.example.org/press"' in footer
    assert '<div lang="de" dir="ltr"><p>Bitte <strong>anmelden</strong>.</p>' in page
    portal_texts.delete(portal.desk, SYSTEM, "footer")
    portal_texts.delete(portal.desk, SYSTEM, "sign_in")
    assert "Example GmbH" not in portal.browser().get("/login").text
