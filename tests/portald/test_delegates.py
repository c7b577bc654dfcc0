"""Acting for somebody in the portal: every page says so, their requests open, their account does not (CON-6)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import delegates
from helpdeskctl.store.tables import Contact, ContactAddress, Message, Ticket
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, refusal


@dataclass(frozen=True, slots=True)
class Scene:
    """alice has named bob, who has come in and acts for nobody yet; her ticket."""

    alice: str
    bob: str
    browser: Browser
    ticket: int


@pytest.fixture
def scene(portal: Portal) -> Scene:
    alice, bob = portal.customer("alice", name="Alice Beispiel"), portal.customer("bob", name="Bob Muster")
    delegates.change(portal.desk, SYSTEM, alice, bob)
    ticket = portal.build.ticket("Printer of alice", requester=alice)
    return Scene(alice, bob, portal.signed_in_directly(bob), ticket)


def act(scene: Scene) -> Browser:
    scene.browser.get("/account/people")
    scene.browser.submit("/account/acting", {"person": scene.alice})
    return scene.browser


def test_acting_opens_the_requests_of_the_person_and_every_page_says_so(scene: Scene) -> None:
    missing = scene.browser.request("GET", "/tickets/999999999")
    assert refusal(scene.browser.request("GET", f"/tickets/{scene.ticket}")) == refusal(missing)
    browser = act(scene)
    assert "Printer of alice" in browser.page.words
    for path in ("/", "/tickets", f"/tickets/{scene.ticket}", "/new", "/account", "/kb", "/tickets/999999999"):
        assert "You are acting for Alice Beispiel." in browser.get(path).words, path
    page = browser.submit("/account/acting", {"person": ""})
    assert "You are acting for" not in page.words
    assert browser.request("GET", f"/tickets/{scene.ticket}").status == 404


def test_switching_changes_the_session_and_stales_the_forms_of_before(scene: Scene) -> None:
    before = scene.browser.cookies["portal"]
    own_form = scene.browser.get("/new").form("/new").fields
    browser = act(scene)
    assert browser.cookies["portal"] != before
    count = Ticket.select().count()
    answer = browser.post("/new", own_form | {"subject": "Mine", "body": "As myself."}, follow=False)
    assert answer.status == 403 and "Mine" in answer.text
    assert Ticket.select().count() == count


def test_an_answer_names_both(portal: Portal, scene: Scene) -> None:
    browser = act(scene)
    browser.get(f"/tickets/{scene.ticket}")
    browser.submit("/reply", {"body": "She asks me to say: still burning."})
    message = Message.select().where(Message.ticket_id == scene.ticket).order_by(Message.id.desc()).get()
    assert (message.author_name, message.author_address) == ("Bob Muster for Alice Beispiel", scene.bob)
    page = portal.signed_in_directly(scene.alice).get(f"/tickets/{scene.ticket}")
    assert "Bob Muster for Alice Beispiel" in page.words


def test_the_account_stays_the_delegates_own(scene: Scene) -> None:
    browser = act(scene)
    for path in ("/account", "/account/email", "/account/password", "/account/data/delete"):
        page = browser.get(path)
        assert scene.bob in page.text and scene.alice not in page.text, path
    browser.get("/account")
    browser.submit("/account", {"phone": "+49 30 1"})
    browser.get("/account/data/delete")
    browser.submit("/account/data/delete", {"action": "ask"})
    browser.get("/account/data")
    found = browser.submit("/account/data/export").text
    assert scene.bob in found and "Printer of alice" not in found
    alice = Contact.get(Contact.id == ContactAddress.get(ContactAddress.address == scene.alice).contact_id)
    assert (alice.phone, alice.deletion_asked_at) == ("", None)


def test_only_who_was_named_may_act(portal: Portal, scene: Scene) -> None:
    eve = portal.signed_in_directly(portal.customer("eve"))
    fields = eve.get("/account/people").form("/account/people").fields
    missing = eve.post("/account/acting", fields | {"person": "nobody@nowhere.example"}, follow=False)
    assert missing.status == 404
    assert refusal(eve.post("/account/acting", fields | {"person": scene.alice}, follow=False)) == refusal(missing)
    assert eve.request("GET", f"/tickets/{scene.ticket}").status == 404


def test_taking_it_back_ends_it_at_the_next_request(portal: Portal, scene: Scene) -> None:
    browser = act(scene)
    alice = portal.signed_in_directly(scene.alice)
    assert scene.bob in alice.get("/account/people").words
    alice.submit("/account/people", {"remove": scene.bob})
    assert scene.bob not in alice.page.words
    answer = browser.request("GET", f"/tickets/{scene.ticket}")
    assert (answer.status, answer.header("Location")) == (303, f"/login?next=/tickets/{scene.ticket}")


def test_who_does_not_want_to_act_for_somebody_removes_them(portal: Portal, scene: Scene) -> None:
    page = scene.browser.get("/account/people")
    assert ("decline", scene.alice) in page.form("/account/acting").buttons
    token = page.form("/account/people").fields
    page = scene.browser.post("/account/people", token | {"decline": scene.alice})
    assert scene.alice not in page.text
    assert scene.bob not in portal.signed_in_directly(scene.alice).get("/account/people").text


def test_known_and_unknown_addresses_are_named_alike_and_nobody_gets_mail(portal: Portal, scene: Scene) -> None:
    unknown = portal.address("nobody", "nowhere.example")
    carl = portal.customer("carl", name="Carl Canary")
    pages = []
    for address in (carl, unknown):
        browser = portal.signed_in_directly(portal.customer("dora", name="Dora"))
        browser.get("/account/people")
        page = browser.submit("/account/people", {"email": address})
        pages.append(page.words.replace(address, "ADDRESS"))
    assert pages[0] == pages[1] and "ADDRESS" in pages[0]
    assert not portal.smtp.to(unknown) and not portal.smtp.to(carl)


def test_what_is_no_address_is_told_at_the_field(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in_directly(address)
    browser.get("/account/people")
    for typed in ("nonsense", address):
        page = browser.submit("/account/people", {"email": typed})
        assert page.status == 400 and f'value="{typed}"' in page.text and 'aria-invalid="true"' in page.text
