"""Ratings: asked by the mail that closes, given by the requester alone, counted by department and agent (REP-1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.operations import ratings, tickets
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import access, history, threads
from helpdeskctl.queries import ratings as given
from helpdeskctl.queries import tickets as queries
from helpdeskctl.store.tables import Contact, Message, OutgoingMail, PortalToken, Setting, Ticket
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import opened, sent_by, text_of
from tests.servers.smtp import SmtpSink

ALICE = "alice@acme.example"


@pytest.fixture(autouse=True)
def asking(build: Builder) -> None:
    """A desk with a portal that asks for ratings."""
    rows = [{"key": "ratings", "value": True}, {"key": "portal_url", "value": "https://help.example.org"}]
    Setting.insert_many(rows).execute()


@pytest.fixture
def alice(desk: Desk, build: Builder) -> Actor:
    return access.contact_actor(desk, build.contact(ALICE))


def told() -> list[str]:
    return [row.event for row in OutgoingMail.select().order_by(OutgoingMail.id)]


def secret_of(desk: Desk, smtp: SmtpSink) -> str:
    return text_of(sent_by(desk, smtp)[-1]).partition("https://help.example.org/rate/")[2].split()[0]


def test_the_mail_that_closes_asks_and_can_be_turned_off_by_one_click(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    tickets.close(desk, ann, number)
    (mail,) = sent_by(desk, smtp)
    secret = secret_of(desk, smtp)
    assert told() == ["rating"]
    assert f"We have closed your request number {number}." in text_of(mail)
    assert mail.message["List-Unsubscribe"] == f"<https://help.example.org/rate/{secret}/stop>"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    token = PortalToken.get(PortalToken.purpose == "rate")
    assert token.expires_at - token.created_at == timedelta(days=30) and secret not in token.secret_sha256


def test_other_mail_does_not_offer_to_be_turned_off(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    tickets.take(desk, ann, opened(build))
    (mail,) = sent_by(desk, smtp)
    assert mail.message["List-Unsubscribe"] is None


@pytest.mark.parametrize("why", ["off", "no portal", "unproven", "not shown", "machine", "rated", "no wish", "hidden"])
def test_who_is_not_to_be_asked_is_not_asked(desk: Desk, build: Builder, ann: Actor, alice: Actor, why: str) -> None:
    number = build.ticket(requester=ALICE)
    ticket = Ticket.id == number
    if why in ("off", "no portal"):
        Setting.delete().where(Setting.key == {"off": "ratings", "no portal": "portal_url"}[why]).execute()
    elif why == "machine":
        Message.update(automatic=True).execute()
    elif why == "rated":
        tickets.close(desk, alice, number)
        ratings.rate(desk, alice, number, good=True)
        tickets.reopen(desk, alice, number)
    elif why == "no wish":
        Contact.update(wants_mail={"rating": False}).execute()
    else:
        column = {"unproven": {"proven": False}, "not shown": {"portal": False}, "hidden": {"spam": True}}[why]
        Ticket.update(**column).where(ticket).execute()
    tickets.close(desk, ann, number)
    assert told() == []
    Setting.insert(key="tell_closed", value=True).execute()
    tickets.reopen(desk, ann, number, notify=False)
    tickets.close(desk, ann, number)
    assert told() == ([] if why in ("unproven", "hidden") else ["closed"])


def test_a_silent_close_and_the_customers_own_ask_nothing(desk: Desk, build: Builder, ann: Actor, alice: Actor) -> None:
    tickets.close(desk, ann, build.ticket(requester=ALICE), notify=False)
    tickets.close(desk, alice, build.ticket(requester=ALICE))
    assert told() == []


def test_the_link_counts_as_often_as_it_holds_and_shows_nothing_else(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink, clock: SteppedClock
) -> None:
    number = opened(build)
    tickets.close(desk, ann, number)
    secret = secret_of(desk, smtp)
    assert ratings.rate_by_link(desk, secret, good=False, words=" Slow.\x1b[2J ") == number
    rated = given.of_ticket(number)
    assert rated is not None and not rated.good and rated.words.startswith("Slow.") and "\x1b" not in rated.words
    assert ratings.rate_by_link(desk, secret, good=True) == number
    assert given.of_ticket(number) == given.Rating(True, "", desk.now())
    data = [row.data for row in history.of_ticket(desk, ann, number) if row.verb == "rated"]
    assert data == [{"from": None, "to": "bad"}, {"from": "bad", "to": "good"}]
    for wrong in ("", "%20", "null", secret[:-1], secret + "x"):
        assert ratings.rate_by_link(desk, wrong, good=False) is None
        assert not ratings.unsubscribe(desk, wrong)
    clock.advance(30 * 86400 + 1)
    assert ratings.rate_by_link(desk, secret, good=False) is None and not ratings.unsubscribe(desk, secret)


def test_a_link_is_good_for_its_own_purpose_and_requester_alone(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    tickets.close(desk, ann, number)
    secret = secret_of(desk, smtp)
    Ticket.update(requester_address="new@acme.example").where(Ticket.id == number).execute()
    assert ratings.rate_by_link(desk, secret, good=True) is None
    Ticket.update(requester_address=ALICE, spam=True).where(Ticket.id == number).execute()
    assert ratings.rate_by_link(desk, secret, good=True) is None
    PortalToken.update(purpose="sign_in").execute()
    Ticket.update(spam=False).where(Ticket.id == number).execute()
    assert ratings.rate_by_link(desk, secret, good=True) is None and not ratings.unsubscribe(desk, secret)


def test_an_hour_has_its_limit_of_second_thoughts(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    tickets.close(desk, ann, opened(build))
    secret = secret_of(desk, smtp)
    with pytest.raises(TooMany):
        for n in range(21):
            ratings.rate_by_link(desk, secret, good=n % 2 == 0)


def test_unsubscribing_ends_the_question_and_not_the_other_mail(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    tickets.close(desk, ann, opened(build))
    secret = secret_of(desk, smtp)
    assert ratings.unsubscribe(desk, secret) and ratings.unsubscribe(desk, secret)
    assert Contact.get().wants_mail == {"rating": False}
    other = build.ticket(requester=ALICE)
    tickets.take(desk, ann, other)
    tickets.close(desk, ann, other)
    assert told() == ["rating", "taken"]


def test_only_the_requester_rates_and_only_what_is_closed(desk: Desk, build: Builder, ann: Actor, alice: Actor) -> None:
    number = build.ticket(requester=ALICE, company="acme")
    boss = access.contact_actor(desk, build.contact("carl@acme.example", company="acme", main_contact=True))
    build.participant(number, "vera@acme.example", may_view=True)
    vera = access.contact_actor(desk, build.contact("vera@acme.example"))
    eve = access.contact_actor(desk, build.contact("eve@beta.example"))
    with pytest.raises(Refused):
        ratings.rate(desk, alice, number, good=True)
    tickets.close(desk, SYSTEM, number)
    for who, refusal in ((boss, NotPermitted), (vera, NotPermitted), (ann, NotPermitted), (eve, NotFound)):
        with pytest.raises(refusal):
            ratings.rate(desk, who, number, good=True)
    ratings.rate(desk, alice, number, good=True, words="Quick.")
    Setting.update(value=False).where(Setting.key == "ratings").execute()
    with pytest.raises(Refused):
        ratings.rate(desk, alice, number, good=False)
    rated = threads.show(desk, ann, number).rating
    assert rated is not None and (rated.good, rated.words) == (True, "Quick.")


def test_ratings_are_found_and_counted_as_far_as_somebody_sees_the_tickets(
    desk: Desk, build: Builder, ann: Actor, clock: SteppedClock
) -> None:
    build.agent("ben@example.org", billing="agent")
    clock.advance(86400)
    start = desk.now()
    said = (("support", True), ("support", True), ("support", False), ("billing", False))
    numbers = [_rated(desk, build, department, good=good) for department, good in said]
    unrated = build.ticket(requester=ALICE)
    clock.advance(60)
    found = {query: _listed(desk, ann, query) for query in ("rating:good", "rating:bad", "rating:none,bad")}
    assert found == {
        "rating:good": set(numbers[:2]), "rating:bad": {numbers[2]}, "rating:none,bad": {numbers[2], unrated},
    }  # fmt: skip
    of_ann = given.tallies(desk, ann, since=start, until=desk.now())
    assert of_ann == (given.Tally("support", "ann@example.org", 2, 1, 67),)
    everything = given.tallies(desk, SYSTEM, since=start, until=desk.now())
    assert everything == (given.Tally("billing", "ben@example.org", 0, 1, 0), *of_ann)
    assert given.tallies(desk, SYSTEM, since=desk.now(), until=desk.now() + timedelta(days=1)) == ()
    assert given.tallies(desk, SYSTEM, since=start - timedelta(days=9), until=start) == ()


def _rated(desk: Desk, build: Builder, department: str, *, good: bool) -> int:
    agent = "ann@example.org" if department == "support" else "ben@example.org"
    number = build.ticket(requester=ALICE, department=department, status="closed", assignee=agent)
    ratings.rate(desk, access.contact_actor(desk, build.contact(ALICE)), number, good=good)
    return number


def _listed(desk: Desk, who: Actor, query: str) -> set[int]:
    return {row.number for row in queries.every(desk, who, query)}
