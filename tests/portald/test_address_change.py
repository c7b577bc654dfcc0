"""The pages of a change of address (security 33, 35, 37, 39)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Thread

import pytest

from helpdeskctl.operations import passwords, portal_tokens
from helpdeskctl.store.tables import ContactAddress, PortalToken
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, code_in, link_in, refusal

PASSWORD = "quiet brown otter"


def signed_in(portal: Portal) -> tuple[str, Browser]:
    address = portal.customer(password_hash=passwords.hashed(PASSWORD))
    return address, portal.signed_in(address)


def ask(browser: Browser, new: str, **fields: str) -> str:
    browser.get("/account/email")
    page = browser.submit("/account/email", {"email": new, "action": "ask"} | fields)
    return f"{page.status} {page.words}"


def test_a_change_needs_the_password_a_link_to_the_new_address_and_tells_the_old_one(portal: Portal) -> None:
    old, browser = signed_in(portal)
    number = portal.build.ticket(requester=old)
    elsewhere = portal.signed_in(old)
    new = portal.address("anew")
    assert ask(browser, new, current="wrong wrong wrong").startswith("400")
    assert portal.smtp.to(new) == []
    assert "a link is on its way" in ask(browser, new, current=PASSWORD)
    link = link_in(portal.mail_to(new))
    assert portal.mail_to(old, "another address")
    for method in ("GET", "HEAD"):
        assert portal.browser().request(method, link).status == 200
    assert ContactAddress.get_or_none(ContactAddress.address == new) is None
    page = browser.get(link)
    assert old in page.words and new in page.words
    assert "Your address is changed" in browser.submit("", {"action": "replace"}).words
    assert f"#{number}" in browser.get("/tickets").words
    assert "Sign in" in elsewhere.get("/tickets").words
    assert ContactAddress.get_or_none(ContactAddress.address == old) is None
    assert refusal(portal.browser().get(link)) == refusal(portal.browser().get("/account/email/x"))


def test_an_address_of_another_customer_gets_the_same_answer_and_no_mail(portal: Portal) -> None:
    other = portal.customer("bob")
    _, browser = signed_in(portal)
    free = portal.address("free")
    assert ask(browser, other, current=PASSWORD) == ask(browser, free, current=PASSWORD)
    assert portal.mail_to(free)
    assert portal.smtp.to(other) == []
    assert (
        PortalToken.select().where(PortalToken.address == other, PortalToken.purpose == "change_address").count() == 0
    )


def test_who_has_no_password_asks_for_six_digits_on_the_same_page(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    new = portal.address("anew")
    portal.smtp.reset()
    browser.get("/account/email")
    page = browser.submit("/account/email", {"email": new, "action": "code"})
    assert "on their way" in page.words and f'value="{new}"' in page.text
    code = code_in(portal.mail_to(address, "code"))
    wrong = "000001" if code == "000000" else "000000"
    assert browser.submit("/account/email", {"code": wrong, "action": "ask"}).status == 400
    assert "a link is on its way" in browser.submit("/account/email", {"code": code, "action": "ask"}).words
    other = portal.browser()
    other.get(link_in(portal.mail_to(new)))
    assert "sign in anew" in other.submit("", {"action": "add"}).words
    rows = ContactAddress.select().where(ContactAddress.address.in_([address, new]))
    assert {(row.address, bool(row.main)) for row in rows} == {(address, True), (new, False)}


def test_of_two_customers_who_prove_one_address_at_once_one_gets_it(portal: Portal) -> None:
    new, lasts = portal.address("anew"), timedelta(hours=1)
    sent, stood = [], []
    for name in ("ann", "bob"):
        contact = ContactAddress.get(ContactAddress.address == portal.customer(name)).contact_id
        secret = portal_tokens.issue(portal.desk, "change_address", lasts=lasts, contact_id=contact, address=new)
        browser = portal.browser()
        fields = browser.get(f"/account/email/{secret}").form("").fields
        sent.append(partial(browser.request_form, f"/account/email/{secret}", fields))
    both = [Thread(target=lambda send=send: stood.append(send().status)) for send in sent]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(stood) == [303, 404], portal.log.read_text()[-2000:]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_strangers_are_sent_to_sign_in(portal: Portal, method: str) -> None:
    browser = portal.browser()
    browser.get("/login")
    token = browser.page.form("/login").fields["form"]
    answer = browser.get("/account/email") if method == "GET" else browser.post("/account/email", {"form": token})
    assert "Sign in" in answer.words and "New e-mail address" not in answer.words
