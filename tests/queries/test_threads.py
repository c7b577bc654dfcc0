"""One ticket: its thread and what stands around it, for agents and for customers."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound
from helpdeskctl.operations import access as operations_access
from helpdeskctl.operations import ticket_people
from helpdeskctl.queries import history, threads
from helpdeskctl.queries.access import contact_actor
from helpdeskctl.store.tables import Event, Field, FieldValue, Link, Message, OutgoingMail, OutgoingRecipient, TimeEntry
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.queries.counting import counted


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    return builder


def test_a_thread_stands_in_order_of_arrival_whatever_the_clocks_say(
    desk: Desk, build: Builder, clock: SteppedClock
) -> None:
    number = build.ticket(body="first")
    clock.advance(-86400)
    build.message(number, "second")
    clock.advance(5)
    build.note(number, "third", agent="ada@example.org")
    shown = threads.show(desk, build.actor("ada@example.org"), number)
    assert [message.text for message in shown.messages] == ["first", "second", "third"]
    assert [message.author_kind for message in shown.messages] == ["contact", "contact", "agent"]
    assert shown.last_message_id == shown.messages[-1].id
    newest = threads.show(desk, build.actor("ada@example.org"), number, newest=2)
    assert [message.text for message in newest.messages] == ["second", "third"]


def test_folded_lines_are_left_out_of_what_is_visible_and_stay_in_the_text(desk: Desk, build: Builder) -> None:
    number = build.ticket(body="Answer\n\n> quoted\n> more\n-- \nAlice")
    Message.update(folds=[["quote", 2, 3], ["signature", 4, 5]]).execute()
    (message,) = threads.show(desk, build.actor("ada@example.org"), number).messages
    assert message.visible == "Answer"
    assert message.text.endswith("Alice")


def test_what_stands_around_a_ticket(desk: Desk, build: Builder) -> None:
    number, other, hidden = build.ticket(), build.ticket("Other"), build.ticket("Secret", department="secret")
    build.participant(number, "bob@acme.example", may_view=True)
    build.participant(number, "cc@acme.example", state="suggested")
    build.participant(number, "gone@acme.example", state="removed")
    build.tag(number, "vip")
    field = Field.insert(key="room", on_kind="ticket", type="text", names={}).execute()
    FieldValue.insert(field_id=field, ticket_id=number, value="3.12").execute()
    Link.insert(ticket_id=number, other_id=other, kind="related").execute()
    Link.insert(ticket_id=hidden, other_id=number, kind="may_belong", message_id=7).execute()
    for seconds in (60, 90):
        TimeEntry.insert(
            ticket_id=number, agent_id=build.agent("ada@example.org"), seconds=seconds, at=desk.now()
        ).execute()
    build.agent("ben@example.org", support="agent")
    ticket_people.present(desk, build.actor("ben@example.org"), number, "writing")
    ada = build.actor("ada@example.org")
    ticket_people.present(desk, ada, number, "viewing")
    shown = threads.show(desk, ada, number)
    assert [(p.address, p.state, p.may_view) for p in shown.people] == [
        ("bob@acme.example", "active", True),
        ("cc@acme.example", "suggested", False),
    ]
    assert (shown.tags, dict(shown.fields), shown.booked_seconds) == (("vip",), {"room": "3.12"}, 150)
    assert [(link.number, link.kind, link.subject) for link in shown.links] == [(other, "related", "Other")]
    assert [(p.address, p.mode) for p in shown.present] == [("ben@example.org", "writing")]
    assert shown.why == "an agent may see"


def canary(desk: Desk, build: Builder) -> int:
    """A ticket with a secret in everything that is not for customers."""
    number = build.ticket(body="public", requester="alice@acme.example")
    note = build.note(number, "canary note", agent="ada@example.org")
    build.attachment(note, "canary.txt")
    build.message(number, "canary bounce", automatic=True)
    reply = build.message(number, "our answer", agent="ada@example.org")
    mail = OutgoingMail.insert(
        ticket_id=number, message_id=reply, event="reply", mail_id="<x@example.org>", content={}, state="sent",
        not_before=desk.now(), created_at=desk.now(),
    ).execute()  # fmt: skip
    OutgoingRecipient.insert(outgoing_id=mail, address="canary-bcc@example.org", field="bcc", state="sent").execute()
    build.tag(number, "canary")
    field = Field.insert(key="canary", on_kind="ticket", type="text", names={}).execute()
    FieldValue.insert(field_id=field, ticket_id=number, value="canary").execute()
    Link.insert(ticket_id=number, other_id=build.ticket("canary"), kind="related").execute()
    build.participant(number, "canary-cc@acme.example", state="suggested")
    Event.insert(at=desk.now(), ticket_id=number, verb="noted", actor_kind="agent", data={"x": "canary"}).execute()
    return number


def test_no_customer_reads_notes_bcc_tags_or_what_else_is_internal(desk: Desk, build: Builder) -> None:
    number = canary(desk, build)
    alice = contact_actor(desk, build.contact("alice@acme.example"))
    shown = threads.show(desk, alice, number)
    assert [message.text for message in shown.messages] == ["public", "our answer"]
    assert "canary" not in repr(shown)
    assert "canary" in repr(threads.show(desk, build.actor("ada@example.org"), number))
    with pytest.raises(NotFound):
        history.of_ticket(desk, alice, number)


def test_what_arrived_since_a_message_is_told_each_reader_as_far_as_it_is_for_them(desk: Desk, build: Builder) -> None:
    number = canary(desk, build)
    first = Message.select().order_by(Message.id).get().id
    alice, ada = contact_actor(desk, build.contact("alice@acme.example")), build.actor("ada@example.org")
    assert [m.text for m in threads.newer_than(desk, alice, number, first)] == ["our answer"]
    assert [m.text for m in threads.newer_than(desk, ada, number, first)] == [
        "canary note",
        "canary bounce",
        "our answer",
    ]
    assert threads.newer_than(desk, ada, number, 10**6) == ()


def test_a_long_thread_asks_no_more_than_a_short_one(desk: Desk, build: Builder) -> None:
    short, long = canary(desk, build), build.ticket()
    for n in range(40):
        build.attachment(build.message(long, f"message {n}"))
        build.participant(long, f"p{n}@acme.example")
    actor = build.actor("ada@example.org")
    asked = []
    for number in (short, long):
        with counted(desk) as statements:
            threads.show(desk, actor, number)
        asked.append(len(statements))
    assert asked[0] >= asked[1]
    assert asked[1] <= 20


def test_looking_into_a_foreign_personal_department_is_written_down_and_into_ones_own_is_not(
    desk: Desk, build: Builder
) -> None:
    build.agent("root@example.org", admin=True)
    build.personal("root@example.org")
    build.personal("ben@example.org")
    own = build.ticket(department="agent:root@example.org")
    foreign = build.ticket(department="agent:ben@example.org")
    common = build.ticket()
    root = build.actor("root@example.org", reason="he is ill")
    assert [operations_access.opened(desk, root, number) for number in (own, foreign, common)] == [False, True, False]
    with pytest.raises(NotFound) as unseen:
        operations_access.opened(desk, build.actor("root@example.org"), foreign)
    assert unseen.value.hint == "an admin opens a personal department with --reason TEXT"
    with pytest.raises(NotFound) as absent:
        threads.show(desk, build.actor("ada@example.org"), foreign)
    assert absent.value.hint == "helpdeskctl ticket list"
