"""Links in mail about a ticket: one button for its recipient, the ordinary form for everybody else (POR-5)."""

from __future__ import annotations

from helpdeskctl.operations import portal_links
from helpdeskctl.store.tables import ContactAddress
from tests.portald.conftest import Portal, link_in


def test_the_link_of_a_ticket_mail_offers_one_button_that_leads_back_to_the_ticket(portal: Portal) -> None:
    address = portal.customer()
    contact_id = ContactAddress.get(ContactAddress.address == address).contact_id
    number = portal.build.ticket("Printer on fire", requester=address)
    url = portal_links.ticket_url(portal.desk, number, contact_id=contact_id, address=address)
    assert url
    browser = portal.browser()
    page = browser.get(link_in(url))
    assert "Mail me a sign-in link" in page.words
    assert address not in page.text
    form = page.forms[0]
    browser.post("/login", form.fields | {"action": "link"})
    browser.get(link_in(portal.mail_to(address)))
    assert "Printer on fire" in browser.submit("").words


def test_a_wrong_handle_and_a_missing_ticket_get_the_ordinary_form(portal: Portal) -> None:
    number = portal.build.ticket(requester=portal.customer())
    pages = [
        portal.browser().get(path)
        for path in (f"/tickets/{number}?p=wrong", f"/tickets/{number}", "/tickets/999999", "/tickets/999999?p=x")
    ]
    assert {len(page.forms) for page in pages} == {1}
    assert all("Printer" not in page.text for page in pages)
