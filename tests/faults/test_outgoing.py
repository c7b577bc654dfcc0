"""Cases 58 and 59: an SMTP server that is away, refuses, or whose answer is lost (killed senders: tests/kill)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.operations import outbox, replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import Event, Mailbox, OutgoingMail, OutgoingRecipient
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.faults.ledger import rounds
from tests.flows.shell import Place, place
from tests.outgoing import put, sending, state_of, states_of
from tests.servers.ports import free_ports
from tests.servers.smtp import SmtpSink

__all__ = ["place"]

Figure = Callable[[str, object], None]
MINUTE = 60.0


@pytest.fixture
def build(desk: Desk) -> Builder:
    """Makes things on the desk."""
    return Builder(desk)


def nobody_there() -> str:
    """The URL of a server that is not there."""
    return f"smtp+insecure://127.0.0.1:{free_ports(1)[0]}"


def a_day(desk: Desk, clock: SteppedClock) -> list[float]:
    """Let cron send once a minute for a day; at which minutes something was tried."""
    tried = []
    for minute in range(24 * 60):
        before = OutgoingMail.select(OutgoingMail.attempts).order_by(OutgoingMail.id).tuples()
        seen = list(before)
        outbox.deliver(desk)
        if list(before.clone()) != seen:
            tried.append(float(minute))
        clock.advance(MINUTE)
    return tried


def test_a_server_down_for_a_day_is_tried_ever_more_rarely_and_then_gets_each_mail_once(
    desk: Desk, build: Builder, clock: SteppedClock, smtp: SmtpSink, record_property: Figure
) -> None:
    mailbox = sending(desk, build, smtp, smtp_url=nobody_there())
    ids = [put(desk, mailbox, f"c{n}@acme.example") for n in range(20)]
    tried = a_day(desk, clock)
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert tried[0] == 0 and pauses[:4] == [1, 5, 15, 60]
    assert pauses == sorted(pauses)
    assert {state_of(each) for each in ids} == {"deferred"}
    Mailbox.update(smtp_url=f"smtp://support%40example.org@localhost:{smtp.port}").execute()
    hours = 0
    while any(state_of(each) != "sent" for each in ids):
        outbox.deliver(desk)
        clock.advance(60 * MINUTE)
        hours += 1
        assert hours < 24
    outbox.deliver(desk)
    assert sorted(taken.rcpt_tos[0] for taken in smtp.deliveries) == sorted(f"c{n}@acme.example" for n in range(20))
    figure = f"58: a day without server on {desk.database.kind}: {len(tried)} tries, then 20 mails queued, 20 sent"
    record_property("figure", f"{figure}, all within {hours} h of its return")


def test_a_permanent_refusal_is_seen_by_the_agent_within_one_run(place: Place, smtp: SmtpSink) -> None:
    place.sending(smtp)
    number = place.build.ticket()
    smtp.behaviour.recipients["alice@acme.example"] = "550 5.1.1 no such user"
    answer = place.run("ticket", "reply", number, "-m", "Use water.")
    assert answer.code == 69 and "550 5.1.1 no such user" in answer.err
    shown = place.run("ticket", "show", number).out
    assert "no such user" in shown, shown
    (failed,) = json.loads(place.run("mail", "queue", "list", "-o", "json").out)
    assert (failed["ticket"], failed["state"]) == (number, "refused")
    assert Event.select().where(Event.ticket_id == number, Event.verb == "undelivered").count() == 1


def test_of_three_recipients_the_refused_one_alone_fails_and_nobody_gets_it_twice(
    desk: Desk, build: Builder, clock: SteppedClock, smtp: SmtpSink
) -> None:
    mailbox = sending(desk, build, smtp)
    smtp.behaviour.recipients |= {"b@x.example": "550 5.1.1 gone", "c@x.example": "450 busy"}
    outgoing = put(desk, mailbox, "a@x.example", "b@x.example", "c@x.example")
    outbox.deliver(desk)
    smtp.behaviour.recipients.pop("c@x.example")
    clock.advance(10 * MINUTE)
    outbox.deliver(desk)
    assert states_of(outgoing) == {"a@x.example": "sent", "b@x.example": "refused", "c@x.example": "sent"}
    assert [taken.rcpt_tos for taken in smtp.deliveries] == [("a@x.example",), ("c@x.example",)]


def test_a_lost_answer_after_data_never_makes_more_than_two_copies(
    desk: Desk, build: Builder, clock: SteppedClock, smtp: SmtpSink, record_property: Figure
) -> None:
    mailbox, lost = sending(desk, build, smtp), 0
    for turn in range(rounds(6, 60)):
        smtp.reset()
        outgoing = put(desk, mailbox, subject=f"Turn {turn}")
        for run in range(8):
            smtp.behaviour.lose_answer = bool(turn >> run & 1)
            lost += smtp.behaviour.lose_answer
            outbox.deliver(desk)
            clock.advance(24 * 60 * MINUTE)
        assert 1 <= len(smtp.deliveries) <= 2, turn
        assert len({taken.message["Message-ID"] for taken in smtp.deliveries}) == 1
        assert state_of(outgoing) in ("sent", "unknown")
        assert (state_of(outgoing) == "unknown") == (turn & 3 == 3)
    record_property("figure", f"59: answers lost {lost} times on {desk.database.kind}: 1 or 2 copies, one Message-ID")


def test_an_answer_whose_fate_is_unknown_waits_for_a_person_and_says_so(
    desk: Desk, build: Builder, clock: SteppedClock, smtp: SmtpSink
) -> None:
    sending(desk, build, smtp)
    build.agent("ann@example.org", support="agent")
    number = build.ticket()
    smtp.behaviour.lose_answer = True
    replies.reply(desk, build.actor("ann@example.org"), number, Reply(body="Use water."))
    for _ in range(4):
        outbox.deliver(desk)
        clock.advance(timedelta(days=1).total_seconds())
    assert [row.state for row in OutgoingRecipient.select()] == ["unknown"]
    assert len(smtp.deliveries) == 2
