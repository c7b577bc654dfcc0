"""People on a ticket as customers add and remove them, and tickets that somebody does not want to see (CON-2)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import Exists, HelpdeskError, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import portal_people, replies, tickets
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access, portal_tickets
from helpdeskctl.queries import portal_people as shown
from helpdeskctl.store.tables import Contact, ContactAddress, Department, Event, Participant, RateLimit, Setting
from tests.builders import Builder
from tests.outgoing import sent_by
from tests.servers.smtp import SmtpSink

ALICE, BOB, CARL, EVE = "alice@acme.example", "bob@acme.example", "carl@acme.example", "eve@beta.example"


def actor(desk: Desk, build: Builder, address: str, **columns: object) -> Actor:
    return access.contact_actor(desk, build.contact(address, **columns))


@pytest.fixture
def alice(desk: Desk, build: Builder) -> Actor:
    return actor(desk, build, ALICE, company="acme")


@pytest.fixture
def carl(desk: Desk, build: Builder) -> Actor:
    """The main contact of alice's company."""
    return actor(desk, build, CARL, company="acme", main_contact=True)


@pytest.fixture
def number(build: Builder, alice: Actor) -> int:
    return build.ticket("Printer on fire", requester=ALICE, company="acme")


def listed(desk: Desk, who: Actor, **query: str) -> list[int]:
    return [line.number for line in portal_tickets.page(desk, who, **query).lines]


def on_it(desk: Desk, who: Actor, number: int, *, keeps: bool = True) -> list[str]:
    return [person.address for person in shown.people(desk, who, number, keeps=keeps)]


def test_who_is_added_gets_the_answers_without_an_account(
    desk: Desk, build: Builder, alice: Actor, ann: Actor, number: int, smtp: SmtpSink
) -> None:
    portal_people.add(desk, alice, number, " New@Beta.example ")
    assert sent_by(desk, smtp) == []
    replies.reply(desk, ann, number, Reply(body="It is solved."))
    (answer,) = sent_by(desk, smtp)
    assert set(answer.rcpt_tos) == {ALICE, "new@beta.example"}
    assert not Contact.get(Contact.id == ContactAddress.get(address="new@beta.example").contact_id).portal_access


def test_reading_along_is_given_with_the_address_or_not_at_all(
    desk: Desk, build: Builder, alice: Actor, number: int
) -> None:
    eve, bob = actor(desk, build, EVE), actor(desk, build, BOB)
    portal_people.add(desk, alice, number, EVE)
    portal_people.add(desk, alice, number, BOB, may_view=True)
    assert listed(desk, eve, show="all") == []
    assert listed(desk, bob, show="all") == [number]
    with pytest.raises(NotPermitted):
        portal_people.add(desk, bob, number, "third@acme.example")
    with pytest.raises(NotFound):
        portal_people.remove(desk, eve, number, BOB)


def test_the_page_shows_the_address_that_was_typed_and_nothing_we_know_besides(
    desk: Desk, build: Builder, alice: Actor, number: int
) -> None:
    eve = build.contact(EVE, name="Eve Secret")
    ContactAddress.insert(address="e.v@beta.example", contact_id=eve, confirmed_at=desk.now()).execute()
    portal_people.add(desk, alice, number, "e.v@beta.example")
    portal_people.add(desk, alice, number, "nobody-knows@beta.example")
    assert on_it(desk, alice, number) == ["e.v@beta.example", "nobody-knows@beta.example"]


def test_two_addresses_of_one_person_are_on_the_ticket_as_if_they_were_of_two(
    desk: Desk, build: Builder, alice: Actor, ann: Actor, number: int, smtp: SmtpSink
) -> None:
    one, other = EVE, "e.v@beta.example"
    eve = actor(desk, build, one, name="Eve Secret")
    ContactAddress.insert(address=other, contact_id=eve.id, confirmed_at=desk.now()).execute()
    portal_people.add(desk, alice, number, other)
    replies.reply(desk, ann, number, Reply(body="It is solved."))
    assert "Secret" not in str(sent_by(desk, smtp)[0].message) and one not in str(sent_by(desk, smtp)[0].message)
    portal_people.add(desk, alice, number, one, may_view=True)
    with pytest.raises(Exists):
        portal_people.add(desk, alice, number, one)
    seen = {person.address: person.may_view for person in shown.people(desk, alice, number, keeps=True)}
    assert seen == {other: False, one: True} and listed(desk, eve, show="all") == [number]
    portal_people.remove(desk, alice, number, other)
    assert on_it(desk, alice, number) == [one] and listed(desk, eve, show="all") == [number]
    portal_people.remove(desk, alice, number, one)
    assert on_it(desk, alice, number) == [] and listed(desk, eve, show="all") == []


