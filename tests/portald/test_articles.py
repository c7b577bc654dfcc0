"""The knowledge base in the portal: who finds and reads what, links, files, votes, search and feed (KB-1, KB-2)."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import articles, files, setup
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.store.tables import Article, ArticleVote, Contact, ContactAddress
from portald.markdown import as_html
from tests.portald.conftest import Portal, refusal


def write(portal: Portal, title: str, body: str = "Open the tray.", **wanted: Any) -> str:
    """A published article; its key."""
    setup.create(portal.desk, SYSTEM, "article_category", "printing", {"name": "Printing"}, if_not_exists=True)
    whole = Wanted(**{"title": title, "body": body, "category": "printing", "status": "published", **wanted})
    return articles.create(portal.desk, SYSTEM, None, whole).key


def test_guests_find_and_read_what_is_for_everyone_and_nothing_else(portal: Portal) -> None:
    public = write(portal, "Lamp flickers")
    hidden = [
        write(portal, "Lamp draft canary", status="draft"),
        write(portal, "Lamp members canary", audience="signed-in"),
    ]
    browser = portal.browser()
    assert "Lamp flickers" in browser.get("/kb").words
    assert "Open the tray." in browser.get(f"/kb/en/{public}").words
    missing = refusal(browser.request("GET", "/kb/en/nothing-here"))
    for key in hidden:
        assert refusal(browser.request("GET", f"/kb/en/{key}")) == missing
    for path in ("/", "/kb", "/kb/en/printing", "/search?q=lamp", "/kb/suggest?q=lamp", "/kb/feed.atom"):
        assert b"canary" not in browser.request("GET", path).body, path


def test_a_company_reads_its_own_articles_and_others_do_not(portal: Portal) -> None:
    company = portal.build.company(f"acme{portal.used}")
    key = write(portal, "Acme only", audience=f"company:acme{portal.used}")
    alice, eve = portal.customer("alice"), portal.customer("eve")
    contact = ContactAddress.get(ContactAddress.address == alice).contact_id
    Contact.update(company_id=company).where(Contact.id == contact).execute()
    assert "Acme only" in portal.signed_in(alice).get(f"/kb/en/{key}").words
    assert portal.signed_in(eve).request("GET", f"/kb/en/{key}").status == 404


def test_links_between_articles_and_to_their_files_lead_to_pages_here(portal: Portal) -> None:
    other = write(portal, "Toner")
    body = f"[toner]({other}.en.md#top) ![tray](x.files/tray.png) [bad](javascript:alert(1)) <b onclick=x>raw</b>"
    key = write(portal, "Jam", body)
    body = body.replace("x.files", f"{key}.files")
    articles.edit(
        portal.desk, SYSTEM, key, Wanted(body=body, files=[files.keep(portal.desk, "tray.png", b"\x89PNG\r\n\x1a\n0")])
    )
    browser = portal.browser()
    page = browser.get(f"/kb/en/{key}")
    assert f"/kb/en/{other}#top" in page.links
    (picture,) = [link for link in page.links if link.startswith("/kb/files/") and "inline" in link]
    assert browser.request("GET", picture).header("Content-Type") == "image/png"
    assert not [link for link in page.links if link.startswith("javascript:")]
    assert "<b onclick" not in page.text and "onclick=x" in page.words  # shown as it was written, not obeyed
    articles.edit(portal.desk, SYSTEM, key, Wanted(status="draft"))
    assert browser.request("GET", picture).status == 404


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](http://tracker.example/p.png)",
        '<img src=x onerror="alert(1)">',
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
        "`<svg/onload=alert(1)>`",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
    ],
)
def test_nothing_in_markdown_runs_or_leads_to_a_program(text: str) -> None:
    html = str(as_html(text, lambda target: target)).lower()
    for bad in ("<script", "<svg", 'href="javascript', 'href="data', 'href="vbscript', "<img src=x"):
        assert bad not in html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (["#", "##", "###"], ["h2", "h3", "h4"]),
        (["##", "####", "##", "#"], ["h2", "h3", "h2", "h2"]),
        (["###", "##", "######"], ["h2", "h2", "h3"]),
    ],
)
def test_headings_begin_below_the_title_and_leave_no_level_out(written: list[str], shown: list[str]) -> None:
    html = as_html("\n\n".join(f"{marks} Words" for marks in written), lambda target: target)
    assert re.findall(r"<(h[1-6])>Words</\1>", html) == shown


def test_a_vote_needs_no_account_counts_once_pressed_and_can_say_what_is_missing(portal: Portal) -> None:
    key = write(portal, "Vote here")
    number = Article.get(Article.key == key).id
    browser = portal.browser()
    browser.get(f"/kb/en/{key}")
    page = browser.submit("/vote", {"action": "no", "words": "Which tray?"})
    assert "Thank you." in page.words
    vote = ArticleVote.get(ArticleVote.article_id == number)
    assert (vote.helpful, vote.words) == (False, "Which tray?")
    draft = write(portal, "Secret draft", status="draft")
    fields = browser.get(f"/kb/en/{key}").form("/vote").fields
    before = ArticleVote.select().count()
    answer = browser.post(f"/kb/{number}/vote", fields | {"key": draft}, follow=False)
    assert (answer.status, ArticleVote.select().count()) == (404, before)


def test_readings_are_counted_later_and_reading_changes_no_row(portal: Portal) -> None:
    key = write(portal, "Read me")
    before = Article.select().where(Article.key == key).dicts().get()
    for _ in range(3):
        portal.browser().get(f"/kb/en/{key}")
    assert Article.select().where(Article.key == key).dicts().get() == before


def test_a_language_that_is_not_there_is_no_page_and_others_are_offered(portal: Portal) -> None:
    key = write(portal, "Two languages")
    articles.edit(portal.desk, SYSTEM, key, Wanted(language="he", title="שתי שפות", body="טקסט"))
    browser = portal.browser()
    assert f"/kb/he/{key}" in browser.get(f"/kb/en/{key}").links
    assert 'lang="he" dir="rtl"' in browser.get(f"/kb/he/{key}").text
    assert browser.request("GET", f"/kb/fr/{key}").status == 404
    assert browser.request("GET", f"/kb/xx/{key}").status == 404


def test_search_finds_articles_and_the_customers_own_requests(portal: Portal) -> None:
    write(portal, "Gramophone needle")
    address = portal.customer()
    portal.build.ticket("My gramophone is silent", requester=address)
    portal.build.ticket("Other gramophone canary", requester=portal.customer("eve"))
    page = portal.signed_in(address).get("/search?q=gramophone")
    assert "Gramophone needle" in page.words and "My gramophone is silent" in page.words
    assert "canary" not in page.text
    nothing = portal.browser().get("/search?q=zyzzyva")
    assert "We found nothing" in nothing.words and "/new?subject=zyzzyva" in nothing.links


def test_the_feed_is_well_formed_and_has_the_newest_first(portal: Portal) -> None:
    write(portal, "Older & <b>bold</b>")
    write(portal, "Newest")
    answer = portal.browser().request("GET", "/kb/feed.atom")
    root = ElementTree.fromstring(answer.body)
    name = "{http://www.w3.org/2005/Atom}"
    titles = [entry.findtext(f"{name}title") for entry in root.findall(f"{name}entry")]
    assert titles[:2] == ["Newest", "Older & <b>bold</b>"]
