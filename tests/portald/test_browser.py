"""The whole way in a real browser, without JavaScript: on a screen, on a narrow phone (security 16, 66, POR-9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from helpdeskctl.store.tables import Attachment, Contact, ContactAddress, Message, Status, Ticket
from tests.portald.conftest import Portal, code_in, link_in
from tests.servers.chromium import MARKS

pytestmark = MARKS
_NARROW = {"width": 320, "height": 700}


@pytest.fixture
def page(chromium: Browser, portal: Portal) -> Iterator[Page]:
    """A page without JavaScript; a request to another host, a dialog or something the policy refuses is a failure."""
    context = chromium.new_context(java_script_enabled=False, base_url=f"http://127.0.0.1:{portal.port}")
    found = context.new_page()
    foreign: list[str] = []
    found.on("request", lambda request: foreign.append(request.url) if strange(request.url, portal) else None)
    found.on("dialog", lambda dialog: foreign.append(dialog.message))
    found.on("console", lambda message: foreign.append(message.text) if "Refused" in message.text else None)
    yield found
    context.close()
    assert foreign == []


def strange(url: str, portal: Portal) -> bool:
    return urlsplit(url).netloc not in {f"127.0.0.1:{portal.port}", ""}


def fits(page: Page) -> bool:
    """Whether nothing has to be moved sideways to be read."""
    session = page.context.new_cdp_session(page)
    size = session.send("Page.getLayoutMetrics")
    return bool(size["cssContentSize"]["width"] <= size["cssLayoutViewport"]["clientWidth"])


def test_a_customer_signs_in_reads_answers_with_a_file_and_closes(page: Page, portal: Portal, tmp_path: Path) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer on fire", requester=address, status="question", assignee="ann@example.org")
    portal.build.message(number, "Did you unplug it?", agent="ann@example.org")
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 70_000)

    page.goto("/login")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Mail me a sign-in link").click()
    page.goto(link_in(portal.mail_to(address)))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="My requests").click()
    page.get_by_role("link", name="Printer on fire").click()
    assert page.get_by_text("We need your answer").is_visible()
    page.get_by_label("Text").fill("Yes, and here is a photo.")
    page.get_by_label("Add files").set_input_files(photo)
    page.get_by_role("button", name="Send answer").click()
    assert page.get_by_role("status").inner_text().endswith("Your answer has been sent.")
    assert page.url.endswith(f"#m{Message.select().order_by(Message.id.desc()).get().id}")
    with page.expect_download() as download:
        page.get_by_role("link", name="photo.png").click()
    assert Path(download.value.path()).read_bytes() == photo.read_bytes()
    page.get_by_role("button", name="Solved, nothing more needed").click()
    assert "This request is closed" in page.get_by_role("status").inner_text()

    ticket = Ticket.get(Ticket.id == number)
    assert Status.get(Status.id == ticket.status_id).kind == "closed"
    assert Attachment.get(Attachment.filename == "photo.png").size == 70_008


def test_on_a_narrow_phone_every_page_fits_and_the_code_signs_in(page: Page, portal: Portal) -> None:
    page.set_viewport_size(_NARROW)
    address = portal.customer()
    long = "Averylongwordwithoutanyspaceinit" * 6
    number = portal.build.ticket(f"Re: {long}", requester=address, body=f"{long}\nhttps://example.org/{long}")
    portal.build.attachment(Message.get(Message.ticket_id == number).id, f"{long}.txt")
    for path in ("/", "/login", "/new", "/forgot", "/nothing"):
        page.goto(path)
        assert fits(page), path
    page.goto("/login")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Mail me a sign-in link").click()
    page.get_by_label("Six digits").fill(code_in(portal.mail_to(address)))
    page.get_by_role("button", name="Sign in").click()
    for path in ("/", "/tickets", f"/tickets/{number}", "/new", "/account/password"):
        page.goto(path)
        assert fits(page), path


@pytest.mark.parametrize("language", ["pt", "fr", "he"])  # the longest dates, the longest menu, the other direction
def test_on_a_narrow_phone_every_page_fits_in_other_languages(page: Page, portal: Portal, language: str) -> None:
    page.set_viewport_size(_NARROW)
    address = portal.customer()
    number = portal.build.ticket("Printer", requester=address, status="question", assignee="ann@example.org")
    session = portal.signed_in(address).cookies["portal"]
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    Contact.update(language=language).where(Contact.id == contact).execute()
    page.goto(f"/new?lang={language}")
    assert fits(page)
    page.context.add_cookies([{"name": "portal", "value": session, "url": f"http://127.0.0.1:{portal.port}"}])
    for path in ("/", "/tickets", f"/tickets/{number}"):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        assert fits(page), path


def test_errors_are_found_by_keyboard_and_everything_typed_is_still_there(page: Page, portal: Portal) -> None:
    page.goto("/new")
    page.get_by_label("Your e-mail address").fill("not an address")
    page.get_by_label("What happened, or what do you need?").fill("A long story.")
    page.get_by_label("Subject").press("Enter")
    assert page.title().startswith("Error:")
    alert = page.get_by_role("alert")
    assert "Say in a few words" in alert.inner_text()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    alert.get_by_role("link", name="Say in a few words").press("Enter")
    page.keyboard.type("Broken chair")
    assert page.get_by_label("Subject").input_value() == "Broken chair"
    assert page.get_by_label("What happened").input_value() == "A long story."


def test_hostile_texts_do_nothing_in_a_browser_with_javascript(chromium: Browser, portal: Portal) -> None:
    address = portal.customer()
    evil = (
        "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
        "<iframe src=javascript:alert(4)></iframe><a href='javascript:alert(5)'>x</a>"
        "<style>@import 'http://evil.example/x.css'</style><img src=http://evil.example/x.png>"
        "\"><base href=http://evil.example/><meta http-equiv=refresh content='0;url=http://evil.example'>"
    )
    number = portal.build.ticket(evil, requester=address, body=evil)
    first = Message.get(Message.ticket_id == number).id
    portal.build.attachment(first, f"{evil}.png", b"<script>alert(6)</script>", content_type="image/png")
    svg = portal.build.attachment(first, "x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(7)'/>")
    session = portal.signed_in(address).cookies["portal"]
    context = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}")
    context.add_cookies([{"name": "portal", "value": session, "url": f"http://127.0.0.1:{portal.port}"}])
    page = context.new_page()
    bad: list[str] = []
    page.on("dialog", lambda dialog: (bad.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: bad.append(request.url) if strange(request.url, portal) else None)
    for path in (f"/tickets/{number}", "/tickets?show=all", "/", f"/tickets?q={evil}"):
        page.goto(path)
        page.wait_for_timeout(100)
    page.set_content(f"<iframe src='http://127.0.0.1:{portal.port}/tickets/{number}'></iframe>")
    page.wait_for_timeout(200)
    assert not [frame for frame in page.frames[1:] if "Printer" in frame.content()]
    answer = context.request.get(f"/files/{svg}/x.svg?inline=1")
    assert answer.headers["content-disposition"].startswith("attachment")
    context.close()
    assert bad == []