def test_an_address_that_nobody_proved_lets_its_contact_not_read_along(
    desk: Desk, build: Builder, alice: Actor, number: int
) -> None:
    eve = actor(desk, build, EVE)
    ContactAddress.insert(address="boss@acme.example", contact_id=eve.id).execute()
    portal_people.add(desk, alice, number, "boss@acme.example", may_view=True)
    assert listed(desk, eve, show="all") == []


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("no address", InvalidInput), ("", InvalidInput), ("a@b@c.example", InvalidInput),
        ("support@example.org", InvalidInput), ("Support+x@example.org", InvalidInput), (ALICE.upper(), Exists),
        ("a@x.example\nBcc: b@x.example", InvalidInput),
    ],
)  # fmt: skip
def test_what_is_no_address_of_another_person_is_refused(
    desk: Desk, alice: Actor, number: int, address: str, error: type[HelpdeskError]
) -> None:
    with pytest.raises(error):
        portal_people.add(desk, alice, number, address)
    assert not Participant.select().exists()


def test_a_ticket_takes_twenty_people_and_an_hour_twenty_tries(desk: Desk, alice: Actor, number: int) -> None:
    for n in range(portal_people.MOST - 1):
        portal_people.add(desk, alice, number, f"p{n}@beta.example")
    with pytest.raises(Exists):
        portal_people.add(desk, alice, number, "p0@beta.example")
    with pytest.raises(TooMany):
        portal_people.add(desk, alice, number, "last@beta.example")
    RateLimit.delete().execute()
    portal_people.add(desk, alice, number, "last@beta.example")
    with pytest.raises(Refused, match="as many people"):
        portal_people.add(desk, alice, number, "one-more@beta.example")


def test_who_is_removed_gets_no_more_and_the_history_tells(
    desk: Desk, build: Builder, alice: Actor, carl: Actor, number: int
) -> None:
    bob = actor(desk, build, BOB)
    portal_people.add(desk, carl, number, BOB, may_view=True)
    portal_people.remove(desk, alice, number, BOB)
    assert listed(desk, bob, show="all") == [] and on_it(desk, alice, number) == []
    verbs = [row.verb for row in Event.select().where(Event.ticket_id == number).order_by(Event.id)]
    assert verbs == ["person_added", "person_removed"]
    with pytest.raises(NotFound):
        portal_people.remove(desk, alice, number, BOB)


def test_where_mails_hold_a_link_only_participants_are_told_of_nobody_else(
    desk: Desk, build: Builder, alice: Actor, number: int
) -> None:
    bob = actor(desk, build, BOB)
    for address in (BOB, EVE):
        portal_people.add(desk, alice, number, address, may_view=True)
    assert on_it(desk, bob, number, keeps=False) == [BOB, EVE]
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    Department.update(notify="link").execute()
    assert on_it(desk, bob, number, keeps=False) == [BOB]
    assert on_it(desk, alice, number) == [BOB, EVE]


# --- mute


def test_a_main_contact_hides_a_colleagues_ticket_from_their_own_lists_alone(
    desk: Desk, build: Builder, alice: Actor, carl: Actor, number: int
) -> None:
    other = build.ticket("Lost key", requester=BOB, company="acme")
    portal_people.mute(desk, carl, number, on=True)
    page = portal_tickets.page(desk, carl)
    assert [line.number for line in page.lines] == [other]
    assert (page.counts["open"], page.counts["muted"], page.counts["all"]) == (1, 1, 2)
    assert listed(desk, carl, show="muted") == [number]
    assert listed(desk, carl, show="all") == [other, number]
    assert listed(desk, carl, show="all", query=str(number)) == [number]
    assert listed(desk, alice) == [number]
    assert not Event.select().where(Event.ticket_id == number).exists()
    assert shown.muted(desk, carl, number) and not shown.muted(desk, alice, number)
    portal_people.mute(desk, carl, number, on=False)
    assert listed(desk, carl) == [other, number]


def test_a_participant_who_mutes_gets_no_more_mail(
    desk: Desk, build: Builder, alice: Actor, ann: Actor, number: int, smtp: SmtpSink
) -> None:
    bob = actor(desk, build, BOB)
    portal_people.add(desk, alice, number, BOB, may_view=True)
    portal_people.mute(desk, bob, number, on=True)
    replies.reply(desk, ann, number, Reply(body="First."))
    portal_people.mute(desk, bob, number, on=False)
    replies.reply(desk, ann, number, Reply(body="Second."))
    first, second = sent_by(desk, smtp)
    assert first.rcpt_tos == (ALICE,) and set(second.rcpt_tos) == {ALICE, BOB}


