"""The ticket's life as verbs: what each changes, writes into the history, and refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput, NewerMessages, NotFound, NotPermitted, Refused
from helpdeskctl.operations import (
    contacts,
    messages,
    ticket_fields,
    ticket_merge,
    ticket_people,
    ticket_removal,
    tickets,
)
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.operations.tickets import NewTicket
from helpdeskctl.queries import access
from helpdeskctl.store.tables import (
    ContactAddress,
    Department,
    Event,
    Link,
    Message,
    Participant,
    ReadMark,
    Status,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock


@pytest.fixture
def build(desk: Desk) -> Builder:
    """Makes things on the desk; there is a department support with the agent ann in it."""
    builder = Builder(desk)
    builder.agent("ann@example.org", support="agent")
    return builder


@pytest.fixture
def ann(desk: Desk, build: Builder) -> Actor:
    """An agent of support."""
    return access.agent_actor(desk, "ann@example.org")


def mail(body: str = "it burns", **more: object) -> NewMessage:
    """A customer's mail."""
    return NewMessage(kind="mail", direction="in", body=body, **more)  # type: ignore[arg-type]  # a test's shorthand


def open_one(desk: Desk, address: str = "alice@acme.example", *, department: str = "support", **more: object) -> int:
    """A ticket as it opens from a customer's mail; returns its number."""
    contact = contacts.known_or_new(desk, address)
    new = NewTicket(
        subject="Printer on fire",
        department_id=Department.get(Department.key == department).id,
        contact_id=contact,
        requester_address=address,
        origin="mail",
        **more,  # type: ignore[arg-type]  # a test's shorthand
    )
    return tickets.open_ticket(desk, SYSTEM, new, mail(contact_id=contact, author_address=address)).number


def row(number: int) -> Ticket:
    """The ticket as stored."""
    ticket: Ticket = Ticket.get(Ticket.id == number)
    return ticket


def kind(number: int) -> str:
    """The kind of the ticket's status."""
    return str(Status.get(Status.id == row(number).status_id).kind)


def verbs(number: int) -> list[str]:
    """The ticket's history, verbs only."""
    return [e.verb for e in Event.select().where(Event.ticket_id == number).order_by(Event.id)]


def test_a_customers_mail_opens_a_new_ticket_that_waits(desk: Desk, build: Builder) -> None:
    number = open_one(desk)
    assert number == 1001
    assert kind(number) == "new"
    assert row(number).waiting_since == desk.now()
    assert verbs(number) == [Verb.CREATED]


def test_what_a_ticket_is_not_told_comes_from_its_department(desk: Desk, build: Builder) -> None:
    Department.update(priority=4, assignee_id=build.agent("ann@example.org"), language="de").execute()
    ticket = row(open_one(desk))
    assert (ticket.priority, ticket.assignee_id, ticket.language) == (4, build.agent("ann@example.org"), "de")


def test_an_archived_department_takes_no_tickets(desk: Desk, build: Builder) -> None:
    Department.update(archived_at=desk.now()).execute()
    with pytest.raises(Refused, match="archived"):
        open_one(desk)
    assert Ticket.select().count() == 0


def test_an_archive_ticket_keeps_its_time_and_waits_for_nobody(desk: Desk, build: Builder) -> None:
    long_ago = desk.now() - timedelta(days=900)
    ticket = row(open_one(desk, archive=True, created_at=long_ago, status="closed"))
    assert ticket.created_at == ticket.message_at == long_ago
    assert ticket.waiting_since is None


@pytest.mark.parametrize(
    ("before", "after"), [("new", "new"), ("answered", "open"), ("hold", "open"), ("question", "open")]
)
def test_a_customers_next_message_moves_the_status_as_the_table_says(
    desk: Desk, build: Builder, before: str, after: str
) -> None:
    number = open_one(desk, status=before)
    tickets.customer_message(desk, SYSTEM, number, mail("still burning"))
    assert kind(number) == after


