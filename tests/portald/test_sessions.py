"""Where somebody is signed in, and what ends it: the customer, new credentials, an agent (security 36, 37)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import contact_access, passwords, portal_access, portal_accounts
from helpdeskctl.queries import access, own_account
from helpdeskctl.queries import portal as doors
from helpdeskctl.store.tables import ContactAddress, PortalSession, PortalToken
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, link_in

PASSWORD, NEW = "quiet brown otter", "a much better otter"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def contact_id(address: str) -> int:
    return int(ContactAddress.get(ContactAddress.address == address).contact_id)


def inside(browser: Browser) -> bool:
    return browser.request("GET", "/account/sessions").status == 200


def test_each_browser_is_listed_with_the_present_one_marked(portal: Portal) -> None:
    address = portal.customer()
    other = portal.signed_in_directly(address, name=FIREFOX)
    browser = portal.signed_in_directly(address)
    page = browser.get("/account/sessions")
    assert "Firefox on Windows" in page.words and "An unknown browser" in page.words
    assert page.words.count("This browser") == 1
    for secret in (other.cookies["portal"], browser.cookies["portal"]):
        assert secret not in page.text and doors.fingerprint(secret) not in page.text
    assert "127.0.0.1" not in page.words and FIREFOX not in page.text


def test_one_browser_or_all_others_are_signed_out_at_the_next_request(portal: Portal) -> None:
    address = portal.customer()
    first, second, third = (portal.signed_in_directly(address) for _ in range(3))
    stranger = portal.signed_in_directly(portal.customer("eve"))
    begun = own_account.sessions(portal.desk, contact_id(address), doors.fingerprint(first.cookies["portal"]))
    chosen = next(each for each in begun if not each.present)
    stranger.get("/account/sessions")
    stranger.submit("/account/sessions", {"begun": chosen.begun.isoformat()})
    assert inside(second) and inside(third)
    first.get("/account/sessions")
    page = first.submit("/account/sessions", {"begun": chosen.begun.isoformat()})
    assert "signed out there" in page.words
    assert sorted(inside(each) for each in (first, second, third)) == [False, True, True]
    first.submit("/account/sessions", {"action": "others"})
    assert [inside(each) for each in (first, second, third, stranger)] == [True, False, False, True]
    assert first.submit("/account/sessions", {"begun": "nonsense"}).status == 200


def _change(portal: Portal, address: str, browser: Browser) -> None:
    browser.get("/account/password")
    assert browser.submit("/account/password", {"current": PASSWORD, "new": NEW}).status == 200
    assert inside(browser)


def _reset(portal: Portal, address: str, browser: Browser) -> None:
    reset = portal.browser()
    reset.get("/forgot")
    reset.submit("/forgot", {"email": address})
    reset.get(link_in(portal.mail_to(address, "/reset/")))
    assert reset.submit("", {"new": NEW}).status == 200
    assert inside(reset)


def _move(portal: Portal, address: str, browser: Browser) -> None:
    new = portal.address("moved")
    browser.get("/account/email")
    browser.submit("/account/email", {"email": new, "current": PASSWORD, "action": "ask"})
    found = re.search(r"/account/email/\S+", portal.mail_to(new, "/account/email/"))
    assert found
    browser.get(found[0])
    assert browser.submit("", {"action": "replace"}).status == 200


def _disable(portal: Portal, address: str, browser: Browser) -> None:
    contact_access.portal(portal.desk, SYSTEM, address, on=False)


@pytest.mark.parametrize("changed", [_change, _reset, _move, _disable])
def test_new_credentials_end_all_other_sessions_the_feed_and_every_open_link(
    portal: Portal, changed: Callable[[Portal, str, Browser], None]
) -> None:
    address = portal.customer(password_hash=passwords.hashed(PASSWORD))
    browser, other = (portal.signed_in_directly(address) for _ in range(2))
    who = doors.customer(portal.desk, address)
    assert who is not None
    portal_access.send_link(portal.desk, who, "0" * 32)
    portal_access.send_reset(portal.desk, who)
    feed = portal_accounts.open_feed(portal.desk, access.contact_actor(portal.desk, who.contact_id))
    changed(portal, address, browser)
    assert not inside(other)
    assert portal.browser().request("GET", f"/account/feed.atom?key={feed}").status == 404
    if changed is _disable:
        contact_access.portal(portal.desk, SYSTEM, address, on=True)
    unused = PortalToken.select().where(PortalToken.contact_id == who.contact_id, PortalToken.used_at.is_null())
    assert {row.purpose for row in unused} <= {"handle"}
    assert PortalSession.select().where(PortalSession.contact_id == who.contact_id).count() <= 1


def test_a_planted_cookie_is_worthless_and_dies_at_signing_in(portal: Portal) -> None:
    address = portal.customer(password_hash=passwords.hashed(PASSWORD))
    browser = portal.browser()
    browser.cookies["portal"] = "planted-by-eve"
    browser.get("/login")
    browser.submit("/login", {"email": address, "password": PASSWORD, "action": "password"})
    assert inside(browser) and browser.cookies["portal"] != "planted-by-eve"
    eve = portal.browser()
    eve.cookies["portal"] = "planted-by-eve"
    assert not inside(eve)
