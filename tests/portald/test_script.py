"""The portal's one script, in a real browser: articles while typing, files by dropping, drafts; all of it optional."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from helpdeskctl.operations.sessions import Browser as Where
from helpdeskctl.operations.sessions import open_session
from helpdeskctl.store.tables import Attachment, ContactAddress, Message, Ticket
from tests.portald.conftest import Portal
from tests.portald.test_articles import write
from tests.servers.chromium import MARKS

# what a browser does with a page does not depend on the database: one is enough here
pytestmark = [*MARKS, pytest.mark.parametrize("running", ["sqlite"], indirect=True, scope="module")]

DROP = """(names) => {
  const carried = new DataTransfer();
  names.forEach((name) => carried.items.add(new File(['x'.repeat(1024 * 1024)], name)));
  for (const kind of ['dragover', 'drop'])
    document.querySelector('h1').dispatchEvent(
      new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""
KEPT = "() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)].filter((key) => key.startsWith('draft'))"


@pytest.fixture
def context(chromium: Browser, portal: Portal) -> Iterator[BrowserContext]:
    """Windows of one browser; what the portal's policy refuses is a failure, and so is a fault of the script."""
    found = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}")
    refused: list[str] = []
    found.on("console", lambda message: refused.append(message.text) if "Security" in message.text else None)
    found.on("weberror", lambda error: refused.append(str(error.error)))
    yield found
    found.close()
    assert refused == []


def sign_in(context: BrowserContext, portal: Portal, address: str, *, remember: bool = False) -> None:
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    secret = open_session(portal.desk, contact, Where("127.0.0.1", "test", None, remember))
    context.add_cookies([{"name": "portal", "value": secret, "url": f"http://127.0.0.1:{portal.port}"}])


def body(page: Page) -> object:
    return page.locator("textarea").input_value()


def test_every_page_has_the_one_script_which_is_small_and_keeps_to_the_policy(portal: Portal) -> None:
    browser = portal.browser()
    (address,) = re.findall(r'<script src="([^"]*)" defer></script>', browser.get("/new").text)
    script = browser.request("GET", address)
    assert (script.status, script.header("Content-Type")) == (200, "text/javascript; charset=UTF-8")
    assert len(script.body) < 6000
    assert not [word for word in ("innerHTML", "eval(", "document.cookie", "password", "http:") if word in script.text]
    assert "default-src 'self';" in browser.page.header("Content-Security-Policy")


def test_articles_are_offered_while_the_subject_is_typed(context: BrowserContext, portal: Portal) -> None:
    key = write(portal, "Printer <b>on</b> fire")
    write(portal, "Printer secret", audience="signed-in")
    page = context.new_page()
    page.goto("/new")
    page.get_by_label("Subject").press_sequentially("printer")
    link = page.get_by_role("link", name="Printer <b>on</b> fire")
    expect(link).to_have_attribute("href", f"/kb/en/{key}")
    expect(link).to_have_attribute("target", "_blank")
    assert link.locator("xpath=ancestor::*[@aria-live='polite']").count() == 1
    assert page.get_by_text("Printer secret").count() == 0
    page.get_by_label("Subject").fill("")
    expect(link).to_have_count(0)


def test_dropped_files_join_the_chosen_ones_and_the_room_is_told_before_sending(
    context: BrowserContext, portal: Portal, tmp_path: Path
) -> None:
    portal.set("attachment_size", 5 * 1024**2)
    portal.set("attachment_files", 3)
    address = portal.customer()
    sign_in(context, portal, address)
    page = context.new_page()
    page.goto("/new")
    chosen = tmp_path / "chosen.txt"
    chosen.write_bytes(b"y" * 1024**2)
    page.get_by_label("Add files").set_input_files(chosen)
    told = page.locator("input[type=file] + [role=status]")
    expect(told).to_have_text("chosen.txt: Room for 4 MB more.")
    page.evaluate(DROP, ["dropped.txt"])
    expect(told).to_have_text("chosen.txt, dropped.txt: Room for 3 MB more.")
    page.get_by_label("Subject").fill("Chair")
    page.get_by_label("What happened").fill("It broke.")
    page.get_by_role("button", name="Send request").last.click()
    page.get_by_role("heading", name="We have your request").wait_for()
    message = Message.get(Message.ticket_id == Ticket.get(Ticket.requester_address == address).id)
    names = [row.filename for row in Attachment.select().where(Attachment.message_id == message.id)]
    assert sorted(names) == ["chosen.txt", "dropped.txt"]
    page.goto("/new")
    page.evaluate(DROP, ["a", "b", "c", "d"])
    expect(told).to_have_text("a, b, c, d: Up to 3 files, 5 MB together.")
    page.reload()
    portal.set("attachment_size", 1024**2)
    page.reload()
    page.evaluate(DROP, ["a", "b"])
    expect(told).to_have_text("a, b: Too large by 1 MB: please take a file out.")


def test_text_that_was_not_sent_is_offered_back_and_gone_once_it_is_sent(
    context: BrowserContext, portal: Portal
) -> None:
    address = portal.customer()
    number = portal.build.ticket("Chair", requester=address)
    sign_in(context, portal, address)
    page = context.new_page()
    page.goto(f"/tickets/{number}")
    page.get_by_label("Text").fill("A long story")
    page.on("dialog", lambda dialog: dialog.accept())  # that the page is left
    page.reload()
    assert body(page) == ""
    page.get_by_role("button", name="Bring it back").click()
    assert body(page) == "A long story"
    expect(page.get_by_label("Text")).to_be_focused()
    other = context.new_page()  # another tab: who stays signed in nowhere has drafts nowhere but in the tab
    other.goto(f"/tickets/{number}")
    assert other.get_by_role("button", name="Bring it back").count() == 0
    page.get_by_role("button", name="Send answer").click()
    page.get_by_text("Your answer has been sent.").wait_for()
    assert page.evaluate(KEPT) == []


def test_drafts_outlive_the_window_only_where_somebody_stays_signed_in_and_end_with_the_session(
    context: BrowserContext, portal: Portal
) -> None:
    address = portal.customer()
    number = portal.build.ticket("Chair", requester=address)
    sign_in(context, portal, address, remember=True)
    page = context.new_page()
    page.goto(f"/tickets/{number}")
    page.get_by_label("Text").fill("A long story")
    page.close()
    page = context.new_page()
    page.goto(f"/tickets/{number}")
    expect(page.get_by_text("You have text here that was not sent.")).to_be_visible()
    sign_in(context, portal, portal.customer("bob"), remember=True)
    page.goto("/new")
    page.get_by_label("What happened").fill("Bob's")
    sign_in(context, portal, address, remember=True)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/new")
    assert page.get_by_role("button", name="Bring it back").count() == 0  # that was Bob's
    assert len(page.evaluate(KEPT)) == 2
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert page.evaluate(KEPT) == []
    page.goto("/login")
    page.get_by_label("Password", exact=True).fill("secret otter")
    assert page.evaluate("() => JSON.stringify([sessionStorage, localStorage])") == "[{},{}]"


def test_leaving_with_text_asks_first_and_sending_does_not(context: BrowserContext, portal: Portal) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto("/new")
    page.get_by_label("Your e-mail address").fill("nobody")
    page.get_by_label("What happened").fill("A long story")
    page.get_by_role("button", name="Send request").last.click()
    page.get_by_role("alert").wait_for()
    assert (asked, body(page)) == ([], "A long story")
    page.get_by_label("Subject").fill("Chair")
    page.get_by_role("link", name="Help articles").click(no_wait_after=True)
    expect(page.get_by_label("Subject")).to_have_value("Chair")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert (asked, page.url.rpartition("/")[2]) == (["beforeunload"], "new")


def test_without_the_script_the_same_form_is_sent(chromium: Browser, portal: Portal, tmp_path: Path) -> None:
    address, file = portal.customer(), tmp_path / "photo.txt"
    file.write_text("smoke")
    context = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}", java_script_enabled=False)
    sign_in(context, portal, address)
    page = context.new_page()
    page.goto("/new")
    page.get_by_label("Subject").fill("Chair")
    page.get_by_label("What happened").fill("It broke.")
    page.get_by_label("Add files").set_input_files(file)
    page.get_by_role("button", name="Send request").last.click()
    assert page.get_by_role("heading", name="We have your request").is_visible()
    context.close()
    assert Attachment.select().where(Attachment.filename == "photo.txt").count() == 1
