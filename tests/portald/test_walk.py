"""The whole way of a customer in a real browser, with and without JavaScript, by width, light and language (POR-9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from helpdeskctl.operations import outbox, replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access
from helpdeskctl.store.tables import Attachment, Contact, ContactAddress, Rating, Status, Ticket
from tests.portald.conftest import Portal, link_in
from tests.servers.chromium import MARKS

pytestmark = MARKS
ANN = "ann@example.org"
LOOKS = {
    "sqlite": [(False, 320, "light", "en"), (True, 1280, "dark", "de"), (True, 360, "light", "he")],
    "postgres": [(True, 320, "dark", "en"), (False, 360, "light", "de"), (False, 1280, "dark", "he")],
}


def press(page: Page, action: str, *, button: str = "button", **fields: str) -> None:
    """Fill the form that goes to `action` and press one of its buttons, the first if none is named."""
    form = page.locator(f'form[action="{action}"]' if action else "main form:not([action])")
    for name, value in fields.items():
        form.locator(f'[name="{name}"]').fill(value)
    form.locator(button).first.click()


def fits(page: Page) -> None:
    """Nothing has to be moved sideways to be read."""
    size = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    assert size["cssContentSize"]["width"] <= size["cssLayoutViewport"]["clientWidth"], page.url


def opened(chromium: Browser, portal: Portal, look: tuple[bool, int, str, str], trouble: list[str]) -> Page:
    """A new page of a browser of that kind; what its policy refuses and what it asks of other hosts is trouble."""
    script, width, light, language = look
    kind: dict[str, Any] = {"java_script_enabled": script, "color_scheme": light, "locale": language}
    size: Any = {"width": width, "height": 800}
    page = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}", viewport=size, **kind).new_page()
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda asked: None if f":{portal.port}/" in asked.url else trouble.append(asked.url))
    page.on("load", lambda _: fits(page))
    return page


@pytest.mark.parametrize("nth", range(3))
def test_from_registering_to_rating_a_customer_needs_nothing_but_the_pages_and_the_mails(
    chromium: Browser, portal: Portal, tmp_path: Path, nth: int
) -> None:
    look = LOOKS[portal.desk.database.kind][nth]
    portal.set("ratings", True)
    trouble: list[str] = []
    page = opened(chromium, portal, look, trouble)
    address = portal.address("wanda", "wanderer.example")

    page.goto("/register")
    assert page.locator("html").get_attribute("dir") == ("rtl" if look[3] == "he" else "ltr")
    press(page, "/register", email=address, name="Wanda Wanderer")
    page.goto(link_in(portal.mail_to(address)))
    press(page, "")
    contact = Contact.get(Contact.id == ContactAddress.get(ContactAddress.address == address).contact_id)
    assert (contact.portal_access, contact.language) == (True, look[3])

    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 70_000)
    page.goto("/new")
    page.locator('[name="files"]').set_input_files(photo)
    press(page, "/new", subject="Printer on fire", body="It smokes.", button="p:last-of-type > button")
    ticket = Ticket.get(Ticket.contact_id == contact.id)
    assert page.url.split("/")[3] == "sent" and str(ticket.id) in page.locator("main").inner_text()
    assert (ticket.subject, Attachment.get(Attachment.filename == "photo.png").size) == ("Printer on fire", 70_008)

    _answer(portal, ticket.id, "Did you unplug it?")
    page.goto(link_in(portal.mail_to(address, "Did you unplug it?")))
    assert "Did you unplug it?" in page.locator("main").inner_text()
    press(page, f"/tickets/{ticket.id}/reply", body="Yes. Cold now.", button="p:last-of-type > button")
    assert "Yes. Cold now." in page.locator("main").inner_text()
    press(page, f"/tickets/{ticket.id}/close")
    assert Status.get(Status.id == Ticket.get(Ticket.id == ticket.id).status_id).kind == "closed"
    press(page, f"/tickets/{ticket.id}/rate", words="Quick!", button='[value="yes"]')
    rating = Rating.get(Rating.ticket_id == ticket.id)
    assert (rating.good, rating.words) == (True, "Quick!")
    page.context.close()
    assert trouble == []


def _answer(portal: Portal, number: int, body: str) -> None:
    """What the agent does in the meantime."""
    sent = replies.reply(portal.desk, access.agent_actor(portal.desk, ANN), number, Reply(body=body))
    outbox.deliver(portal.desk, [sent.outgoing_id or 0])