def test_nobody_mutes_their_own_request_or_one_they_do_not_see(
    desk: Desk, build: Builder, alice: Actor, number: int
) -> None:
    with pytest.raises(NotPermitted):
        portal_people.mute(desk, alice, number, on=True)
    with pytest.raises(NotFound):
        portal_people.mute(desk, actor(desk, build, EVE), number, on=True)


# --- what a list says of them


def test_a_main_contact_reads_who_opened_what_and_can_look_at_their_own_alone(
    desk: Desk, build: Builder, carl: Actor, number: int
) -> None:
    own = build.ticket("Broken chair", requester=CARL, company="acme")
    lines = {line.number: (line.requester, line.mine) for line in portal_tickets.page(desk, carl).lines}
    assert lines == {number: ("Alice", False), own: ("Carl", True)}
    mine = portal_tickets.page(desk, portal_tickets.without_company(carl))
    assert [line.number for line in mine.lines] == [own] and mine.counts["all"] == 1


def test_a_status_of_the_desks_own_is_called_what_customers_are_to_read(
    desk: Desk, build: Builder, alice: Actor
) -> None:
    build.status("parts", kind="hold", customer_names={"en": "Waiting for spare parts", "de": "Warten auf Teile"})
    build.ticket("shipped", requester=ALICE)
    build.ticket("own", requester=ALICE, status="parts")
    build.ticket("shown as", requester=ALICE, show_as_id=build.status("parts"))
    labels = [line.shown.label for line in portal_tickets.page(desk, alice).lines]
    assert labels == ["Waiting for spare parts", "Waiting for spare parts", ""]


def test_what_is_searched_may_be_of_the_query_language_as_far_as_customers_have_it(
    desk: Desk, build: Builder, alice: Actor
) -> None:
    asked = build.ticket("Open story", requester=ALICE, body="zebra", status="open")
    closed = build.ticket("Old story", requester=ALICE, body="zebra", status="closed")
    hidden_truth = build.ticket("Third", requester=ALICE, status="hold", show_as_id=build.status("open"))
    note = build.note(asked, "between us", agent="ann@example.org")
    build.attachment(note)
    found = {query: listed(desk, alice, show="all", query=query) for query in QUERIES}
    assert found == {
        "kind:closed": [closed],
        "kind:hold": [],
        "zebra not kind:closed": [asked],
        "kind:open": [hidden_truth, asked],
        'subject~"story" zebra': [closed, asked],
        "has:attachment": [],
        "assignee:nobody": [],
        "status:hold": [],
    }


QUERIES = (
    "kind:closed", "kind:hold", "zebra not kind:closed", "kind:open", 'subject~"story" zebra', "has:attachment",
    "assignee:nobody", "status:hold",
)  # fmt: skip

HOSTILE = (
    "'", '"', "%", "_", "\\", "a AND", "NEAR(", "-x", "*", "(", ")", "NOT", "' OR 1=1 --", '"a" "b', "a*b", "^a", "{}",
    "kind:", "kind:nothing", "kind:open,'", "newer:99999999999999d", "older:999999999d", "newer:-1d", "number:1,2,x",
    "number:" + "9" * 15, "created:9999-12-31", "created<0001-01-01", "closed:2026-99-99", "has:", 'subject~"%_\\"',
    "subject~|", "(kind:open", "kind:open or", "not not kind:open", "not (", "9" * 18, "9" * 200, "#", "#-1", "\u202e",
    "\x00", "a:b:c", "kind:open " * 40, "(" * 100 + "kind:open", "${x}", "column:text", "rank:x", "\ud800",
    "kind:open OR zebra*",
)  # fmt: skip


@pytest.mark.parametrize("show", ["open", "all", "muted"])
def test_no_search_breaks_anything_or_shows_what_is_somebody_elses(
    desk: Desk, build: Builder, alice: Actor, show: str
) -> None:
    build.ticket("' OR 1=1 -- % _ kind:open", requester=EVE, body="zebra NEAR( 999")
    own = build.ticket("% mine", requester=ALICE, body="plain")
    for words in HOSTILE:
        assert set(listed(desk, alice, show=show, query=words.replace("\0", ""))) <= {own}, words


def test_a_closed_ticket_is_no_longer_to_be_told_of_as_open(desk: Desk, ann: Actor, alice: Actor, number: int) -> None:
    tickets.close(desk, ann, number)
    detail = portal_tickets.detail(desk, alice, number)
    assert detail.closed and Action.RATE in detail.rights and Action.MUTE not in detail.rights
