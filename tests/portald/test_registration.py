"""Registering in the portal: form, mailed link, button (POR-1, security 6, 7, 27, 31-33)."""

from __future__ import annotations

import re
from statistics import median

from helpdeskctl.operations import passwords
from helpdeskctl.store.tables import Contact, ContactAddress, PortalSession, PortalToken, RateLimit
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import SUPPORT, Portal, link_in, refusal

PASSWORD = "quiet brown otter"


def register(browser: Browser, address: str, **fields: str) -> Answer:
    browser.get("/register")
    return browser.submit("/register", {"email": address, "name": "Alice Muster", "language": "en"} | fields)


def behind_link(portal: Portal, address: str) -> Browser:
    browser = portal.browser()
    browser.get(link_in(portal.mail_to(address, "confirm")))
    return browser


def is_known(address: str) -> bool:
    return ContactAddress.get_or_none(ContactAddress.address == address) is not None


def test_who_registers_is_in_after_pressing_the_button_behind_the_link(portal: Portal) -> None:
    address = portal.address()
    assert 'href="/register"' in portal.browser().get("/login").text
    assert "Look into your mail" in register(portal.browser(), address).words
    mail = portal.mail_to(address)
    assert "Alice" not in mail
    link = link_in(mail)
    for _ in range(2):  # a mail scanner
        assert portal.browser().request("GET", link).status == 200
        assert portal.browser().request("HEAD", link).status == 200
    assert not is_known(address)
    browser = behind_link(portal, address)
    assert address in browser.page.words
    page = browser.submit("", {"new": PASSWORD})
    assert "You are registered" in page.words and "Sign out" in page.words
    other = portal.browser()
    other.get("/login")
    fields = {"email": address, "password": PASSWORD, "action": "password"}
    assert "Sign out" in other.submit("/login", fields).words
    late = portal.browser().request("GET", link)
    assert refusal(late) == refusal(portal.browser().request("GET", "/register/x"))


def test_a_password_that_cannot_be_chosen_uses_nothing_up(portal: Portal) -> None:
    address = portal.address()
    register(portal.browser(), address)
    browser = behind_link(portal, address)
    page = browser.submit("", {"new": "short", "name": "Alice B."})
    assert page.status == 400 and "at least 8" in page.words and 'value="Alice B."' in page.text
    assert "Sign out" in browser.submit("", {"new": ""}).words
    assert Contact.get(Contact.name == "Alice B.").password_hash is None


def test_eves_password_and_sessions_die_when_alice_proves_her_address(portal: Portal) -> None:
    address = portal.address()
    eve = portal.build.contact(
        address, confirmed=False, portal_access=False, password_hash=passwords.hashed("eves own password")
    )
    number = portal.build.ticket(requester=address)
    browser = portal.browser()
    browser.get("/login")
    fields = {"email": address, "password": "eves own password", "action": "password"}
    assert browser.submit("/login", fields).status == 400
    register(portal.browser(), address)
    alice = behind_link(portal, address)
    assert "Sign out" in alice.submit("").words
    assert f"#{number}" in alice.get("/tickets").words
    assert browser.submit("/login", fields).status == 400
    assert Contact.get(Contact.id == eve).password_hash is None
    assert PortalSession.select().where(PortalSession.contact_id == eve).count() == 1


def test_a_mail_that_became_a_ticket_is_not_seen_by_who_registers_its_sender(portal: Portal) -> None:
    sender = f"no-reply@{portal.address('saas').partition('@')[0]}.example"
    number = portal.build.ticket("Confirm your account", requester=sender, body="https://saas.example/confirm/1")
    eve = portal.browser()
    assert "Look into your mail" in register(eve, sender).words
    assert portal.smtp.to(sender) == []
    assert "Sign in" in eve.get(f"/tickets/{number}").words
    for ours in (SUPPORT, SUPPORT.upper(), SUPPORT.replace("@", "+7@")):
        page = register(eve, ours)
        assert page.status == 400 and "an address of ours" in page.words
        assert not is_known(ours.casefold())


def test_known_and_unknown_addresses_get_the_same_bytes_in_the_same_time(portal: Portal) -> None:
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}

    def seen(address: str, kind: str) -> tuple[int, list[str], bytes, bytes]:
        browser = portal.browser()
        browser.get("/register")
        token = browser.page.form("/register").fields["form"]
        nonce = token.split(".")[1]
        fields = {"form": token, "email": address, "name": "A", "language": "en"}
        answer = browser.post("/register", fields, follow=False)
        seconds[kind].append(answer.seconds)
        after = portal.browser().get(answer.header("Location"))
        names = sorted(name for name, _ in answer.headers)
        return answer.status, names, answer.body, re.sub(nonce.encode(), b"", after.body)

    for _ in range(4):
        known, unknown = portal.customer(), portal.address("nobody")
        assert seen(known, "known") == seen(unknown, "unknown")
    fast, slow = sorted(map(median, seconds.values()))
    assert slow <= fast * 1.1
    assert "Sign in with this link" in portal.mail_to(known)
    assert "confirm" in portal.mail_to(unknown)


def test_a_desk_that_asks_its_agents_says_so_and_lets_nobody_in(portal: Portal) -> None:
    portal.set("registration", "confirm")
    address = portal.address()
    register(portal.browser(), address)
    browser = behind_link(portal, address)
    page = browser.submit("", {"new": PASSWORD})
    assert page.status == 200 and "you get a mail then" in page.words
    browser.get("/login")
    page = browser.submit("/login", {"email": address, "password": PASSWORD, "action": "password"})
    assert page.status == 403 and "you get a mail then" in page.words
    assert browser.cookies == {}


def test_without_registration_the_page_is_missing_and_no_link_leads_there(portal: Portal) -> None:
    for mode in ("invited", "off"):
        portal.set("registration", mode)
        browser = portal.browser()
        assert refusal(browser.get("/register")) == refusal(browser.get("/nothing"))
        for page in ("/", "/login"):
            assert "/register" not in browser.get(page).text
        token = browser.page.form("/login").fields["form"]
        assert browser.post("/register", {"form": token, "email": portal.address()}).status == 404


def test_only_domains_that_were_set_are_taken_and_the_page_names_them(portal: Portal) -> None:
    portal.set("registration_domains", ["muster.example"])
    browser = portal.browser()
    page = register(browser, portal.address())
    assert page.status == 400 and "muster.example" in page.words and 'value="Alice Muster"' in page.text
    assert "Look into your mail" in register(browser, portal.address(domain="muster.example")).words


def test_mails_to_one_address_are_limited_and_the_trap_catches_robots(portal: Portal) -> None:
    address = portal.address()
    assert register(portal.browser(), address, website="https://spam.example").status == 400
    answers = [register(portal.browser(), address).status for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert PortalToken.select().where(PortalToken.address == address).count() == 3
    RateLimit.delete().execute()
