"""Coming in by a mailed link, by its six digits, by a password; going out."""

from __future__ import annotations

from tests.portald.conftest import Portal, link_in


def test_a_mailed_link_leads_to_a_button_that_signs_in(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.browser()
    browser.get("/login")
    asked = browser.submit("/login", {"email": address.upper(), "action": "link"})
    assert "Look into your mail" in asked.words
    page = browser.get(link_in(portal.mail_to(address)))
    assert "Sign out" not in page.words
    assert "Sign out" in browser.submit("").words
