"""What customers change of their own account, and which mails they do without (POR-1, OUT-3, CON-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import (
    notices,
    portal_access,
    portal_accounts,
    portal_tokens,
    replies,
    sessions,
    settings,
    tickets,
)
from helpdeskctl.operations.portal_access import SignInAgain
from helpdeskctl.operations.portal_links import Link
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access, overview, own_account, portal, setup
from helpdeskctl.store.tables import Contact, Event, OutgoingMail, PortalSession, PortalToken
from tests.builders import Builder
from tests.clock import SteppedClock

ALICE = "alice@acme.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    """The department support with a mailbox and the agent ada; alice, who may sign in."""
    build = Builder(desk)
    build.agent("ada@example.org", support="agent")
    build.mailbox()
    build.contact(ALICE, portal_access=True)
    return build


@pytest.fixture
def alice(desk: Desk, build: Builder) -> Actor:
    return access.contact_actor(desk, build.contact(ALICE))


def test_a_profile_is_changed_with_one_event_that_tells_what(desk: Desk, alice: Actor) -> None:
    wanted = {"name": " Alice  A. ", "phone": "+49 30 1", "timezone": "Europe/Berlin", "language": "de"}
    portal_accounts.change_profile(desk, alice, wanted, {})
    found = own_account.profile(desk, alice.id or 0)
    assert (found.name, found.phone, found.timezone, found.language) == (
        "Alice A.", "+49 30 1", "Europe/Berlin", "de",
    )  # fmt: skip
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.actor_kind, event.object_key) == ("updated", "contact", ALICE)
    assert event.data["phone"] == {"from": "", "to": "+49 30 1"}
    portal_accounts.change_profile(desk, alice, {"phone": "", "timezone": ""}, {})
    assert own_account.profile(desk, alice.id or 0).phone == ""
    assert own_account.profile(desk, alice.id or 0).timezone is None


def test_what_is_wrong_with_a_profile_is_told_by_entry_and_nothing_is_changed(desk: Desk, alice: Actor) -> None:
    given = {"name": "", "phone": "1" * 300, "timezone": "Europe/Nowhere", "language": "xx"}
    with pytest.raises(InvalidInput) as refusal:
        portal_accounts.change_profile(desk, alice, given, {"taken": False})
    assert {problem.where for problem in refusal.value.problems} == {"name", "phone", "timezone", "language"}
    assert own_account.profile(desk, alice.id or 0).name == "Alice"
    assert Contact.get(Contact.id == alice.id).wants_mail == {}


def test_entries_that_are_the_agents_are_left_alone(desk: Desk, alice: Actor) -> None:
    before = Contact.get(Contact.id == alice.id).__data__
    given = {"notes": "x", "main_contact": "1", "portal_until": "2999-01-01", "external_id": "x", "company": "acme"}
    portal_accounts.change_profile(desk, alice, given, {"reply": False, "sign_in": False})
    assert Contact.get(Contact.id == alice.id).__data__ == before


@pytest.mark.parametrize("event", ["taken", "status", "closed", "merged"])
def test_who_does_not_want_a_mail_gets_all_others(desk: Desk, build: Builder, alice: Actor, event: str) -> None:
    for name in ("tell_status", "tell_closed", "tell_merged"):
        settings.put(desk, SYSTEM, name, True)
    ada, number = build.actor("ada@example.org"), build.ticket(requester=ALICE)
    portal_accounts.change_profile(desk, alice, {}, dict.fromkeys(own_account.MAILS, True) | {event: False})
    for each in ("taken", "status", "closed", "merged"):
        told = notices.tell(desk, ada, number, each, notify=True)
        assert (told is None) == (each == event), each


def test_the_question_how_content_they_were_has_a_wish_of_its_own(desk: Desk, build: Builder, alice: Actor) -> None:
    for name, value in (("ratings", True), ("portal_url", "https://help.example.org"), ("tell_closed", True)):
        settings.put(desk, SYSTEM, name, value)
    ada, sent = build.actor("ada@example.org"), []
    for wishes in ({"closed": False, "rating": True}, {"closed": True, "rating": False}, {"closed": False}):
        portal_accounts.change_profile(desk, alice, {}, {"rating": False} | wishes)
        told = notices.tell(desk, ada, build.ticket(requester=ALICE), "closed")
        sent.append(OutgoingMail.get(OutgoingMail.id == told).event if told else None)
    assert sent == ["rating", "closed", None]


def test_who_does_not_want_receipts_gets_none_but_may_confirm_a_guests_form(
    desk: Desk, build: Builder, alice: Actor
) -> None:
    number = build.ticket(requester=ALICE)
    message = build.message(number)
    portal_accounts.change_profile(desk, alice, {}, {"received": False})
    assert notices.receipt(desk, number, message) is None
    link = Link(url="https://help.example.org/confirm/x", valid_for=timedelta(hours=24))
    assert notices.receipt(desk, number, message, link=link) is not None


def test_a_wish_about_a_mail_that_the_desk_no_longer_sends_is_kept(desk: Desk, alice: Actor) -> None:
    Contact.update(wants_mail={"status": False}).where(Contact.id == alice.id).execute()
    assert "status" not in own_account.profile(desk, alice.id or 0).mails
    portal_accounts.change_profile(desk, alice, {}, {"taken": False})
    assert Contact.get(Contact.id == alice.id).wants_mail == {"status": False, "taken": False}


def test_an_answer_comes_whatever_is_not_wanted(desk: Desk, build: Builder, alice: Actor) -> None:
    unwanted = dict.fromkeys((*own_account.MAILS, "reply"), False)
    Contact.update(wants_mail=unwanted).where(Contact.id == alice.id).execute()
    number = build.ticket(requester=ALICE)
    replies.reply(desk, build.actor("ada@example.org"), number, Reply(body="Here you are."))
    assert [row.event for row in OutgoingMail.select()] == ["reply"]
    tickets.take(desk, build.actor("ada@example.org"), number)
    assert OutgoingMail.select().count() == 1


def test_the_wish_to_be_erased_is_shown_to_agents_and_taken_back(desk: Desk, build: Builder, alice: Actor) -> None:
    for _ in range(2):
        portal_accounts.ask_deletion(desk, alice, wanted=True)
    assert [each.key for each in setup.list_of(desk, "contact", query="deletion_asked_at:any")] == [ALICE]
    assert setup.one(desk, "contact", ALICE).values["deletion_asked_at"] == desk.now()
    assert overview.overview(desk).deletions == 1
    portal_accounts.ask_deletion(desk, alice, wanted=False)
    assert setup.list_of(desk, "contact", query="deletion_asked_at:any") == []
    assert len(setup.list_of(desk, "contact", query="deletion_asked_at:none")) == 1
    verbs = [row.verb for row in Event.select().where(Event.object_key == ALICE).order_by(Event.id)]
    assert verbs == ["deletion_asked", "deletion_not_asked"]


def test_a_feed_has_one_key_that_is_kept_as_a_hash(desk: Desk, alice: Actor) -> None:
    first = portal_accounts.open_feed(desk, alice)
    second = portal_accounts.open_feed(desk, alice)
    assert own_account.reader_of_feed(desk, first) is None
    reader = own_account.reader_of_feed(desk, second)
    assert reader is not None and reader.id == alice.id
    assert second not in str(list(PortalToken.select().dicts()))
    portal_accounts.close_feed(desk, alice)
    assert own_account.reader_of_feed(desk, second) is None and not own_account.has_feed(desk, alice.id or 0)


@pytest.mark.parametrize("end", ["a new password", "the portal is closed", "another purpose", "nonsense"])
def test_a_feed_ends_with_the_access(desk: Desk, alice: Actor, end: str) -> None:
    key = portal_accounts.open_feed(desk, alice)
    if end == "a new password":
        portal_tokens.kill_all(desk, alice.id or 0)
    elif end == "the portal is closed":
        Contact.update(portal_access=False).execute()
    elif end == "another purpose":
        PortalToken.update(purpose="sign_in").execute()
    assert own_account.reader_of_feed(desk, "x" if end == "nonsense" else key) is None


def test_only_who_came_in_just_now_needs_no_password(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    secret = sessions.open_session(desk, build.contact(ALICE), sessions.Browser())
    visitor = portal.visitor(desk, secret)
    assert visitor is not None
    portal_access.check_presence(desk, visitor, "", peer="203.0.113.9")
    clock.advance(own_account.LATELY.total_seconds() + 1)
    with pytest.raises(SignInAgain):
        portal_access.check_presence(desk, visitor, "", peer="203.0.113.9")


def test_a_customer_ends_their_own_sessions_and_nobody_elses(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    contact, bob = build.contact(ALICE), build.contact("bob@acme.example", portal_access=True)
    opened = []
    for who in (contact, contact, contact, bob):
        opened.append(sessions.open_session(desk, who, sessions.Browser(name="Firefox")))
        clock.advance(1)
    visitor = portal.visitor(desk, opened[0])
    assert visitor is not None
    listed = own_account.sessions(desk, contact, visitor.session)
    assert [each.present for each in listed] == [False, False, True]
    bobs = PortalSession.get(PortalSession.contact_id == bob).created_at
    for begun in (listed[0].begun, bobs):
        sessions.end_one(desk, visitor, begun)
    assert [portal.visitor(desk, secret) is not None for secret in opened] == [True, True, False, True]
    sessions.end_others(desk, visitor)
    assert [portal.visitor(desk, secret) is not None for secret in opened] == [True, False, False, True]
