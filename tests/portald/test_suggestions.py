"""Articles that may help are shown before a request is sent, once, and nothing typed is lost by it (POR-2)."""

from __future__ import annotations

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import articles, portal_texts
from helpdeskctl.store.tables import (
    Article,
    ArticleVote,
    Attachment,
    Message,
    PortalDraft,
    PortalOrigin,
    Ticket,
    Upload,
)
from tests.portald.browser import Browser
from tests.portald.conftest import Portal
from tests.portald.test_articles import write
from tests.portald.test_embed import SITE, framed, send
from tests.portald.test_requests import patient, ticket_of

TEXT = {"subject": "My gramophone is silent", "body": "No sound since Monday."}
FILES = [("needle.txt", b"needle", "text/plain")]


@pytest.fixture
def helpful(portal: Portal) -> str:
    """An article that may help; no others."""
    Article.update(status="draft").execute()
    return write(portal, f"Gramophone makes no sound {portal.used}")


def asked(browser: Browser) -> bool:
    return "Does one of these help?" in browser.page.words


def test_what_may_help_is_shown_with_everything_kept_and_no_sends_it(portal: Portal, helpful: str) -> None:
    address = portal.address("guest")
    browser = patient(portal)
    page = browser.submit("/new", TEXT | {"email": address, "name": "Gus"}, FILES)
    assert asked(browser) and page.status == 200 and f"/kb/en/{helpful}" in page.links
    kept = page.form("/new").fields
    assert {name: kept[name] for name in (*TEXT, "email", "name")} == TEXT | {"email": address, "name": "Gus"}
    assert "needle.txt" in page.words
    assert not Ticket.select().where(Ticket.requester_address == address).exists()
    page = browser.submit("/new", {"action": "send"})
    number = ticket_of(address).id
    assert f"#{number}" in page.words
    message = Message.get(Message.ticket_id == number)
    assert [row.filename for row in Attachment.select().where(Attachment.message_id == message.id)] == ["needle.txt"]


def test_yes_throws_text_and_files_away_and_says_so_with_a_way_back(portal: Portal, helpful: str) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    votes, drafts = ArticleVote.select().count(), PortalDraft.select().count()
    browser.get("/new")
    browser.submit("/new", TEXT, FILES)
    assert asked(browser) and Upload.select().where(Upload.filename == "needle.txt", Upload.nonce_sha256 != "").exists()
    page = browser.submit("/new", {"action": "done"})
    assert "Nothing was sent" in page.words and "/new" in page.links
    assert not Upload.select().where(Upload.filename == "needle.txt", Upload.nonce_sha256 != "").exists()
    assert not Ticket.select().where(Ticket.requester_address == address).exists()
    assert (ArticleVote.select().count(), PortalDraft.select().count()) == (votes, drafts)


def test_it_is_asked_once_for_each_form_also_when_something_was_wrong_afterwards(portal: Portal, helpful: str) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    browser.get("/new")
    browser.submit("/new", TEXT)
    assert asked(browser)
    browser.submit("/new", {"body": ""})
    assert browser.page.status == 400 and not asked(browser)
    browser.submit("/new", TEXT)
    assert f"#{ticket_of(address).id}" in browser.page.words


def test_nothing_is_asked_where_nothing_fits_or_the_desk_wants_no_question(portal: Portal, helpful: str) -> None:
    for subject, wanted in (("The printer is on fire", True), (TEXT["subject"], False)):
        portal.set("suggest_articles", wanted)
        address = portal.customer()
        browser = portal.signed_in(address)
        browser.get("/new")
        browser.submit("/new", TEXT | {"subject": subject})
        assert ticket_of(address)


def test_in_a_frame_on_another_site_it_goes_the_same_way(portal: Portal, helpful: str) -> None:
    PortalOrigin.insert(origin=SITE, created_at=portal.desk.now()).execute()
    address = portal.address("guest")
    browser = framed(portal)
    page = send(browser, TEXT | {"email": address}, FILES)
    assert asked(browser) and f'<a href="/kb/en/{helpful}" target="_blank"' in page.text
    page = send(browser, {"action": "done"})
    assert page.url.startswith("/embed/new/helped") and "Nothing was sent" in page.words
    assert any(link.startswith("/embed/new") for link in page.links)
    assert not Ticket.select().where(Ticket.requester_address == address).exists()
    PortalOrigin.delete().execute()


def test_only_articles_that_the_writer_may_read_are_offered(portal: Portal, helpful: str) -> None:
    articles.edit(portal.desk, SYSTEM, helpful, articles.Wanted(audience="signed-in"))
    browser = patient(portal)
    browser.submit("/new", TEXT | {"email": portal.address("guest")})
    assert not asked(browser)
    inside = portal.signed_in(portal.customer())
    inside.get("/new")
    inside.submit("/new", TEXT)
    assert asked(inside)


def test_faults_are_told_before_anything_is_suggested(portal: Portal, helpful: str) -> None:
    browser = portal.signed_in(portal.customer())
    browser.get("/new")
    browser.submit("/new", {"subject": TEXT["subject"]})
    assert browser.page.status == 400 and not asked(browser)


def test_the_first_page_offers_the_knowledge_base_before_requests(portal: Portal, helpful: str) -> None:
    address = portal.customer()
    portal.build.ticket("Printer", requester=address, status="question")
    words = portal.signed_in(address).get("/").text
    assert words.index('role="search"') < words.index(helpful) < words.index("Your turn")
    guest = portal.browser().get("/").text
    assert 'role="search"' in guest and helpful in guest


def test_the_desks_own_words_stand_where_they_belong(portal: Portal) -> None:
    for key in ("notice", "welcome", "new"):
        portal_texts.put(portal.desk, SYSTEM, key, "en", f"The {key} **words** <script>alert(1)</script>")
    browser = portal.browser()
    pages_of = {path: browser.get(path).text for path in ("/", "/new", "/login", "/kb", "/nothing")}
    assert all("The notice" in text for text in pages_of.values())
    assert [path for path, text in pages_of.items() if "The welcome" in text] == ["/"]
    assert [path for path, text in pages_of.items() if "The new" in text] == ["/new"]
    page = browser.get("/?lang=de").text  # nobody wrote it in German yet
    assert 'lang="en"' in page and "<strong>words</strong>" in page and "<script>alert" not in page
    for key in ("notice", "welcome", "new"):
        portal_texts.delete(portal.desk, SYSTEM, key)
    assert "The notice" not in browser.get("/").text


def test_articles_that_our_answers_link_to_are_named_beside_the_request(portal: Portal) -> None:
    public, inside = write(portal, "Clean the needle"), write(portal, "Draft canary", status="draft")
    members = write(portal, "For members", audience="signed-in")
    address = portal.customer()
    number = portal.build.ticket(
        requester=address, body=f"I read http://127.0.0.1:{portal.port}/kb/en/{members} already"
    )
    browser = portal.signed_in(address)
    assert "Help articles in this request" not in browser.get(f"/tickets/{number}").words
    links = [f"http://127.0.0.1:{portal.port}/kb/en/{key}" for key in (public, inside, members)]
    portal.build.message(number, f"See {links[0]}, {links[1]} and\n{links[2]}.", agent="ann@example.org")
    page = browser.get(f"/tickets/{number}")
    assert "Help articles in this request Clean the needle For members" in page.words
    assert "Draft canary" not in page.words
