"""Hosts, headers, cookies, forged forms, redirects, searches (security 28, 34, 38, 40-43)."""

from __future__ import annotations

import http.client
from urllib.parse import quote

import pytest

from helpdeskctl.store.tables import Message, PortalSession
from tests.portald.browser import Browser
from tests.portald.conftest import Portal

HTTPS = "help.example.org"


@pytest.fixture
def https(portal: Portal) -> Portal:
    """The portal as it stands behind a proxy that speaks https."""
    portal.set("portal_url", f"https://{HTTPS}")
    return portal


FOREIGN_HOSTS = (
    "evil.example", "evil.example:80", "127.0.0.1.evil.example", "help.example.org@evil.example", "", "a b", "[::1",
    "x" * 300,
)  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(portal: Portal, host: str) -> None:
    browser = Browser(portal.port, host=host)
    connection = http.client.HTTPConnection("127.0.0.1", portal.port)
    connection.putrequest("GET", "/login", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 400
    assert b"evil" not in body
    assert browser.cookies == {}


def test_forwarded_hosts_leave_no_trace_in_mails_and_redirects(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.browser()
    poison = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "gopher", "Forwarded": "host=evil.example"}
    browser.get("/login", **poison)
    answer = browser.submit("/login", {"email": address, "action": "link"}, follow=False, **poison)
    assert answer.header("Location").startswith("/login/code?")
    text = portal.mail_to(address)
    assert "evil" not in text
    assert f"http://127.0.0.1:{portal.port}/login/link/" in text


def test_behind_https_cookies_are_bound_to_host_and_encryption(https: Portal) -> None:
    from helpdeskctl.operations import passwords

    address = https.customer(password_hash=passwords.hashed("quiet brown otter"))
    browser = https.browser(host=HTTPS, https=True)
    page = browser.get("/login")
    assert "not encrypted" not in page.words
    assert page.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
    fields = {"email": address, "password": "quiet brown otter", "action": "password", "remember": "1"}
    browser.submit("/login", fields, follow=False)
    (cookie,) = browser.set_cookies
    name, _, rest = cookie.partition("=")
    assert name == "__Host-portal"
    assert {part.strip().lower() for part in rest.split(";")[1:]} == {
        "httponly", "secure", "samesite=lax", "path=/", f"max-age={90 * 86400}",
    }  # fmt: skip
    assert "Sign out" in browser.get("/tickets").words


def test_plainly_on_this_machine_the_cookie_drops_the_prefix_and_every_page_warns(portal: Portal) -> None:
    browser = portal.signed_in(portal.customer())
    assert set(browser.cookies) == {"portal"}
    for path in ("/", "/tickets", "/nothing"):
        assert "This connection is not encrypted" in browser.get(path).words
    assert browser.get("/").header("Strict-Transport-Security") == ""


ELSEWHERE = (
    "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example",
    "/%0d%0aX: y", "/\r\nX: y", "/\t/evil.example", " //evil.example", "javascript:alert(1)", "/..//evil.example",
    "/login/../../evil", "///evil.example", "/tickets@evil.example", "/x:y", "\u2028//evil", "data:text/html,x",
    "/tickets/1/../../x",
)  # fmt: skip


def test_after_signing_in_nobody_is_sent_elsewhere(portal: Portal) -> None:
    from helpdeskctl.operations import passwords

    address = portal.customer(password_hash=passwords.hashed("quiet brown otter"))
    browser = portal.browser()
    for target in ELSEWHERE[:3]:
        browser = portal.browser()
        browser.get(f"/login?next={quote(target)}")
        fields = {"email": address, "password": "quiet brown otter", "action": "password", "next": target}
        answer = browser.submit("/login", fields, follow=False)
        assert (answer.status, answer.header("Location")) == (303, "/"), target
    for target in ELSEWHERE:
        signed_in = browser.request("GET", f"/login?next={quote(target)}")
        assert (signed_in.status, signed_in.header("Location")) == (303, "/"), target


def test_after_signing_in_the_page_that_was_asked_for_opens(portal: Portal) -> None:
    from helpdeskctl.operations import passwords

    address = portal.customer(password_hash=passwords.hashed("quiet brown otter"))
    number = portal.build.ticket("The one", requester=address)
    browser = portal.browser()
    browser.get(f"/tickets/{number}")
    fields = {"email": address, "password": "quiet brown otter", "action": "password"}
    assert "The one" in browser.submit("/login", fields).words


def test_names_and_texts_of_strangers_are_shown_as_text(portal: Portal) -> None:
    address = portal.customer()
    evil = "<img src=x onerror=alert(1)>\"'{{7*7}}{% x %}\u202egpj.exe"
    body = f'{evil}\njavascript:alert(1) http://a.example/"onmouseover="x'
    number = portal.build.ticket(evil, requester=address, body=body)
    message = Message.select().where(Message.ticket_id == number).get().id
    portal.build.attachment(message, f"{evil}.txt")
    browser = portal.signed_in(address)
    page = browser.get(f"/tickets/{number}")
    assert "<img src=x" not in page.text and "49" not in page.words.replace(str(number), "")
    assert "\u202e" not in page.text
    assert '"onmouseover' not in page.text
    assert not [link for link in page.links if link.startswith("javascript")]
    assert "<img src=x" not in browser.get("/tickets").text


def test_a_stale_form_comes_back_filled_and_can_be_sent(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    old = browser.page.form("/reply").fields | {"body": "A long story."}
    again = portal.signed_in(address)
    page = again.post(f"/tickets/{number}/reply", old)
    assert page.status == 403
    assert "send it again" in page.words and "A long story." in page.text
    again.submit("/reply")
    assert Message.select().where(Message.ticket_id == number, Message.body == "A long story.").count() == 1


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    PortalSession.delete().execute()
    page = browser.submit("/reply", {"body": "Hours of work."}, [("work.txt", b"work", "text/plain")])
    assert "Sign in" in page.words and not Message.select().where(Message.body == "Hours of work.").exists()
    stranger = portal.signed_in(portal.customer("eve"))
    assert stranger.get(f"/tickets/{number}").status == 404
    back = portal.signed_in(address)
    page = back.get(f"/tickets/{number}")
    assert page.form("/reply").fields["body"] == "Hours of work."
    assert "work.txt" in page.words
    back.submit("/reply")
    assert Message.select().where(Message.ticket_id == number, Message.body == "Hours of work.").count() == 1
    assert back.get(f"/tickets/{number}").form("/reply").fields["body"] == ""


def test_health_tells_only_that_it_is_there(portal: Portal) -> None:
    guest = portal.browser()
    assert (guest.get("/healthz").status, guest.page.body) == (200, b"ok\n")
    assert guest.get("/readyz").status == 200
    assert {line.split()[1] for line in guest.page.text.splitlines()} == {"ok"}
    assert "Disallow: /tickets" in guest.get("/robots.txt").text


def test_static_files_are_kept_for_ever_under_names_that_change_with_them(portal: Portal) -> None:
    browser = portal.browser()
    (css,) = [link for link in browser.get("/").links if link.endswith(".css")]
    answer = browser.get(css)
    assert answer.status == 200 and "immutable" in answer.header("Cache-Control")
    assert len(answer.body) < 10_000
    assert browser.get("/static/../serve.py").status == 404
    assert browser.get("/").header("Cache-Control") == "no-store"
