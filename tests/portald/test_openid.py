"""Signing in at an OpenID provider by the pages of the portal (POR-12, security 36, 40, 42)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import openid_setup
from helpdeskctl.store.secrets import NewSecret
from helpdeskctl.store.tables import ContactIdentity, PortalSession
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import Portal, refusal
from tests.servers.openid import CLIENT, SECRET, Provider, by_none, openid_provider


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with openid_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider, portal: Portal) -> Provider:
    running_provider.reset()
    address = portal.address()
    running_provider.who = {"sub": address, "email": address, "email_verified": True, "name": "Alice Muster"}
    openid_setup.put(portal.desk, SYSTEM, running_provider.issuer, CLIENT, name="Example ID", secret=NewSecret(SECRET))
    return running_provider


def leave(browser: Browser, provider: Provider, after: str = "/tickets") -> str:
    """Off to the provider and back: the path with the answer."""
    page = browser.get(f"/login?next={after}")
    (link,) = (each for each in page.links if each.startswith("/login/openid"))
    answer = browser.request("GET", link)
    assert answer.status == 303
    return provider.sign_in(answer.header("Location"))


def come_back(browser: Browser, path: str) -> Answer:
    return browser.get(path)


def test_the_button_leads_there_and_back_to_the_page_that_was_wanted(portal: Portal, provider: Provider) -> None:
    browser = portal.browser()
    assert "Sign in with Example ID" in browser.get("/login").words
    back = leave(browser, provider)
    (cookie,) = browser.set_cookies
    assert cookie.startswith("openid=") and "HttpOnly" in cookie and "samesite=lax" in cookie.lower()
    browser.cookies["portal"] = planted = "x" * 43
    page = come_back(browser, back)
    assert page.status == 200 and page.url == "/tickets" and "Sign out" in page.words
    assert browser.cookies["portal"] != planted and "openid" not in browser.cookies
    assert SECRET not in portal.log.read_text() and back.partition("code=")[2][:20] not in portal.log.read_text()


def test_an_answer_is_good_once_and_in_the_browser_that_asked(portal: Portal, provider: Provider) -> None:
    provider.again = True
    browser = portal.browser()
    back = leave(browser, provider)
    kept = dict(browser.cookies)
    assert "did not work" in come_back(portal.browser(), back).words
    assert "Sign out" in come_back(browser, back).words
    thief = portal.browser()
    thief.cookies = kept
    assert come_back(thief, back).status == 400
    assert set(thief.cookies) == set()


def test_a_token_that_is_not_good_lets_nobody_in_and_says_what_to_do(portal: Portal, provider: Provider) -> None:
    before = PortalSession.select().count()
    for lies, sign in (
        ({"nonce": "x"}, None),
        ({"aud": "x"}, None),
        ({"iss": "https://x.example"}, None),
        ({}, by_none),
    ):
        provider.lies = lies
        provider.sign = sign or provider.sign
        browser = portal.browser()
        page = come_back(browser, leave(browser, provider))
        assert page.status == 400 and "sign in another way" in page.words
        assert "openid" not in browser.cookies
    assert PortalSession.select().count() == before


def test_an_unverified_address_is_not_believed(portal: Portal, provider: Provider) -> None:
    victim = portal.customer()
    provider.who |= {"email": victim, "email_verified": False}
    browser = portal.browser()
    page = come_back(browser, leave(browser, provider))
    assert page.status == 403 and "Example ID tells us no confirmed" in page.words
    assert not ContactIdentity.select().where(ContactIdentity.subject == provider.who["sub"]).exists()


def test_where_nobody_registers_a_stranger_is_told_so(portal: Portal, provider: Provider) -> None:
    portal.set("registration", "invited")
    browser = portal.browser()
    page = come_back(browser, leave(browser, provider))
    assert page.status == 403 and "Nobody is known here" in page.words
    portal.set("registration", "confirm")
    assert "you get a mail then" in come_back(browser, leave(browser, provider)).words


@pytest.mark.parametrize("after", ["https://evil.example", "//evil.example", "/\\evil.example", "/tickets%0d%0aX:%201"])
def test_the_way_back_ends_on_our_own_host(portal: Portal, provider: Provider, after: str) -> None:
    browser = portal.browser()
    answer = browser.request("GET", f"/login/openid?next={after}")
    back = browser.request("GET", provider.sign_in(answer.header("Location")))
    assert back.header("Location") == "/"


def test_a_provider_that_is_away_spoils_no_other_way_in(portal: Portal, provider: Provider) -> None:
    portal.set("openid_issuer", "http://127.0.0.1:9/realm")
    browser = portal.browser()
    page = browser.get("/login/openid")
    assert page.status == 400 and "sign in another way" in page.words
    assert browser.get("/login").status == 200


def test_without_a_provider_its_pages_are_missing(portal: Portal) -> None:
    browser = portal.browser()
    assert "/login/openid" not in browser.get("/login").text
    for path in ("/login/openid", "/login/openid/back?code=x&state=y"):
        assert refusal(browser.get(path)) == refusal(browser.get("/nothing"))
