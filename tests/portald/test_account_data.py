"""The customer's data as a file and as a feed, and the wish to be erased (CON-4, POR-1, security 31, 34)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

from helpdeskctl.operations import passwords
from helpdeskctl.queries import portal as doors
from helpdeskctl.store.tables import Contact, ContactAddress, Event, PortalSession, PortalToken
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, refusal

PASSWORD = "quiet brown otter"
ATOM = "{http://www.w3.org/2005/Atom}"


def long_ago(portal: Portal, browser: Browser) -> None:
    """The session was begun an hour ago."""
    mine = PortalSession.id_sha256 == doors.fingerprint(browser.cookies["portal"])
    PortalSession.update(created_at=portal.desk.now() - timedelta(hours=1)).where(mine).execute()


def test_who_came_in_just_now_downloads_all_they_may_see(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer", requester=address, body="It is smoking.")
    portal.build.note(number, "canary of a note", agent="ann@example.org")
    browser = portal.signed_in_directly(address)
    browser.get("/account/data")
    answer = browser.submit("/account/data/export")
    assert answer.header("Content-Disposition") == 'attachment; filename="my-data.json"'
    assert answer.header("Cache-Control") == "no-store"
    found = json.loads(answer.body)
    assert (found["contact"]["email"], found["requests"][0]["messages"][0]["text"]) == (address, "It is smoking.")
    assert b"canary" not in answer.body
    assert Event.select().where(Event.verb == "exported", Event.object_key == address).count() == 1


def test_later_it_takes_the_password(portal: Portal) -> None:
    address = portal.customer(password_hash=passwords.hashed(PASSWORD))
    browser = portal.signed_in_directly(address)
    browser.get("/account/data")
    long_ago(portal, browser)
    refused = browser.submit("/account/data/export", {"current": "wrong"})
    assert (refused.status, "not your present password" in refused.words) == (400, True)
    assert (
        browser.submit("/account/data/export", {"current": PASSWORD})
        .header("Content-Type")
        .startswith("application/json")
    )


def test_who_has_no_password_signs_in_again(portal: Portal) -> None:
    browser = portal.signed_in_directly(portal.customer())
    browser.get("/account/data")
    long_ago(portal, browser)
    refused = browser.submit("/account/data/export", {"current": ""})
    assert (refused.status, "sign in again" in refused.words) == (400, True)


def test_being_erased_is_asked_for_in_two_steps_and_taken_back(portal: Portal) -> None:
    address = portal.customer()
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    browser = portal.signed_in_directly(address)
    page = browser.get("/account/data/delete")
    assert Contact.get(Contact.id == contact).deletion_asked_at is None and "for good" in page.words
    assert "noted that you want to be erased" in browser.submit("/account/data/delete", {"action": "ask"}).words
    assert Contact.get(Contact.id == contact).deletion_asked_at is not None
    assert "stays as it is" in browser.submit("/account/data/delete", {"action": "keep"}).words
    assert Contact.get(Contact.id == contact).deletion_asked_at is None


def feed_of(browser: Browser) -> str:
    """The path of the feed, switched on."""
    browser.get("/account/data")
    page = browser.submit("/account/feed", {"action": "on"})
    found = re.search(r"http://[^/]+(/account/feed\.atom\?key=[\w-]{43})", page.words)
    assert found, page.words
    return found[1]


def test_the_feed_shows_subjects_and_states_of_what_may_be_seen(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer & <fire>", requester=address, body="canary of a text")
    portal.build.ticket("canary spam", requester=address, spam=True)
    path = feed_of(portal.signed_in_directly(address))
    answer = portal.browser().request("GET", path)
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/atom+xml")
    (entry,) = ElementTree.fromstring(answer.body).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == f"#{number} Printer & <fire>"
    assert entry.findtext(f"{ATOM}summary")
    assert "canary" not in answer.text


def test_without_a_good_key_the_feed_is_missing_like_any_page(portal: Portal) -> None:
    browser = portal.signed_in_directly(portal.customer())
    path = feed_of(browser)
    key = path.partition("=")[2]
    guest = portal.browser()
    missing = refusal(guest.request("GET", "/account/nothing"))
    browser.submit("/account/feed", {"action": "off"})
    for query in (f"?key={key}", "", "?key=", "?key=%20", f"?key={key[:-1]}", "?key=null"):
        assert refusal(guest.request("GET", f"/account/feed.atom{query}")) == missing, query


def test_the_key_is_shown_once_and_neither_stored_nor_logged(portal: Portal) -> None:
    browser = portal.signed_in_directly(portal.customer())
    path = feed_of(browser)
    key = path.partition("=")[2]
    portal.browser().request("GET", path)
    assert key not in browser.get("/account/data").text
    assert key not in portal.log.read_text()
    assert key not in str(list(PortalToken.select().dicts()))
