"""A link that an agent handed out opens exactly one ticket, to be read and answered, until it ends (POR-5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import ticket_merge, ticket_people, tickets
from helpdeskctl.store.tables import Department, Event, Message, PortalToken, Ticket
from tests.portald.conftest import Portal, refusal


@pytest.fixture
def shared(portal: Portal) -> tuple[int, str]:
    """A ticket with a file, a note and its link's path."""
    number = portal.build.ticket("Printer on fire", requester=portal.customer())
    first = Message.select().where(Message.ticket_id == number).get().id
    portal.build.attachment(first, "smoke.txt", b"grey smoke")
    portal.build.note(number, "N1 canary", agent="ann@example.org")
    return number, f"/t/{ticket_people.share(portal.desk, SYSTEM, number)}"


def test_whoever_has_the_link_reads_the_ticket_and_its_files_but_no_note(
    portal: Portal, shared: tuple[int, str]
) -> None:
    _, path = shared
    browser = portal.browser()
    page = browser.get(path)
    assert "Printer on fire" in page.words and "canary" not in page.text
    assert "Sign in to see all of yours" in page.words
    files = [link for link in page.links if "/files/" in link]
    assert files and all(link.startswith(path) for link in files)
    assert browser.request("GET", files[0]).body == b"grey smoke"
    assert browser.request("GET", "/tickets").status == 303  # nothing else opened


def test_an_answer_by_link_is_the_customers_side_and_nobodys_by_name(portal: Portal, shared: tuple[int, str]) -> None:
    number, path = shared
    tickets.close(portal.desk, SYSTEM, number)
    browser = portal.browser()
    page = browser.get(path)
    browser.post(f"{path}/reply", page.form("/reply").fields | {"body": "It smokes again."})
    said = Message.select().where(Message.ticket_id == number, Message.kind == "portal").get()
    assert (said.body, said.contact_id, said.author_address) == ("It smokes again.", None, "")
    assert Ticket.get(Ticket.id == number).closed_at is None
    event = Event.select().where(Event.ticket_id == number, Event.verb == "message").order_by(Event.id.desc()).get()
    assert event.actor_kind == "link"
    assert "It smokes again." in browser.get(path).words


def test_the_link_can_neither_close_nor_reopen_nor_reach_another_ticket(
    portal: Portal, shared: tuple[int, str]
) -> None:
    number, path = shared
    other = portal.build.ticket("Other matter", requester=portal.customer("bob"))
    file = portal.build.attachment(Message.select().where(Message.ticket_id == other).get().id, "b.txt", b"bob's")
    browser = portal.browser()
    fields = browser.get(path).form("/reply").fields
    assert "Solved" not in [button for form in browser.get(path).forms for button in form.buttons]
    for verb in ("close", "reopen"):
        assert browser.post(f"{path}/{verb}", fields, follow=False).status == 404
    assert browser.request("GET", f"{path}/files/{file}/b.txt").status == 404
    assert Ticket.get(Ticket.id == number).closed_at is None


@pytest.mark.parametrize("end", ["revoked", "late", "cut", "empty", "merged", "hidden"])
def test_a_link_that_ended_gets_the_one_page_of_dead_links(portal: Portal, shared: tuple[int, str], end: str) -> None:
    number, path = shared
    match end:
        case "revoked":
            ticket_people.unshare(portal.desk, SYSTEM, number)
        case "late":
            PortalToken.update(expires_at=portal.desk.now() - timedelta(seconds=1)).where(
                PortalToken.ticket_id == number
            ).execute()
        case "cut":
            path = path[:-1]
        case "empty":
            path = "/t/"
        case "merged":
            into = portal.build.ticket("Survivor canary", requester=portal.customer("bob"))
            ticket_merge.merge(portal.desk, SYSTEM, number, into, force=True)
        case "hidden":
            Ticket.update(spam=True).where(Ticket.id == number).execute()
    answer = portal.browser().request("GET", path)
    assert refusal(answer) == refusal(portal.browser().request("GET", "/t/never-was-one"))
    assert b"canary" not in answer.body


def test_what_is_closed_for_good_can_be_read_but_not_answered_by_link(portal: Portal, shared: tuple[int, str]) -> None:
    number, path = shared
    browser = portal.browser()
    fields = browser.get(path).form("/reply").fields
    tickets.close(portal.desk, SYSTEM, number)
    department = Ticket.get(Ticket.id == number).department_id
    before = Department.get(Department.id == department).reopen
    Department.update(reopen="never").where(Department.id == department).execute()
    try:
        page = browser.get(path)
        assert "Printer on fire" in page.words
        assert [form for form in page.forms if form.action.endswith("/reply")] == []
        newest = Ticket.select().order_by(Ticket.id.desc()).get().id
        assert browser.post(f"{path}/reply", fields | {"body": "more"}, follow=False).status == 403
        assert Ticket.select().order_by(Ticket.id.desc()).get().id == newest
    finally:
        Department.update(reopen=before).where(Department.id == department).execute()
