"""Being asked how content one was: on the page, and by the link in a mail (REP-1, RFC 8058)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from helpdeskctl.operations import outbox, tickets
from helpdeskctl.store.tables import Contact, ContactAddress, Rating
from tests.portald.browser import Browser
from tests.portald.conftest import Portal
from tests.portald.world import every_row


@pytest.fixture
def asking(portal: Portal) -> Portal:
    """A portal whose desk asks."""
    portal.set("ratings", True)
    return portal


def rated(number: int) -> tuple[bool, str] | None:
    row = Rating.get_or_none(Rating.ticket_id == number)
    return (bool(row.good), row.words) if row else None


def asked(portal: Portal) -> tuple[int, str, str]:
    """A ticket that ann closed: its number, the path in the mail that asks, and who got it."""
    alice = portal.customer("alice")
    number = portal.build.ticket("Printer on fire", requester=alice)
    tickets.close(portal.desk, portal.build.actor("ann@example.org"), number)
    outbox.deliver(portal.desk)
    (mail,) = portal.smtp.to(alice)
    path = urlsplit(str(mail.message["List-Unsubscribe"]).strip("<>")).path.removesuffix("/stop")
    assert f"http://127.0.0.1:{portal.port}{path}" in portal.mail_to(alice)
    return number, path, alice


def test_after_closing_the_page_asks_and_the_answer_can_be_changed(asking: Portal) -> None:
    alice = asking.customer("alice")
    number = asking.build.ticket("Printer on fire", requester=alice)
    browser = asking.signed_in(alice)
    assert "Were you content?" not in browser.get(f"/tickets/{number}").words
    page = browser.submit("/close")
    assert "Were you content?" in page.words
    page = browser.submit("/rate", {"good": "no", "words": "Slow <b>& \u202esure"})
    assert rated(number) is not None and "You said: no." in page.words
    assert "<b>" not in page.text.partition("Were you content?")[2]
    page = browser.submit("/rate", {"good": "yes", "words": ""})
    assert rated(number) == (True, "") and "You said: yes." in page.words
    before = rated(number)
    for answer in ({"good": "maybe"}, {}, {"good": "no", "words": "x" * 5001}):
        page = browser.submit("/rate", {"words": "kept"} | answer)
        assert page.status == 400 and page.form("/rate").fields["words"] == answer.get("words", "kept")
    assert rated(number) == before


def test_nobody_is_asked_where_the_desk_does_not(portal: Portal) -> None:
    alice = portal.customer("alice")
    number = portal.build.ticket(requester=alice, status="closed", closed_at=portal.desk.now())
    browser = portal.signed_in(alice)
    page = browser.get(f"/tickets/{number}")
    assert "Were you content?" not in page.words
    assert browser.post(f"/tickets/{number}/rate", page.form("/reply").fields | {"good": "yes"}).status == 403
    assert rated(number) is None


def test_the_mailed_link_counts_at_the_button_and_not_at_a_look(asking: Portal) -> None:
    number, path, _ = asked(asking)
    scanner = Browser(asking.port)
    before = every_row()
    for method in ("GET", "HEAD", "GET"):
        assert scanner.request(method, path).status == 200
        assert scanner.request(method, f"{path}/stop").status == 200
    assert every_row() == before
    assert Browser(asking.port).post(path, {"good": "yes"}).status == 403
    page = scanner.get(path)
    assert f"#{number}" in page.words and "Printer" not in page.words
    assert "Thank you for telling us." in scanner.submit("", {"good": "no", "words": "Slow"}).words
    assert rated(number) == (False, "Slow")
    scanner.submit("", {"good": "yes", "words": "Slow"})
    assert rated(number) == (True, "Slow")


def test_one_click_of_a_mail_program_ends_the_questions(asking: Portal) -> None:
    _, path, alice = asked(asking)
    contact = ContactAddress.get(ContactAddress.address == alice).contact_id
    program = Browser(asking.port)
    assert program.post(f"{path}/stop", {"List-Unsubscribe": "No"}, follow=False, Origin="").status == 404
    answer = program.post(
        f"{path}/stop", {"List-Unsubscribe": "One-Click"}, follow=False, Origin="https://mail.example"
    )
    assert answer.status == 200 and not answer.all("Set-Cookie")
    assert Contact.get(Contact.id == contact).wants_mail == {"rating": False}
    assert program.post(f"{path}/stop", {"List-Unsubscribe": "One-Click"}, follow=False, Origin="").status == 200


def test_a_person_ends_them_with_a_button(asking: Portal) -> None:
    _, path, alice = asked(asking)
    browser = Browser(asking.port)
    browser.get(f"{path}/stop")
    assert "We will not ask you any more" in browser.submit("").words
    contact = ContactAddress.get(ContactAddress.address == alice).contact_id
    assert Contact.get(Contact.id == contact).wants_mail == {"rating": False}


def test_links_that_are_not_good_all_look_the_same_and_do_nothing(asking: Portal) -> None:
    number, path, _ = asked(asking)
    browser = Browser(asking.port)
    token = browser.get(path).form("").fields
    pages = set()
    for secret in ("", "%20", "null", "x" * 43, "9999999999", path.rpartition("/")[2][:-1]):
        for at in (f"/rate/{secret}", f"/rate/{secret}/stop"):
            page = browser.get(at)
            pages.add((page.status, re.sub(r"\?lang=\w+", "", page.text)))
            sent = browser.post(at, token | {"good": "no", "List-Unsubscribe": "One-Click"}, follow=False)
            pages.add((sent.status, re.sub(r"\?lang=\w+", "", sent.text)))
    assert len({page for page in pages if page[0] != 403}) == 1, [page[0] for page in pages]
    assert rated(number) is None
