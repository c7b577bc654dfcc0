"""Mail as its sender formatted it: shown on a page on which nothing runs and nothing loads unasked (security 16, 19).

The corpus is shown twice in a real browser: as intake sanitizes it, and raw, as if the sanitizer were not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.mail import markup
from helpdeskctl.mail.sanitize import sanitize
from helpdeskctl.operations import ticket_people
from helpdeskctl.store.tables import Message
from tests.portald.conftest import Portal, refusal
from tests.portald.vectors import VECTORS

_EVIL = "evil.example"
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
_PICTURES = (
    '<p>Hello <b>Ann</b></p><img src="cid:logo@mail" alt="logo"><img src="cid:gone@mail" alt="gone">'
    f'<img src="https://{_EVIL}/pixel.png" alt="pixel"><p style="background-image:url(http://{_EVIL}/back.png)">x</p>'
)


def mail(portal: Portal, html: str, *, address: str | None = None, **columns: object) -> tuple[int, int]:
    """A ticket with a mail of this HTML; ticket and message."""
    number = portal.build.ticket("Letter", requester=address or portal.customer())
    message = portal.build.message(number, "As text.", author=address or portal.address(), html=html, **columns)
    return number, message


@dataclass
class Watched:
    """A browser context, everything that it wanted from other hosts and every dialog."""

    context: BrowserContext
    foreign: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        return page


Watch = Callable[[str | None], Watched]


@pytest.fixture
def watch(chromium: Browser, portal: Portal) -> Iterator[Watch]:
    """A context, signed in by a session; requests to other hosts are noted and go nowhere."""
    contexts = []

    def opened(session: str | None) -> Watched:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}")
        contexts.append(context)
        if session:
            context.add_cookies([{"name": "portal", "value": session, "url": f"http://127.0.0.1:{portal.port}"}])
        watched = Watched(context)

        def elsewhere(route: object, request: object) -> None:
            watched.foreign.append(request.url)  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]

        context.route(lambda url: urlsplit(url).netloc not in (f"127.0.0.1:{portal.port}", ""), elsewhere)
        return watched

    yield opened
    for context in contexts:
        context.close()


def session_of(portal: Portal, address: str) -> str:
    return portal.signed_in(address).cookies["portal"]


def test_there_are_enough_vectors_to_mean_something() -> None:
    assert len(VECTORS) == len(set(VECTORS)) >= 60


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
class TestInABrowser:
    def test_hostile_mail_does_nothing_sanitized_or_raw(self, portal: Portal, watch: Watch) -> None:
        address = portal.customer()
        whole = "\n".join(VECTORS)
        number, clean = mail(portal, "\n".join(sanitize(markup.tame(each)) for each in VECTORS), address=address)
        raw = portal.build.message(number, whole, author=address, html=whole)
        watched = watch(session_of(portal, address))
        for path in (f"/messages/{clean}/html", f"/messages/{raw}/html", f"/tickets/{number}"):
            page = watched.page()
            page.goto(path)
            page.wait_for_timeout(150)
            assert urlsplit(page.url).path == path
            assert (watched.dialogs, watched.foreign) == ([], []), path

    def test_without_our_policy_the_same_vectors_do_harm(self, chromium: Browser) -> None:
        context = chromium.new_context()
        context.add_init_script("alert = () => console.log('it ran')")
        ran: list[str] = []
        asked: list[str] = []
        context.route(re.compile(_EVIL), lambda route, request: (asked.append(request.url), route.abort()))
        page = context.new_page()
        page.on("console", lambda message: ran.append(message.text) if message.text == "it ran" else None)
        page.set_content("\n".join(each for each in VECTORS if "refresh" not in each), wait_until="commit")
        for _ in range(20):
            page.wait_for_timeout(100)
            if len(ran) > 30 and len(asked) > 10:
                break
        context.close()
        assert len(ran) > 30 and len(asked) > 10

    def test_pictures_of_the_mail_are_shown_and_those_of_others_after_a_click_only(
        self, portal: Portal, watch: Watch
    ) -> None:
        address = portal.customer()
        number, message = mail(portal, sanitize(_PICTURES), address=address)
        portal.build.attachment(message, "logo.png", _PNG, content_type="image/png", content_id="logo@mail")
        watched = watch(session_of(portal, address))
        page, answers = watched.page(), []
        page.on("response", lambda answer: answers.append((urlsplit(answer.url).path.split("/")[1], answer.status)))
        page.goto(f"/tickets/{number}")
        page.get_by_role("link", name="Show as its sender formatted it").click()
        page.wait_for_timeout(100)
        assert ("files", 200) in answers and watched.foreign == []
        page.get_by_role("link", name="Show them").click()
        page.wait_for_timeout(100)
        assert f"https://{_EVIL}/pixel.png" in watched.foreign
        page.get_by_role("link", name="Back to the request").click()
        assert page.url.endswith(f"/tickets/{number}#m{message}")


def test_the_page_refuses_everything_that_could_run_whatever_the_html_is(portal: Portal) -> None:
    address = portal.customer()
    _, message = mail(portal, _PICTURES, address=address)
    browser = portal.signed_in(address)
    policy = browser.request("GET", f"/messages/{message}/html").header("Content-Security-Policy")
    asked = browser.request("GET", f"/messages/{message}/html?images=1").header("Content-Security-Policy")
    for each in (policy, asked):
        given = dict(part.strip().partition(" ")[::2] for part in each.split(";"))
        assert given["default-src"] == given["style-src"] == given["form-action"] == given["base-uri"] == "'none'"
        assert "script-src" not in given and given["sandbox"] == "allow-same-origin"
    assert "img-src 'self';" in policy and "img-src 'self' https: http:;" in asked


def test_a_desk_that_shows_pictures_from_elsewhere_shows_them_at_once(portal: Portal) -> None:
    address = portal.customer()
    _, message = mail(portal, sanitize(_PICTURES), address=address)
    browser = portal.signed_in(address)
    assert f' src="https://{_EVIL}' not in browser.get(f"/messages/{message}/html").text
    portal.set("remote_images", "shown")
    page = browser.get(f"/messages/{message}/html")
    assert f' src="https://{_EVIL}' in page.text and "Show them" not in page.words


def test_who_may_not_see_the_message_finds_nothing_there(portal: Portal) -> None:
    address = portal.customer()
    number, message = mail(portal, "<p>secret canary</p>", address=address)
    private = {"agent": "ann@example.org", "kind": "note", "direction": "internal"}
    note = portal.build.message(number, "n", html="<p>n</p>", **private)
    plain = portal.build.message(number, "no html", author=address)
    owner, other = portal.signed_in(address), portal.signed_in(portal.customer("eve"))
    assert "canary" in owner.get(f"/messages/{message}/html").words
    for browser, wanted in ((other, message), (owner, note), (owner, plain)):
        missing = refusal(browser.request("GET", "/messages/999999999/html"))
        assert missing[0] == 404
        assert refusal(browser.request("GET", f"/messages/{wanted}/html")) == missing
    assert portal.browser().request("GET", f"/messages/{message}/html").status == 303


def test_a_link_to_one_ticket_opens_its_messages_and_no_others(portal: Portal) -> None:
    number, message = mail(portal, sanitize(_PICTURES))
    file = portal.build.attachment(message, "logo.png", _PNG, content_type="image/png", content_id="logo@mail")
    _, other = mail(portal, "<p>other</p>")
    secret = ticket_people.share(portal.desk, SYSTEM, number)
    browser = portal.browser()
    assert f"/t/{secret}/messages/{message}/html" in browser.get(f"/t/{secret}").links
    page = browser.get(f"/t/{secret}/messages/{message}/html")
    assert "Hello Ann" in page.words
    (picture,) = [link for link in page.links if "/files/" in link]
    assert picture == f"/t/{secret}/files/{file}/logo.png?inline=1"
    assert browser.request("GET", picture).header("Content-Type") == "image/png"
    assert browser.request("GET", f"/t/{secret}/messages/{other}/html").status == 404
    assert Message.get(Message.id == other).html == "<p>other</p>"
    gone = refusal(browser.request("GET", f"/t/{'x' * 43}"))
    assert refusal(browser.request("GET", f"/t/{'x' * 43}/messages/{message}/html")) == gone
