"""The portal's form in a page of somebody else, in a real browser that keeps third parties' cookies out (POR-8)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from helpdeskctl.domain.embedding import snippet
from helpdeskctl.store.tables import PortalOrigin, Ticket
from portald.tokens import FormToken, Tokens
from tests.portald.conftest import Portal
from tests.portald.test_articles import write
from tests.servers.chromium import MARKS, chromium

# what is shown does not depend on the database: one is enough here
pytestmark = [*MARKS, pytest.mark.parametrize("running", ["sqlite"], indirect=True, scope="module")]


@dataclass(slots=True)
class Host:
    """A company's own site, on another host than the portal: its page and the policy that comes with it."""

    origin: str = ""
    page: str = ""
    policy: str = ""


@pytest.fixture(scope="module", name="chromium")
def running_chromium() -> Iterator[Browser]:
    with chromium("--test-third-party-cookie-phaseout") as browser:
        yield browser


@pytest.fixture(scope="module")
def site() -> Iterator[Host]:
    host = Host()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=UTF-8")
            self.send_header("Content-Security-Policy", host.policy)
            self.end_headers()
            self.wfile.write(host.page.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host.origin = f"http://localhost:{server.server_port}"
    yield host
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, portal: Portal, site: Host) -> Iterator[Page]:
    """A page of the site, which is listed; what a policy refuses is a failure, so is a fault or a cookie."""
    PortalOrigin.insert(origin=site.origin, created_at=portal.desk.now()).execute()
    site.policy = f"default-src 'none'; script-src {at(portal)}; frame-src {at(portal)} 'self'"
    context = chromium.new_context(base_url=site.origin)
    found = context.new_page()
    refused: list[str] = []
    found.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    found.on("pageerror", lambda error: refused.append(str(error)))
    yield found
    cookies = context.cookies()
    context.close()
    PortalOrigin.delete().execute()
    assert cookies == []
    assert [line for line in refused if "frame-ancestors" not in line] == []


def at(portal: Portal) -> str:
    return f"http://127.0.0.1:{portal.port}"


def furnish(site: Host, portal: Portal, kind: str, more: str = "") -> None:
    piece = snippet(kind, at(portal), {"dept": "support"}, "de")  # type: ignore[arg-type]  # one of its three words
    site.page = f"<!doctype html><html lang=en><title>Shop</title><button>Before</button>{piece}{more}"


def inner(page: Page) -> Frame:
    """The frame, once it shows the form."""
    page.frame_locator("iframe").get_by_label("Betreff").wait_for()
    return page.frames[1]


def fill(portal: Portal, frame: Frame, address: str) -> None:
    """Fill the form as somebody who takes the time that people take: it is a minute old."""
    field = frame.locator("input[name=form]")
    _, nonce, _, binding, _ = field.input_value().split(".")
    tokens, earlier = Tokens(portal.desk.keys.key("portal-form")), FormToken(nonce, age=timedelta(minutes=1))
    older = tokens.make(None, None, now=portal.desk.now(), again=earlier, binding=binding)
    field.evaluate("(field, value) => { field.value = value }", older)
    frame.get_by_label("Ihre E-Mail-Adresse").fill(address)
    frame.get_by_label("Betreff").fill("Broken chair")
    frame.get_by_label("Was ist passiert").fill("It broke.")


def test_a_link_opens_the_form_in_place_by_keyboard_alone(page: Page, portal: Portal, site: Host) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(at(portal))))
    furnish(site, portal, "button")
    page.goto("/")
    link, dialog = page.get_by_role("link", name="Schreiben Sie uns"), page.get_by_role("dialog")
    assert asked[1:] == ["/embed.js"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_accessible_name("Schreiben Sie uns")
    expect(dialog.get_by_role("button", name="Schließen")).to_be_focused()
    address = portal.address()
    frame = inner(page)
    fill(portal, frame, address)
    frame.get_by_label("Betreff").press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    assert frame.get_by_label("Betreff").input_value() == "Broken chair"
    before = page.locator("iframe").bounding_box()
    frame.get_by_label("Betreff").press("Enter")
    frame.get_by_text("Wir haben Ihre Anfrage").first.wait_for()
    ticket = Ticket.get(Ticket.requester_address == address)
    assert f"#{ticket.id}" in frame.locator("main").inner_text()
    after = page.locator("iframe").bounding_box()
    assert before and after and after["height"] < before["height"]
    page.get_by_role("button", name="Schließen").press("Escape")
    expect(link).to_be_focused()
    assert page.url == f"{site.origin}/"


def test_a_plain_frame_shows_the_form_and_keeps_what_was_wrong(page: Page, portal: Portal, site: Host) -> None:
    write(portal, "Zeppelins", body="zeppelin")
    furnish(site, portal, "iframe", f'<script src="{at(portal)}/embed.js"></script>')
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto("/")
    frame, address = inner(page), portal.address()
    frame.get_by_label("Betreff").fill("zeppelin")
    expect(frame.get_by_role("link", name="Zeppelins")).to_have_attribute("target", "_blank")
    assert frame.get_by_text("Hilft Ihnen einer dieser Artikel?").is_visible()
    fill(portal, frame, "nobody")
    frame.get_by_role("button", name="Anfrage senden").last.press("Enter")
    frame.get_by_role("alert").wait_for()
    assert frame.get_by_label("Was ist passiert").input_value() == "It broke."
    frame.get_by_label("Ihre E-Mail-Adresse").fill(address)
    frame.get_by_role("button", name="Anfrage senden").last.press("Enter")
    frame.get_by_text("Wir haben Ihre Anfrage").first.wait_for()
    assert Ticket.get(Ticket.requester_address == address).proven is False
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert frame.evaluate(fits)


def test_a_site_that_is_not_listed_gets_no_frame_and_its_links_lead_to_the_portal(
    page: Page, portal: Portal, site: Host
) -> None:
    PortalOrigin.delete().execute()
    furnish(site, portal, "iframe")
    page.goto("/")
    page.wait_for_load_state()
    assert "Betreff" not in page.frames[1].content()
    furnish(site, portal, "button")
    page.goto("/")
    page.get_by_role("link", name="Schreiben Sie uns").click()
    page.wait_for_url(f"{at(portal)}/new?dept=support&lang=de")
    assert page.get_by_label("Betreff").is_visible()
    page.context.clear_cookies()  # the page itself keeps the language


def test_other_peoples_messages_change_nothing(page: Page, portal: Portal, site: Host) -> None:
    furnish(site, portal, "button", '<iframe src="/foreign" id="foreign" height="100"></iframe>')
    page.goto("/")
    page.get_by_role("link", name="Schreiben Sie uns").click()
    frame = inner(page) if "embed" in page.frames[1].url else page.frames[-1]
    frame.get_by_label("Betreff").wait_for()
    ours, height = page.locator("dialog iframe"), "(each) => each.style.height"
    before = ours.evaluate(height)
    assert before.endswith("px")
    foreign = next(each for each in page.frames if each.url.endswith("/foreign"))
    for sender in (page.main_frame, foreign):
        sender.evaluate("[5, 0, '7', null, {}].forEach((said) => top.postMessage(said, '*'))")
    frame.evaluate("['1px;color:red', null, {valueOf: 5}].forEach((said) => top.postMessage(said, '*'))")
    page.evaluate("new Promise((done) => { addEventListener('message', done); postMessage('last', '*') })")
    assert page.get_by_role("dialog").is_visible()
    assert ours.evaluate(height) == before
    assert page.locator("#foreign").evaluate(height) == ""
