"""What a new request from the portal may set, and what becomes of one that was not needed (POR-3, security 26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import portal_drafts, portal_requests, sessions, setup
from helpdeskctl.operations.portal_drafts import Form, NewFile
from helpdeskctl.operations.portal_requests import Guest, NewRequest
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import access, portal_fields, portal_forms
from helpdeskctl.queries.portal_forms import Subject
from helpdeskctl.store.tables import Event, FieldValue, Message, PortalDraft, Ticket, Upload
from tests.builders import Builder
from tests.clock import SteppedClock

FORM = Form("1" * 32, "/new", None, "203.0.113.9")


@dataclass(frozen=True)
class Scene:
    desk: Desk
    alice: int
    about: Subject

    def send(self, **more: object) -> Ticket:
        actor = access.contact_actor(self.desk, self.alice)
        new = NewRequest(self.about, "Broken chair", "It broke.", **more)  # type: ignore[arg-type]
        sent = portal_requests.open_request(self.desk, actor, Form("2" * 32, "/new", self.alice, "203.0.113.9"), new)
        ticket: Ticket = Ticket.get(Ticket.id == sent.number)
        return ticket

    def values(self, number: int) -> dict[str, str]:
        return {told.name: told.value for told in portal_fields.told(self.desk, number, "de")}


@pytest.fixture
def scene(desk: Desk, build: Builder) -> Scene:
    setup.edit(desk, SYSTEM, "department", "support", {"public": True})
    alice = build.contact("alice@acme.example", portal_access=True)
    fields = {
        "room": {"type": "text", "portal": "edit", "name": "Room", "names": {"de": "Raum"}},
        "legs": {"type": "number", "portal": "edit", "name": "Legs left"},
        "bought": {"type": "date", "portal": "edit", "name": "Bought on"},
        "sort": {"type": "choice", "portal": "edit", "name": "Sort", "choices": ["Chair", "Stool"]},
        "cost": {"type": "number", "portal": "show", "name": "Cost"},
        "secret": {"type": "text", "portal": "hide", "name": "Secret"},
        "other": {"type": "text", "portal": "edit", "name": "Other"},
    }
    for key, values in fields.items():
        setup.create(desk, SYSTEM, "field", key, {"on": "ticket", **values})
    setup.create(desk, SYSTEM, "field", "vip", {"on": "contact", "type": "text", "portal": "edit"})
    asked = [key for key in fields if key != "other"]
    setup.create(
        desk, SYSTEM, "topic", "furniture",
        {"name": "Furniture", "department": "support", "fields": asked, "priority": "low"},
    )  # fmt: skip
    (about,) = portal_forms.subjects(desk, "en", guest=False)
    return Scene(desk, alice, about)


def test_a_topic_asks_for_what_customers_may_fill_in_and_for_nothing_else(scene: Scene) -> None:
    asked = portal_fields.asked(scene.desk, scene.about.topic_id, "de")
    assert [(each.key, each.name) for each in asked] == [
        ("room", "Raum"), ("legs", "Legs left"), ("bought", "Bought on"), ("sort", "Sort"),
    ]  # fmt: skip
    assert scene.about.asks and scene.about.words == ("furniture", "support")


def test_what_was_filled_in_is_kept_in_its_form_with_an_event_each(scene: Scene) -> None:
    ticket = scene.send(fields={"room": "B 12", "legs": "3.0", "bought": "2026-05-03", "sort": "stool"})
    values = {"Raum": "B 12", "Legs left": "3", "Bought on": "2026-05-03", "Sort": "Stool"}
    assert scene.values(ticket.id) == values
    written = Event.select().where(Event.ticket_id == ticket.id, Event.verb == "field")
    assert [(row.actor_kind, row.data["field"]) for row in written.order_by(Event.id)] == [
        ("contact", "room"), ("contact", "legs"), ("contact", "bought"), ("contact", "sort"),
    ]  # fmt: skip


def test_a_field_that_the_form_does_not_ask_for_is_refused_and_nothing_opens(scene: Scene) -> None:
    guest = Guest("gus@guest.example")
    for key in ("cost", "secret", "other", "vip", "nothing"):
        with pytest.raises(InvalidInput):
            scene.send(fields={key: "5"})
        with pytest.raises(InvalidInput):
            portal_requests.guest_request(scene.desk, guest, FORM, NewRequest(scene.about, "S", "B", {key: "5"}))
    assert not Ticket.select().exists() and not FieldValue.select().exists()


def test_a_value_that_a_field_does_not_take_opens_nothing(scene: Scene) -> None:
    unfit = [("legs", "three"), ("legs", "nan"), ("legs", "1e999"), ("bought", "soon"), ("sort", "Sofa")]
    for key, value in unfit:
        with pytest.raises(InvalidInput):
            scene.send(fields={key: value})
    assert not Ticket.select().exists() and not Message.select().exists()


def test_customers_read_what_is_shown_or_theirs_and_never_what_is_hidden(scene: Scene) -> None:
    number = scene.send().id
    for key in ("cost", "secret", "room"):
        FieldValue.insert(field_id=setup_id(scene.desk, key), ticket_id=number, value="7").execute()
    assert scene.values(number) == {"Raum": "7", "Cost": "7"}


def setup_shows(desk: Desk) -> object:
    from helpdeskctl.queries import setup as set_up

    return set_up.one(desk, "department", "support").values["answer_within"]


def setup_id(desk: Desk, key: str) -> int:
    from helpdeskctl.queries import setup as set_up

    return set_up.known(desk, "field", key)


def test_the_usual_priority_is_the_topics_and_another_one_the_customers(scene: Scene) -> None:
    assert scene.send().priority == Priority.LOW
    PortalDraft.delete().execute()
    assert scene.send(priority=Priority.HIGH).priority == Priority.HIGH


def test_the_outcome_names_what_the_department_promises_and_whether_a_mail_went_out(scene: Scene) -> None:
    nonce = "2" * 32
    assert portal_forms.outcome(scene.desk, nonce) is None
    number = scene.send().id
    assert portal_forms.outcome(scene.desk, nonce) == portal_forms.Outcome(number, mailed=True, promised=None)
    for period in ("soon", "10s", "0d", "-4h"):
        with pytest.raises(InvalidInput):
            setup.edit(scene.desk, SYSTEM, "department", "support", {"answer_within": period})
    setup.edit(scene.desk, SYSTEM, "department", "support", {"answer_within": "26h", "receipt": False})
    PortalDraft.delete().execute()
    number = scene.send().id
    assert portal_forms.outcome(scene.desk, nonce) == portal_forms.Outcome(number, False, timedelta(hours=26))
    assert setup_shows(scene.desk) == "1d 2h"


def test_what_is_thrown_away_leaves_neither_text_nor_files(scene: Scene, clock: SteppedClock) -> None:
    portal_drafts.keep(scene.desk, FORM, {"body": "not needed"})
    portal_drafts.put(scene.desk, FORM, [NewFile("a.txt", "text/plain", b"a")], trusted=False)
    other = Form("3" * 32, "/new", None, FORM.peer)
    portal_drafts.put(scene.desk, other, [NewFile("b.txt", "text/plain", b"b")], trusted=False)
    portal_drafts.throw_away(scene.desk, FORM)
    assert portal_forms.basket(scene.desk, FORM.nonce) == ()
    assert portal_forms.guests_draft(scene.desk, FORM.nonce, "/new") is None
    clock.advance(3600)
    sessions.clean(scene.desk)
    assert [row.filename for row in Upload.select()] == ["b.txt"]


def test_guests_of_a_network_leave_25_megabytes_an_hour_and_another_network_is_not_held_back(
    scene: Scene, clock: SteppedClock
) -> None:
    file = NewFile("big.bin", "application/octet-stream", bytes(12 * 1024**2))
    forms = [Form(f"{n:032x}", "/new", None, f"2001:db8::{n}") for n in range(1, 4)]
    for form in forms[:2]:
        assert portal_drafts.put(scene.desk, form, [file], trusted=False) == ()
    with pytest.raises(TooMany):
        portal_drafts.put(scene.desk, forms[2], [file], trusted=False)
    elsewhere = Form("9" * 32, "/new", None, "2001:db8:0:1::1")
    assert portal_drafts.put(scene.desk, elsewhere, [file], trusted=False) == ()
    clock.advance(3600 + 360)
    assert portal_drafts.put(scene.desk, forms[2], [file], trusted=False) == ()
