"""People who act for others (CON-6): named, taken back, and what they may and may not."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted
from helpdeskctl.operations import delegates, portal_requests, sessions, tickets
from helpdeskctl.operations.portal_drafts import Form
from helpdeskctl.operations.portal_requests import NewRequest
from helpdeskctl.queries import delegates as named
from helpdeskctl.queries import portal, portal_forms, setup
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.store.tables import (
    Contact,
    ContactAddress,
    Delegate,
    Department,
    Event,
    Message,
    PortalSession,
    Ticket,
)
from tests.builders import Builder

ALICE, BOB = "alice@acme.example", "bob@beta.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    """alice and bob, who may sign in; the department support that everybody may write to."""
    build = Builder(desk)
    build.department("support", public=True)
    build.agent("ada@example.org", support="agent")
    build.contact(ALICE, portal_access=True, language="de")
    build.contact(BOB, portal_access=True)
    return build


def actor_of(desk: Desk, address: str) -> Actor:
    return visitor(desk, address).actor


def visitor(desk: Desk, address: str) -> Visitor:
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    found = portal.visitor(desk, sessions.open_session(desk, contact, sessions.Browser()))
    assert found is not None
    return found


def acting(desk: Desk, delegate: str, person: str) -> tuple[Visitor, str]:
    """The delegate's session once it acts for the person, and its secret."""
    switched = delegates.switch(desk, visitor(desk, delegate), person)
    found = portal.visitor(desk, switched.secret)
    assert found is not None
    return found, switched.secret


def test_a_delegate_acts_under_a_new_secret_and_the_old_one_is_dead(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB.upper())
    contact = build.contact(BOB)
    old = sessions.open_session(desk, contact, sessions.Browser(remember=True))
    before = portal.visitor(desk, old)
    assert before is not None and before.actor.acting_for is None
    switched = delegates.switch(desk, before, ALICE)
    assert switched.remember and portal.visitor(desk, old) is None
    after = portal.visitor(desk, switched.secret)
    assert after is not None and after.actor.id == contact and after.actor.person.label == ALICE
    back = portal.visitor(desk, delegates.switch(desk, after, None).secret)
    assert back is not None and back.actor.acting_for is None


