"""The page of a ticket: its people, muting, and what the list says of who opened what (CON-2, POR-11)."""

from __future__ import annotations

import pytest

from helpdeskctl.store.tables import Contact, Participant, Ticket
from tests.builders import contact_of
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, refusal


@pytest.fixture
def company(portal: Portal) -> tuple[str, str, int]:
    """Alice with a ticket, carl who is the main contact of her company, and the ticket's number."""
    alice, carl = portal.customer("alice", name="Alice Alison"), portal.customer("carl")
    key = portal.build.company(f"acme{portal.used}")
    Contact.update(company_id=key).where(Contact.id.in_([contact_of(alice).id, contact_of(carl).id])).execute()
    Contact.update(main_contact=True).where(Contact.id == contact_of(carl).id).execute()
    return alice, carl, portal.build.ticket("Printer on fire", requester=alice, company_id=key)


def test_somebody_is_added_reads_along_and_is_removed_again(portal: Portal) -> None:
    alice, bob = portal.customer("alice"), portal.customer("bob")
    number = portal.build.ticket("Printer on fire", requester=alice)
    browser, other = portal.signed_in(alice), portal.signed_in(bob)
    page = browser.get(f"/tickets/{number}")
    assert "People on this request Opened by you" in page.words
    page = browser.submit("/cc", {"email": bob, "may_view": "1"})
    assert "The address has been added." in page.words
    assert f"{bob} answers by mail and here" in page.words
    seen = other.get(f"/tickets/{number}")
    assert seen.status == 200 and "You answers by mail and here" in seen.words and "Remove" not in seen.words
    assert not [form for form in seen.forms if form.action.endswith("/cc")]
    assert refusal(other.post(f"/tickets/{number}/cc", fields(seen, {"email": "x@y.example"}), follow=False))[0] == 403
    remove = next(form for form in browser.page.forms if "person" in form.fields)
    browser.post(f"/tickets/{number}/cc", remove.fields | {"action": "remove"})
    assert "Removed." in browser.page.words and bob not in browser.page.words
    assert other.get(f"/tickets/{number}").status == 404


def fields(page: object, more: dict[str, str]) -> dict[str, str]:
    return page.form("/reply").fields | more  # type: ignore[attr-defined]  # an Answer


def test_known_and_unknown_addresses_get_the_same_answer(portal: Portal) -> None:
    alice, eve = portal.customer("alice"), portal.customer("eve", name="Eve Canary")
    pages = []
    for address in (eve, portal.address("nobody")):
        number = portal.build.ticket(requester=alice)
        browser = portal.signed_in(alice)
        browser.get(f"/tickets/{number}")
        answer = browser.submit("/cc", {"email": address}, follow=False)
        page = browser.get(answer.header("Location"))
        shown = page.words
        (removes,) = (form.fields["person"] for form in page.forms if "person" in form.fields)
        assert removes == address  # the number of a contact would tell how long we have known it
        pages.append((answer.status, shown.replace(address, "X").replace(str(number), "N")))
        assert "Canary" not in shown
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nonsense", "Enter the e-mail address of another person"),
        ("support@example.org", "Enter the e-mail address of another person"),
        ("SELF", "This address is on the request already."),
    ],
)
def test_a_wrong_address_is_told_at_its_field_with_all_input_kept(portal: Portal, typed: str, words: str) -> None:
    alice = portal.customer("alice")
    number = portal.build.ticket(requester=alice)
    browser = portal.signed_in(alice)
    browser.get(f"/tickets/{number}")
    page = browser.submit("/cc", {"email": alice if typed == "SELF" else typed, "may_view": "1"})
    assert page.status == 400
    assert "Error:" in page.text.partition("</title>")[0] and words in page.words
    kept = page.form("/cc").fields
    assert kept["email"] == (alice if typed == "SELF" else typed) and kept["may_view"] == "1"
    assert not Participant.select().where(Participant.ticket_id == number).exists()


def test_muting_takes_a_colleagues_request_out_of_the_list_and_back(
    portal: Portal, company: tuple[str, str, int]
) -> None:
    alice, carl, number = company
    browser = portal.signed_in(carl)
    assert "Opened by Alice Alison" in browser.get("/tickets").words
    browser.get(f"/tickets/{number}")
    assert "You will not see this request" in browser.submit("/mute", {"action": "mute"}).words
    listed = browser.get("/tickets")
    assert "Open 0 Your turn 0 Solved 0 All 1 Muted 1" in listed.words and "Printer" not in listed.words
    assert "Printer on fire" in browser.get("/tickets?show=muted").words
    assert "Printer on fire" in browser.get(f"/tickets?show=all&q={number}").words
    assert "Printer" not in browser.get("/").words
    browser.get(f"/tickets/{number}")
    assert "in your lists again" in browser.submit("/mute", {"action": "unmute"}).words
    own = portal.signed_in(alice)
    page = own.get(f"/tickets/{number}")
    assert not [form for form in page.forms if form.action.endswith("/mute")]
    assert own.post(f"/tickets/{number}/mute", fields(page, {"action": "mute"}), follow=False).status == 403


def test_a_main_contact_looks_at_all_of_the_company_or_at_their_own(
    portal: Portal, company: tuple[str, str, int]
) -> None:
    _, carl, number = company
    company_id = Ticket.get(Ticket.id == number).company_id
    portal.build.ticket("Broken chair", requester=carl, company_id=company_id)
    browser = portal.signed_in(carl)
    both, mine = browser.get("/tickets?show=all").words, browser.get("/tickets?show=all&of=mine").words
    assert "Printer on fire" in both and "Broken chair" in both and "All 2" in both
    assert "Printer on fire" not in mine and "Broken chair" in mine and "All 1" in mine
    found = browser.get("/tickets?show=all&of=mine&q=zebra")
    assert "Nothing found" in found.words and 'name="of" value="mine"' in found.text


def test_strangers_and_guests_find_no_way_to_any_of_it(portal: Portal) -> None:
    alice, eve = portal.customer("alice"), portal.customer("eve")
    number = portal.build.ticket(requester=alice)
    own = portal.build.ticket(requester=eve)
    browser = portal.signed_in(eve)
    token = browser.get(f"/tickets/{own}").form("/reply").fields
    for verb, more in (
        ("cc", {"email": "x@beta.example"}), ("cc", {"action": "remove", "person": "1"}), ("mute", {}),
        ("rate", {"good": "yes"}),
    ):  # fmt: skip
        answer = browser.post(f"/tickets/{number}/{verb}", token | more, follow=False)
        missing = browser.post(f"/tickets/999999999/{verb}", token | more, follow=False)
        assert refusal(answer) == refusal(missing) and answer.status == 404, verb
        assert Browser(portal.port).post(f"/tickets/{number}/{verb}", more, follow=False).status == 403
    assert not Participant.select().where(Participant.ticket_id == number).exists()


def test_a_button_pressed_after_the_session_ended_leads_to_the_login_and_back_to_the_page(portal: Portal) -> None:
    alice = portal.customer("alice")
    number = portal.build.ticket(requester=alice)
    browser = portal.signed_in(alice)
    browser.get(f"/tickets/{number}")
    browser.cookies.clear()
    for action in ("/cc", "/close", "/reply"):
        answer = browser.submit(action, {"email": "x@beta.example", "body": ""}, follow=False)
        assert answer.header("Location") == f"/login?next=/tickets/{number}", action