def test_a_customers_message_makes_a_read_ticket_unread_and_ends_its_snooze(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    number = open_one(desk)
    ticket_fields.mark_read(desk, ann, number, Message.get().id)
    ticket_fields.snooze(desk, ann, number, desk.now() + timedelta(days=3))
    tickets.customer_message(desk, SYSTEM, number, mail("again"))
    assert ReadMark.select().count() == 0
    assert row(number).snoozed_until is None


def test_automatic_mail_is_filed_and_changes_nothing(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    number = open_one(desk)
    tickets.close(desk, SYSTEM, number)
    clock.advance(60)
    received = tickets.customer_message(desk, SYSTEM, number, mail("I am away", automatic=True))
    assert (received.number, received.reopened) == (number, False)
    assert kind(number) == "closed"
    assert row(number).waiting_since is None


def test_a_closed_ticket_reopens_within_the_departments_days_and_is_followed_up_after(
    desk: Desk, build: Builder, ann: Actor, clock: SteppedClock
) -> None:
    number = open_one(desk)
    tickets.close(desk, ann, number)
    clock.advance(29 * 86400)
    assert tickets.customer_message(desk, SYSTEM, number, mail()).reopened
    tickets.close(desk, ann, number)
    clock.advance(31 * 86400)
    late = tickets.customer_message(desk, SYSTEM, number, mail("new fire", author_address="alice@acme.example"))
    assert late.follows == number
    assert late.number != number
    assert kind(number) == "closed"
    assert Link.get(Link.kind == "follow_up").other_id == number


def test_a_billed_ticket_is_never_touched_by_customers(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    ticket_fields.edit(desk, ann, number, {"billed": True})
    received = tickets.customer_message(desk, SYSTEM, number, mail("one more thing"))
    assert received.follows == number
    assert Message.select().where(Message.ticket_id == number).count() == 1


def test_taking_assigns_and_opens_once(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    assert tickets.take(desk, ann, number).changed == ("assignee", "status")
    assert tickets.take(desk, ann, number).action == "unchanged"
    assert (row(number).assignee_id, kind(number)) == (ann.id, "open")
    assert verbs(number).count(Verb.TAKEN) == 1


def test_only_who_works_in_the_department_can_be_assigned(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    build.agent("reader@example.org", support="reader")
    build.agent("sales@example.org", sales="agent")
    for address in ("reader@example.org", "sales@example.org"):
        with pytest.raises(Refused, match="does not work in support"):
            tickets.assign(desk, ann, number, address)
    build.team("night", "ann@example.org", support="agent")
    assert tickets.assign(desk, ann, number, "team:night").changed == ("team",)
    assert tickets.assign(desk, ann, number, "me").action == "updated"
    assert tickets.assign(desk, ann, number, "nobody").action == "updated"
    assert (row(number).assignee_id, row(number).team_id) == (None, None)


def test_who_may_not_see_a_ticket_is_told_there_is_none(desk: Desk, build: Builder) -> None:
    number = open_one(desk)
    build.agent("sales@example.org", sales="lead")
    stranger = access.agent_actor(desk, "sales@example.org")
    with pytest.raises(NotFound) as hidden:
        tickets.close(desk, stranger, number)
    with pytest.raises(NotFound) as missing:
        tickets.close(desk, stranger, number + 1)
    assert hidden.value.message.replace(str(number), "N") == missing.value.message.replace(str(number + 1), "N")


def test_a_reader_sees_and_changes_nothing(desk: Desk, build: Builder) -> None:
    number = open_one(desk)
    build.agent("reader@example.org", support="reader")
    reader = access.agent_actor(desk, "reader@example.org")
    for verb in (tickets.take, tickets.close, tickets.reopen, ticket_removal.spam):
        with pytest.raises(NotPermitted):
            verb(desk, reader, number)
    assert kind(number) == "new"


def test_a_change_is_held_back_when_its_author_has_not_seen_the_newest_message(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    number = open_one(desk)
    seen = Message.get().id
    tickets.customer_message(desk, SYSTEM, number, mail("wait, it is smoking too"))
    with pytest.raises(NewerMessages) as held:
        tickets.close(desk, ann, number, if_last=seen)
    assert len(held.value.newer) == 1
    assert kind(number) == "new"
    newest = Message.select().order_by(Message.id.desc()).get().id
    assert tickets.close(desk, ann, number, if_last=newest).action == "updated"


def test_a_snoozed_ticket_wakes_open_and_unread_when_it_is_due(
    desk: Desk, build: Builder, ann: Actor, clock: SteppedClock
) -> None:
    number = open_one(desk, status="hold")
    ticket_fields.mark_read(desk, ann, number, Message.get().id)
    ticket_fields.snooze(desk, ann, number, desk.now() + timedelta(hours=1))
    assert ticket_fields.wake_due(desk) == 0
    clock.advance(3601)
    assert ticket_fields.wake_due(desk) == 1
    assert (kind(number), row(number).snoozed_until, ReadMark.select().count()) == ("open", None, 0)


def test_snoozing_into_the_past_is_refused(desk: Desk, build: Builder, ann: Actor) -> None:
    with pytest.raises(InvalidInput):
        ticket_fields.snooze(desk, ann, open_one(desk), desk.now())


def test_moving_drops_an_assignee_who_has_no_role_there(desk: Desk, build: Builder, ann: Actor) -> None:
    build.department("sales")
    number = open_one(desk)
    tickets.take(desk, ann, number)
    assert ticket_fields.move(desk, ann, number, "sales").changed == ("department", "assignee")
    with pytest.raises(NotFound):
        tickets.close(desk, ann, number)


def test_somebody_elses_personal_department_asks_first_and_an_inactive_agents_is_refused(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    from helpdeskctl.store.tables import Agent

    number = open_one(desk)
    build.agent("ben@example.org")
    with pytest.raises(Refused, match="no longer be able to open") as asks:
        ticket_fields.move(desk, ann, number, "agent:ben@example.org")
    assert asks.value.hint and "--yes" in asks.value.hint
    Agent.update(active=False).where(Agent.address == "ben@example.org").execute()
    with pytest.raises(Refused, match="inactive"):
        ticket_fields.move(desk, ann, number, "agent:ben@example.org", sure=True)
    Agent.update(active=True).execute()
    ticket_fields.move(desk, ann, number, "agent:ben@example.org", sure=True)
    with pytest.raises(NotFound):
        tickets.close(desk, ann, number)
    assert tickets.close(desk, access.agent_actor(desk, "ben@example.org"), number).action == "updated"


def test_tags_are_made_by_using_them_and_unusable_words_are_refused(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    assert ticket_fields.tag(desk, ann, number, add=["VIP", "vip", "hw"]).changed == ("tags",)
    assert ticket_fields.tag(desk, ann, number, add=["vip"]).action == "unchanged"
    ticket_fields.tag(desk, ann, number, remove=["hw"])
    assert verbs(number).count(Verb.TAGGED) == 2
    assert verbs(number).count(Verb.UNTAGGED) == 1
    for word in ("", "two words", 'a"b', "a,b", "x" * 41):
        with pytest.raises(InvalidInput):
            ticket_fields.tag(desk, ann, number, add=[word])


def test_editing_writes_an_event_for_each_field_that_changed_and_none_for_the_rest(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    number = open_one(desk)
    change = ticket_fields.edit(
        desk, ann, number, {"subject": "Toaster\x00 on fire", "language": None, "billed": False}
    )
    assert change.changed == ("subject",)
    assert row(number).subject == "Toaster on fire"
    with pytest.raises(InvalidInput, match="created_at"):
        ticket_fields.edit(desk, ann, number, {"created_at": "1970"})


def test_merging_and_undoing_it_leaves_both_tickets_as_they_were(desk: Desk, build: Builder, ann: Actor) -> None:
    into, source = open_one(desk), open_one(desk, "bob@acme.example", status="hold")
    before = {n: [m.id for m in Message.select().where(Message.ticket_id == n)] for n in (into, source)}
    ticket_merge.merge(desk, ann, source, into)
    assert kind(source) == "closed"
    assert Message.select().where(Message.ticket_id == into, Message.origin_ticket_id == source).count() == 1
    assert Participant.select().where(Participant.ticket_id == into).count() == 1
    assert tickets.customer_message(desk, SYSTEM, source, mail("to the old number")).number == into
    ticket_merge.unmerge(desk, ann, source)
    after = {n: [m.id for m in Message.select().where(Message.ticket_id == n)] for n in (into, source)}
    assert after[source] == before[source]
    assert after[into][:1] == before[into]
    assert (kind(source), Participant.select().count()) == ("hold", 0)


def test_companies_are_merged_across_by_force_only(desk: Desk, build: Builder, ann: Actor) -> None:
    into, source = open_one(desk), open_one(desk, "eve@beta.example")
    Ticket.update(company_id=build.company("acme")).where(Ticket.id == into).execute()
    Ticket.update(company_id=build.company("beta")).where(Ticket.id == source).execute()
    with pytest.raises(Refused, match="different companies"):
        ticket_merge.merge(desk, ann, source, into)
    assert ticket_merge.merge(desk, ann, source, into, force=True).action == "updated"


def test_add_address_hands_the_address_to_the_survivors_contact_and_unmerge_gives_it_back(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    into, source = open_one(desk), open_one(desk, "alice@home.example")
    owner = ContactAddress.get(ContactAddress.address == "alice@home.example").contact_id
    ticket_merge.merge(desk, ann, source, into, add_address=True)
    assert ContactAddress.get(ContactAddress.address == "alice@home.example").contact_id == row(into).contact_id
    ticket_merge.unmerge(desk, ann, source)
    assert ContactAddress.get(ContactAddress.address == "alice@home.example").contact_id == owner


def test_splitting_moves_messages_into_a_linked_ticket_but_never_all(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    second = tickets.customer_message(desk, SYSTEM, number, mail("and the toaster")).message_id
    first = Message.select().order_by(Message.id).get().id
    with pytest.raises(InvalidInput, match="nothing would be left"):
        ticket_merge.split(desk, ann, number, [first, second])
    made = ticket_merge.split(desk, ann, number, [second], subject="Toaster").id
    assert [m.id for m in Message.select().where(Message.ticket_id == made)] == [second]
    assert Link.get().kind == "split"


def test_people_are_added_once_removed_and_never_our_own_addresses(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    build.mailbox("support@example.org")
    assert ticket_people.add_person(desk, ann, number, "Bob@Acme.example").action == "updated"
    assert ticket_people.add_person(desk, ann, number, "bob@acme.example").action == "unchanged"
    with pytest.raises(InvalidInput, match="this desk"):
        ticket_people.add_person(desk, ann, number, "support@example.org")
    ticket_people.remove_person(desk, ann, number, "bob@acme.example")
    with pytest.raises(NotFound):
        ticket_people.remove_person(desk, ann, number, "bob@acme.example")
    suggested = ticket_people.participate(desk, SYSTEM, number, "bob@acme.example", suggested=True)
    assert suggested.action == "unchanged"  # taken off by a person: not suggested again


def test_a_shared_link_is_kept_as_a_hash_and_can_be_revoked(desk: Desk, build: Builder, ann: Actor) -> None:
    from helpdeskctl.store.tables import PortalToken

    number = open_one(desk)
    secret = ticket_people.share(desk, ann, number)
    assert secret not in str(list(PortalToken.select().dicts()))
    assert ticket_people.unshare(desk, ann, number).changed == ("links",)
    assert PortalToken.select().count() == 0


def test_spam_leaves_quietly_and_can_block_only_by_a_lead(desk: Desk, build: Builder, ann: Actor) -> None:
    number = open_one(desk)
    with pytest.raises(NotPermitted):
        ticket_removal.spam(desk, ann, number, block=True)
    assert not row(number).spam
    assert ticket_removal.spam(desk, ann, number).changed == ("spam",)
    assert ticket_removal.not_spam(desk, ann, number).changed == ("spam",)


def test_deleting_asks_for_the_number_and_a_number_is_never_used_again(desk: Desk, build: Builder) -> None:
    build.agent("lead@example.org", support="lead")
    lead = access.agent_actor(desk, "lead@example.org")
    number = open_one(desk)
    with pytest.raises(InvalidInput):
        ticket_removal.delete(desk, lead, number, confirm=number + 1)
    ticket_removal.delete(desk, lead, number, confirm=number)
    assert Message.select().count() == 0
    assert Event.select().where(Event.object_key == str(number), Event.verb == Verb.DELETED).exists()
    assert open_one(desk) == number + 1


def test_a_message_is_found_by_its_words_and_by_its_message_id(desk: Desk, build: Builder) -> None:
    from helpdeskctl.store.tables import MessageReference

    number = open_one(desk)
    message_id = messages.add(desk, number, mail("Zahnbürste", mail_id="<x@y>"))
    assert MessageReference.get(MessageReference.id_sha256 == messages.hash_of_id("<x@y>")).message_id == message_id
