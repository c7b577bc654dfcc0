"""The customer's own data as one JSON text: all that their pages show, and nothing that these would hide (CON-4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import delegates, sessions, setup
from helpdeskctl.queries import own_data, portal, portal_thread
from helpdeskctl.store.tables import Attachment, Contact, Message
from tests.builders import Builder

ALICE, BOB = "alice@acme.example", "bob@acme.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    """alice, main contact of acme, of whom agents know more than she may; bob of the same company."""
    build = Builder(desk)
    build.agent("ada@example.org", support="agent")
    for address in (ALICE, BOB):
        build.contact(address, company="acme", portal_access=True)
    alice = build.contact(ALICE)
    Contact.update(main_contact=True, notes="canary of agents").where(Contact.id == alice).execute()
    for key, portal_ in (("room", "show"), ("rank", "hide")):
        setup.create(desk, SYSTEM, "field", key, {"on": "contact", "type": "text", "portal": portal_})
    setup.edit(desk, SYSTEM, "contact", ALICE, {"fields": {"room": "815", "rank": "canary of rank"}})
    return build


def data_of(desk: Desk, build: Builder, address: str = ALICE) -> dict[str, Any]:
    secret = sessions.open_session(desk, build.contact(address), sessions.Browser(name="Firefox"))
    visitor = portal.visitor(desk, secret)
    assert visitor is not None
    text = "".join(own_data.pieces(desk, visitor.actor, visitor.session))
    assert visitor.session not in text and secret not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_it_holds_the_contact_the_requests_and_what_was_said(desk: Desk, build: Builder) -> None:
    number = build.ticket("Printer", requester=ALICE, body="It is smoking.")
    build.message(number, "Unplug it.", agent="ada@example.org")
    build.attachment(Message.get(Message.body == "It is smoking.").id, "photo.jpg", b"bytes")
    delegates.change(desk, SYSTEM, ALICE, BOB)
    found = data_of(desk, build)
    assert (found["contact"]["email"], found["contact"]["fields"]) == (ALICE, {"room": "815"})
    assert (found["delegates"], found["sessions"][0]["browser"]) == ([BOB], "Firefox")
    (request,) = found["requests"]
    assert (request["number"], request["subject"]) == (number, "Printer")
    assert [each["text"] for each in request["messages"]] == ["Unplug it.", "It is smoking."]
    attachment = Attachment.get().id
    assert request["messages"][1]["files"] == [
        {"filename": "photo.jpg", "size": 5, "address": f"/files/{attachment}/photo.jpg"}
    ]


def test_what_agents_keep_to_themselves_is_not_in_it(desk: Desk, build: Builder) -> None:
    number = build.ticket(requester=ALICE)
    build.note(number, "canary of a note", agent="ada@example.org")
    build.message(number, "Hello", agent="ada@example.org", recipients={"to": [ALICE], "bcc": ["canary@example.org"]})
    build.status("parked", hidden=True)
    build.ticket("canary hidden", requester=ALICE, status="parked")
    build.ticket("canary spam", requester=ALICE, spam=True)
    build.ticket("canary unproven", requester=ALICE, proven=False)
    found = data_of(desk, build)
    assert len(found["requests"]) == 1
    assert "canary" not in json.dumps(found)


def test_what_others_of_the_company_asked_is_theirs(desk: Desk, build: Builder) -> None:
    build.ticket("Of Bob", requester=BOB, company="acme")
    delegates.change(desk, SYSTEM, BOB, ALICE)
    found = data_of(desk, build)
    assert (found["requests"], found["acts_for"]) == ([], [BOB])


def test_long_threads_and_many_requests_are_whole(desk: Desk, build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_thread, "AT_ONCE", 2)
    monkeypatch.setattr(own_data, "PAGE", 2)
    numbers = [build.ticket(requester=ALICE, body="1") for _ in range(5)]
    for n in range(2, 6):
        build.message(numbers[0], str(n))
    found = data_of(desk, build)
    assert [each["number"] for each in found["requests"]] == numbers
    assert [each["text"] for each in found["requests"][0]["messages"]] == ["5", "4", "3", "2", "1"]
