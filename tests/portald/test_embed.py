"""The request form in frames on other people's pages: who may show it, and that no cookie counts there (POR-8,
security 13, 24, 38, ASVS 3.4.6, 3.5.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import pytest

from helpdeskctl.store.tables import Attachment, Message, PortalOrigin, PortalSession, Ticket
from portald.tokens import FormToken, Tokens
from tests.portald.browser import Answer, Browser, File
from tests.portald.conftest import Portal, link_in
from tests.portald.test_articles import write

SITE, OTHER = "https://www.example.org", "https://shop.example.org:8443"
ASKED = {"subject": "Broken chair", "body": "It broke at noon."}


@pytest.fixture(autouse=True)
def listed(running: Portal) -> Iterator[None]:
    for origin in (SITE, OTHER):
        PortalOrigin.insert(origin=origin, created_at=running.desk.now()).execute()
    yield
    PortalOrigin.delete().execute()


def framed(portal: Portal, path: str = "/embed/new", *, site: str = SITE, age: int = 60) -> Browser:
    """A browser that shows the form in a frame on a page of `site`, opened `age` seconds ago."""
    browser = portal.browser()
    page = browser.get(path, Referer=f"{site}/" if site else "")
    token = page.forms[0].fields["form"]
    _, nonce, _, binding, _ = token.split(".")
    earlier = FormToken(nonce, age=timedelta(seconds=age))
    tokens = Tokens(portal.desk.keys.key("portal-form"))
    older = tokens.make(None, None, now=portal.desk.now(), again=earlier, binding=binding)
    page.body = page.body.replace(token.encode(), older.encode())
    return browser


def send(browser: Browser, fields: Mapping[str, str], files: Iterable[File] = (), *, follow: bool = True) -> Answer:
    """Fill the form in the frame and send it."""
    return browser.submit(browser.page.forms[0].action, fields, files, follow=follow)


def ancestors(answer: Answer) -> str:
    """Who may frame a page, by the one header that lists sites; the other one must not contradict it."""
    found = re.search(r"frame-ancestors ([^;]*)", answer.header("Content-Security-Policy"))
    assert found
    assert answer.header("X-Frame-Options") == ("DENY" if found[1] == "'none'" else "")
    return found[1]


def requests_of(address: str) -> list[Ticket]:
    return list(Ticket.select().where(Ticket.requester_address == address))


def test_listed_sites_may_frame_the_form_and_nothing_else(portal: Portal) -> None:
    browser = portal.browser()
    for path in ("/embed/new", "/embed/search?q=x", "/embed/suggest?q=x", f"/embed/sent/{'0' * 32}", "/embed/nothing"):
        answer = browser.request("GET", path, headers={"Referer": f"{SITE}/a"})
        assert ancestors(answer) == f"{OTHER} {SITE}", path
        policy = answer.header("Content-Security-Policy")
        assert all(part in policy for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'"))
    assert ancestors(browser.request("POST", "/embed/new", b"x=y")) == f"{OTHER} {SITE}"
    for path in ("/", "/new", "/login", "/kb", "/embed", "/embed.js", "/nothing", "/static/x/portal.css"):
        assert ancestors(browser.request("GET", path, headers={"Referer": f"{SITE}/a"})) == "'none'", path
    PortalOrigin.delete().execute()
    assert ancestors(browser.request("GET", "/embed/new")) == "'none'"


def test_a_frame_sets_no_cookie_and_sees_no_session(portal: Portal) -> None:
    write(portal, "Members canary", audience="signed-in")
    write(portal, "Draft canary", status="draft")
    public = write(portal, "Public canary")
    browser = portal.signed_in(portal.customer("zelda"))
    assert "Members canary" in browser.get("/search?q=canary").words
    then = portal.desk.now() - timedelta(minutes=30)
    PortalSession.update(seen_at=then).execute()
    browser.cookies["lang"] = "fr"
    for path in ("/embed/new", "/embed/new?lang=de", "/embed/search?q=canary&lang=de", "/embed/suggest?q=canary"):
        answer = browser.request("GET", path)
        assert browser.set_cookies == [], path
        assert not re.search("zelda|Sign out|Members|Draft|lang=.fr", answer.text), path
        assert 'lang="de"' in answer.text or "lang=de" not in path
        assert 'name="email"' in answer.text or "new" not in path
    assert f'href="/kb/en/{public}" lang="en" hreflang="en" target="_blank" rel="noopener"' in answer.text
    assert PortalSession.select().where(PortalSession.seen_at > then).count() == 0


def test_a_framed_request_is_a_guests_even_of_who_has_signed_in(portal: Portal) -> None:
    address = portal.customer()
    cookies = portal.signed_in(address).cookies
    browser = framed(portal, "/embed/new?lang=de")
    browser.cookies = dict(cookies)
    answer = send(browser, {**ASKED, "email": address}, follow=False)
    assert answer.status == 303
    assert answer.header("Location").startswith("/embed/sent/")
    sent = browser.get(answer.header("Location"))
    (ticket,) = requests_of(address)
    assert f"#{ticket.id}" in sent.words
    assert (ticket.subject, ticket.origin, ticket.proven) == ("Broken chair", "portal", False)
    assert 'lang="de"' in sent.text and f"/tickets/{ticket.id}" not in sent.text
    assert ancestors(sent) == f"{OTHER} {SITE}"
    assert browser.set_cookies == []
    mail = portal.mail_to(address, "/confirm/")
    assert "Broken" not in mail and "noon" not in mail
    guest = portal.browser()
    guest.get(link_in(mail))
    guest.submit("")
    assert Ticket.get_by_id(ticket.id).proven


def test_what_was_typed_and_chosen_stays_in_the_frame_until_it_is_right(portal: Portal) -> None:
    address = portal.address()
    browser = framed(portal, "/embed/new?lang=de&dept=support")
    wrong = {**ASKED, "email": "no address"}
    page = send(browser, wrong, [("photo.txt", b"smoke", "text/plain")])
    assert page.status == 400
    assert ancestors(page) == f"{OTHER} {SITE}"
    assert 'lang="de"' in page.text and "It broke at noon." in page.text and "photo.txt" in page.text
    send(browser, {"email": address})
    (ticket,) = requests_of(address)
    files = Attachment.select().join(Message, on=(Message.id == Attachment.message_id))
    assert [row.filename for row in files.where(Message.ticket_id == ticket.id)] == ["photo.txt"]


def test_a_form_is_sent_once_however_often_the_button_is_pressed(portal: Portal) -> None:
    address = portal.address()
    browser = framed(portal)
    form = browser.page
    for _ in range(2):
        browser.page = form
        assert "We have your request" in send(browser, {**ASKED, "email": address}).words
    assert len(requests_of(address)) == 1


@pytest.mark.parametrize("site", [SITE, ""], ids=["told", "not told"])
def test_a_form_counts_in_frames_only_while_its_site_is_listed(portal: Portal, site: str) -> None:
    address = portal.address()
    browser = framed(portal, site=site)
    PortalOrigin.delete().where(PortalOrigin.origin == SITE).execute()
    answer = send(browser, {**ASKED, "email": address})
    assert (answer.status, len(requests_of(address))) == ((403, 0) if site else (200, 1))
    if site:
        assert "It broke at noon." in answer.text and SITE not in ancestors(answer)


def test_no_other_form_opens_a_request_in_a_frame_and_no_frames_form_anything_else(portal: Portal) -> None:
    address = portal.customer()
    fields = {**ASKED, "email": address, "website": ""}
    usual = portal.browser()
    usual.get("/new")
    theirs = portal.signed_in(address)
    theirs.get("/new")
    for browser in (usual, theirs):
        fields["form"] = browser.page.form("/new").fields["form"]
        assert browser.post("/embed/new", fields).status == 403
    fields["form"] = framed(portal).page.forms[0].fields["form"]
    for browser in (portal.browser(), theirs):
        browser.post("/new", fields)
    for headers in ({"Origin": SITE}, {"Origin": "null"}, {"Origin": "", "Sec_Fetch_Site": "cross-site"}):
        assert portal.browser().post("/embed/new", fields, **headers).status == 403
    stale = framed(portal, age=10).page.forms[0].fields["form"].split(".")
    stale[0] = str(int(stale[0]) - 90_000)
    for form in ("", "x", ".".join(stale)):
        assert portal.browser().post("/embed/new", {**fields, "form": form}).status == 403
    assert requests_of(address) == []


def test_robots_and_the_crowd_meet_the_same_limits_as_on_the_page(portal: Portal) -> None:
    address = portal.address()
    fast = send(framed(portal, age=0), {**ASKED, "email": address})
    trapped = send(framed(portal), {**ASKED, "email": address, "website": "x"})
    assert (fast.status, trapped.status, requests_of(address)) == (400, 400, [])
    statuses = [send(framed(portal), {**ASKED, "email": address}).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert len(requests_of(address)) == 5


def test_where_guests_may_not_write_the_frame_says_so_and_leads_out(portal: Portal) -> None:
    portal.set("guest_requests", False)
    answer = portal.browser().request("GET", "/embed/new")
    assert answer.status == 403
    assert '<a href="/login?next=/new" target="_blank" rel="noopener">' in answer.text
    assert ancestors(answer) == f"{OTHER} {SITE}"


def test_the_script_may_be_loaded_from_everywhere_and_is_asked_for_again_soon(portal: Portal) -> None:
    browser = portal.signed_in(portal.customer())
    script = browser.request("GET", "/embed.js", headers={"Origin": "https://anywhere.example"})
    assert script.status == 200 and len(script.body) < 2000
    assert script.header("Cross-Origin-Resource-Policy") == "cross-origin"
    assert script.header("Cache-Control") == "public, max-age=600"
    assert script.header("Content-Type") == "text/javascript; charset=UTF-8"
    assert script.all("Set-Cookie") == []
    known = browser.request("GET", "/embed.js", headers={"If-None-Match": f'W/"x", {script.header("ETag")}'})
    assert (known.status, known.body) == (304, b"")
    assert browser.request("GET", "/embed.js", headers={"If-None-Match": '"other"'}).status == 200
    for word in (b"cookie", b"Storage", b"innerHTML", b"eval", b"fetch"):
        assert word not in script.body
    for path in ("/embed/new", "/new", "/kb"):
        assert browser.request("GET", path).header("Cross-Origin-Resource-Policy") == "same-origin"


def test_a_frame_has_no_way_to_pages_that_frames_refuse(portal: Portal) -> None:
    portal.set("privacy_url", "https://www.example.org/privacy")
    for path in ("/embed/new", "/embed/search?q=nothingatall", "/embed/nothing", f"/embed/sent/{'0' * 32}"):
        text = portal.browser().request("GET", path).text
        inside = re.findall(r'<a (?![^>]*target="_blank")[^>]*href="([^"#]*)"', text)
        assert all(link.startswith("/embed/") for link in inside), (path, inside)
