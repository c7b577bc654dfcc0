"""Who sees what: routes against kinds of visitors, and forms that say more than they may (security 15, 25, 26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from helpdeskctl.store.tables import Contact, ContactAddress, Message, Participant, Ticket
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import Portal, refusal


@dataclass(frozen=True, slots=True)
class Scene:
    """alice's ticket with a file, and a note with a file; a hidden, an unproven and a spam one; main contact carl."""

    browsers: Mapping[str, Browser]
    ticket: int
    file: int
    note_file: int
    hidden: int
    unproven: int
    spam: int


@pytest.fixture
def scene(portal: Portal) -> Scene:
    """A company with three people, a stranger, a viewer, a mere participant, and somebody whose access was taken."""
    build = portal.build
    people = {name: portal.customer(name) for name in ("alice", "bob", "carl", "eve", "vera", "paul", "dora")}
    acme = build.company(f"acme{portal.used}")
    ids = {name: ContactAddress.get(ContactAddress.address == address).contact_id for name, address in people.items()}
    Contact.update(company_id=acme).where(Contact.id.in_([ids["alice"], ids["bob"], ids["carl"]])).execute()
    Contact.update(main_contact=True).where(Contact.id == ids["carl"]).execute()
    browsers = {name: portal.signed_in(address) for name, address in people.items()} | {"nobody": portal.browser()}
    Contact.update(portal_access=False).where(Contact.id == ids["dora"]).execute()
    ticket = build.ticket("T1 printer", requester=people["alice"])
    Ticket.update(company_id=acme).where(Ticket.id == ticket).execute()
    build.participant(ticket, people["vera"], may_view=True)
    build.participant(ticket, people["paul"])
    first = Message.select().where(Message.ticket_id == ticket).get().id
    file = build.attachment(first, "a1.txt", b"attachment one")
    note = build.note(ticket, "N1 canary", agent="ann@example.org")
    note_file = build.attachment(note, "n1.txt", b"note canary")
    secret = build.status("secret", hidden=True, position=99)
    return Scene(
        browsers,
        ticket,
        file,
        note_file,
        build.ticket("hidden canary", requester=people["alice"], status_id=secret),
        build.ticket("unproven canary", requester=people["alice"], proven=False),
        build.ticket("spam canary", requester=people["alice"], spam=True),
    )


SEES = {"alice", "carl", "vera"}
CLOSES = {"alice", "carl"}
OUT = {"nobody", "dora"}
MISSING = 999_999_999


def at_login(answer: Answer) -> bool:
    return answer.status == 303 and answer.header("Location").startswith("/login?next=")


def test_a_ticket_and_its_file_open_for_those_who_may_and_are_missing_for_all_others(scene: Scene) -> None:
    for who, browser in scene.browsers.items():
        for path, missing, word in (
            (f"/tickets/{scene.ticket}", f"/tickets/{MISSING}", b"T1 printer"),
            (f"/files/{scene.file}/a1.txt", f"/files/{MISSING}/a1.txt", b"attachment one"),
        ):
            answer = browser.request("GET", path)
            if who in SEES:
                assert answer.status == 200 and word in answer.body, (who, path)
            elif who in OUT:
                assert at_login(answer) and at_login(browser.request("GET", missing)), (who, path)
            else:
                assert refusal(answer) == refusal(browser.request("GET", missing)), (who, path)
                assert answer.status == 404


def test_what_is_hidden_unproven_spam_or_a_note_is_missing_even_for_the_requester(scene: Scene) -> None:
    for who, browser in scene.browsers.items():
        if who in OUT:
            continue
        missing = refusal(browser.request("GET", f"/tickets/{MISSING}"))
        for number in (scene.hidden, scene.unproven, scene.spam):
            assert refusal(browser.request("GET", f"/tickets/{number}")) == missing, who
        no_file = refusal(browser.request("GET", f"/files/{MISSING}/n1.txt"))
        assert refusal(browser.request("GET", f"/files/{scene.note_file}/n1.txt")) == no_file, who
        for path in ("/", "/tickets?show=all", "/tickets?q=canary", f"/tickets/{scene.ticket}"):
            assert b"canary" not in browser.get(path).body.replace(b'value="canary"', b""), (who, path)


def test_only_those_who_may_change_a_ticket_can(scene: Scene, portal: Portal) -> None:
    for who, browser in scene.browsers.items():
        if who in OUT:
            continue
        own = portal.build.ticket("own", requester=owner_of(browser, portal))
        fields = browser.get(f"/tickets/{own}").form("/reply").fields | {"body": f"from {who}", "seen": str(10**12)}
        for verb, allowed in (("reply", SEES), ("close", CLOSES), ("reopen", CLOSES)):
            before = Ticket.select().where(Ticket.id == scene.ticket).dicts().get()
            answer = browser.post(f"/tickets/{scene.ticket}/{verb}", fields, follow=False)
            missing = browser.post(f"/tickets/{MISSING}/{verb}", fields, follow=False)
            if who in allowed:
                assert answer.status == 303, (who, verb)
            elif who in SEES:
                assert answer.status == 403, (who, verb)
            else:
                assert refusal(answer) == refusal(missing), (who, verb)
            if who not in allowed:
                assert Ticket.select().where(Ticket.id == scene.ticket).dicts().get() == before
    said = [row.body for row in Message.select().where(Message.ticket_id == scene.ticket, Message.kind == "portal")]
    assert sorted(said) == [f"from {who}" for who in sorted(SEES)]


def owner_of(browser: Browser, portal: Portal) -> str:
    return str(browser.get("/account/password").form("/account/password").fields["username"])


EXTRA = {
    "status": "closed", "owner": "1", "company_id": "1", "is_agent": "1", "internal": "1", "user_id": "1",
    "created_at": "2001-01-01", "email_verified": "1", "kind": "note", "direction": "internal", "contact_id": "1",
    "author_address": "ann@example.org", "priority": "1", "department_id": "99", "proven": "1", "billed": "1",
    "portal_access": "1", "main_contact": "1", "admin": "1", "requester_address": "root@example.org",
}  # fmt: skip


def test_fields_that_no_form_has_change_nothing(portal: Portal) -> None:
    rows = []
    for more in ({}, EXTRA):
        address = portal.customer()
        browser = portal.signed_in(address)
        browser.get("/new")
        browser.submit("/new", {"subject": "Hello", "body": "Please help."} | more)
        number = Ticket.select().where(Ticket.requester_address == address).get().id
        browser.get(f"/tickets/{number}")
        browser.submit("/reply", {"body": "One more thing."} | more)
        browser.get("/account/password")
        browser.submit("/account/password", {"new": "quiet brown otter"} | more)
        rows.append(normal_rows(address, number))
    assert rows[0] == rows[1]


def normal_rows(address: str, number: int) -> object:
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    own = {"id", "ticket_id", "contact_id", "requester_address", "author_address", "author_name", "name"}
    varying = {"last_customer_message_id", "password_hash"}

    def plain(table: type, key: object) -> list[dict[str, object]]:
        found = []
        for row in table.select().where(key).dicts():
            found.append({k: v for k, v in row.items() if k not in own | varying and not k.endswith(("_at", "_since"))})
        return found

    return [
        plain(Ticket, Ticket.id == number),
        plain(Message, Message.ticket_id == number),
        plain(Contact, Contact.id == contact),
        plain(Participant, Participant.ticket_id == number),
    ]