def test_nobody_acts_for_who_has_not_named_them(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    for who, person in ((ALICE, BOB), (BOB, "carl@acme.example"), (BOB, BOB)):
        with pytest.raises(NotFound):
            delegates.switch(desk, visitor(desk, who), person)


def test_who_acts_for_somebody_does_not_act_for_whom_they_act(desk: Desk, build: Builder) -> None:
    build.contact("carl@acme.example", portal_access=True)
    delegates.name(desk, actor_of(desk, "carl@acme.example"), ALICE)
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    who, _ = acting(desk, BOB, ALICE)
    with pytest.raises(NotFound):
        delegates.switch(desk, who, "carl@acme.example")


def test_an_address_that_nobody_proved_lets_its_contact_not_act(desk: Desk, build: Builder) -> None:
    eve = build.contact("eve@evil.example", portal_access=True)
    ContactAddress.insert(address="boss@acme.example", contact_id=eve).execute()
    delegates.name(desk, actor_of(desk, ALICE), "boss@acme.example")
    assert named.addresses(build.contact(ALICE)) == ("boss@acme.example",)
    with pytest.raises(NotFound):
        delegates.switch(desk, visitor(desk, "eve@evil.example"), ALICE)
    ContactAddress.update(confirmed_at=desk.now()).where(ContactAddress.address == "boss@acme.example").execute()
    acting(desk, "eve@evil.example", ALICE)


@pytest.mark.parametrize(
    "end", ["taken back", "declined", "taken back by an agent", "closed to the person", "over", "gone"]
)
def test_acting_ends_with_the_right_to_it_and_does_not_go_on_in_the_own_name(
    desk: Desk, build: Builder, end: str
) -> None:
    alice = actor_of(desk, ALICE)
    delegates.name(desk, alice, BOB)
    _, secret = acting(desk, BOB, ALICE)
    own = sessions.open_session(desk, build.contact(BOB), sessions.Browser())
    if end == "taken back":
        delegates.take_back(desk, alice, BOB)
    elif end == "declined":
        delegates.decline(desk, actor_of(desk, BOB), ALICE)
    elif end == "taken back by an agent":
        delegates.change(desk, build.actor("ada@example.org"), ALICE, BOB, remove=True)
    elif end == "gone":
        Delegate.delete().execute()
    else:
        gone = {"portal_access": False} if end == "closed to the person" else {"portal_until": "2001-01-01"}
        Contact.update(**gone).where(Contact.id == alice.id).execute()
    assert portal.visitor(desk, secret) is None
    assert portal.visitor(desk, own) is not None
    assert portal.people_to_act_for(desk, build.contact(BOB)) == ()


def test_an_unknown_address_is_taken_like_a_known_one_and_sees_nothing(desk: Desk, build: Builder) -> None:
    alice = actor_of(desk, ALICE)
    for address in (BOB, "nobody@nowhere.example"):
        delegates.name(desk, alice, address)
    assert named.addresses(alice.id or 0) == (BOB, "nobody@nowhere.example")
    new = Contact.get(Contact.id == build.contact("nobody@nowhere.example"))
    assert not new.portal_access and new.password_hash is None


def test_two_addresses_of_one_person_are_shown_and_taken_back_one_by_one(desk: Desk, build: Builder) -> None:
    alice = actor_of(desk, ALICE)
    ContactAddress.insert(address="b@private.example", contact_id=build.contact(BOB)).execute()
    for address in ("b@private.example", BOB, BOB):
        delegates.name(desk, alice, address)
    assert named.addresses(alice.id or 0) == ("b@private.example", BOB)
    delegates.take_back(desk, alice, "b@private.example")
    assert named.addresses(alice.id or 0) == (BOB,)
    delegates.take_back(desk, alice, BOB)
    assert not Delegate.select().exists()


@pytest.mark.parametrize(
    ("address", "why"), [("nonsense", "address"), (ALICE, "own"), ("support@example.org", "own"), ("", "address")]
)
def test_what_cannot_be_named_is_refused(desk: Desk, build: Builder, address: str, why: str) -> None:
    build.mailbox()
    with pytest.raises(InvalidInput, match=f"^{why}$"):
        delegates.name(desk, actor_of(desk, ALICE), address)
    assert not Delegate.select().exists()


def test_only_so_many_can_be_named(desk: Desk, build: Builder) -> None:
    alice = actor_of(desk, ALICE)
    for n in range(delegates.MOST):
        delegates.name(desk, alice, f"d{n}@beta.example")
    with pytest.raises(InvalidInput, match=r"^many$"):
        delegates.name(desk, alice, BOB)


def test_agents_name_delegates_and_read_them_on_both_sides(desk: Desk, build: Builder) -> None:
    ada = build.actor("ada@example.org")
    assert delegates.change(desk, ada, ALICE, BOB).action == "updated"
    assert delegates.change(desk, ada, ALICE, BOB).action == "unchanged"
    assert setup.one(desk, "contact", ALICE).values["delegates"] == [BOB]
    assert setup.one(desk, "contact", BOB).values["acts_for"] == [ALICE]
    assert delegates.change(desk, ada, ALICE, BOB, remove=True).action == "updated"
    assert delegates.change(desk, ada, ALICE, BOB, remove=True).action == "unchanged"
    verbs = [row.verb for row in Event.select().where(Event.object_key == ALICE).order_by(Event.id)]
    assert verbs[-2:] == ["delegate_added", "delegate_removed"]


def test_customers_cannot_name_delegates_of_others(desk: Desk, build: Builder) -> None:
    with pytest.raises(NotPermitted):
        delegates.change(desk, actor_of(desk, BOB), ALICE, BOB)
    with pytest.raises(InvalidInput):
        delegates.change(desk, SYSTEM, ALICE, ALICE)


def request_by(desk: Desk, who: Actor, nonce: str = "1" * 32) -> int:
    about = portal_forms.subjects(desk, "en", guest=False)[0]
    form = Form(nonce, "/new", who.id, "203.0.113.9")
    return portal_requests.open_request(desk, who, form, NewRequest(about, "Printer", "It smokes.")).number


def test_a_delegates_request_is_the_persons_and_its_text_names_both(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    who, _ = acting(desk, BOB, ALICE)
    ticket = Ticket.get(Ticket.id == request_by(desk, who.actor))
    assert (ticket.contact_id, ticket.requester_address, ticket.proven) == (build.contact(ALICE), ALICE, True)
    message = Message.get(Message.ticket_id == ticket.id)
    assert (message.contact_id, message.author_address) == (build.contact(BOB), BOB)
    assert message.author_name == "Bob für Alice"
    event = Event.get(Event.ticket_id == ticket.id, Event.verb == "created")
    assert (event.actor_label, event.data["for"]) == (BOB, ALICE)


def test_an_answer_to_what_is_closed_for_good_opens_a_request_of_the_person(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    who, _ = acting(desk, BOB, ALICE)
    number = build.ticket(requester=ALICE, status="closed")
    Department.update(reopen="never").execute()
    form = Form("2" * 32, f"/tickets/{number}/reply", who.contact_id, "203.0.113.9")
    sent = portal_requests.reply(desk, who.actor, number, form, body="Still broken.", seen=10**9)
    assert sent.number != number
    follow_up = Ticket.get(Ticket.id == sent.number)
    assert (follow_up.contact_id, follow_up.requester_address) == (build.contact(ALICE), ALICE)


def test_closing_is_told_with_both_names(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    who, _ = acting(desk, BOB, ALICE)
    number = build.ticket(requester=ALICE)
    tickets.close(desk, who.actor, number)
    event = Event.select().where(Event.ticket_id == number).order_by(Event.id.desc()).get()
    assert (event.actor_kind, event.actor_label, event.data["for"]) == ("contact", BOB, ALICE)


def test_the_sessions_of_a_delegate_are_his_own(desk: Desk, build: Builder) -> None:
    delegates.name(desk, actor_of(desk, ALICE), BOB)
    acting(desk, BOB, ALICE)
    sessions.end_all(desk, build.contact(ALICE))
    assert PortalSession.select().where(PortalSession.contact_id == build.contact(BOB)).count() == 1
