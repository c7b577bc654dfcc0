"""The outbox on both databases with a real SMTP server: each mail once, each recipient with a state of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import delivery
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import automatic, outbox, queue, ticket_removal
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.store.tables import (
    DeskState,
    Event,
    OutgoingMail,
    Suppression,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import put, sending, state_of, states_of
from tests.servers.smtp import SmtpSink


@pytest.fixture
def build(desk: Desk) -> Builder:
    """Makes things on the desk."""
    return Builder(desk)


@pytest.fixture
def mailbox(desk: Desk, build: Builder, smtp: SmtpSink) -> int:
    """A mailbox of support that sends through the sink, with a password."""
    return sending(desk, build, smtp)


def test_a_mail_leaves_once_with_login_and_tls(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    outgoing = put(desk, mailbox)
    report = outbox.deliver(desk)
    assert (report.total("sent"), report.mailboxes[0].address) == (1, "support@example.org")
    assert outbox.deliver(desk).mailboxes == ()
    (taken,) = smtp.deliveries
    assert (taken.mail_from, taken.rcpt_tos, taken.tls) == ("support@example.org", ("ann@muster.example",), True)
    assert taken.login == "support@example.org"
    assert taken.message["From"].addresses[0].addr_spec == "support@example.org"
    assert state_of(outgoing) == "sent"
    assert states_of(outgoing) == {"ann@muster.example": "sent"}


def test_many_mails_of_a_mailbox_share_one_connection(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    for number in range(5):
        put(desk, mailbox, f"c{number}@muster.example")
    assert outbox.deliver(desk).total("sent") == 5
    assert len(smtp.logins) == 1


def test_a_limit_leaves_the_rest_for_the_next_run_in_order(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    for number in range(3):
        put(desk, mailbox, subject=f"mail {number}")
    report = outbox.deliver(desk, limit=2)
    assert (report.total("sent"), report.total("left")) == (2, 1)
    assert [taken.message["Subject"] for taken in smtp.deliveries] == ["mail 0", "mail 1"]


def test_only_the_rows_asked_for_are_tried(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    first, second = put(desk, mailbox), put(desk, mailbox)
    outbox.deliver(desk, [second])
    assert (state_of(first), state_of(second)) == ("queued", "sent")


def test_each_recipient_ends_in_a_state_of_its_own_and_is_tried_alone(
    desk: Desk, clock: SteppedClock, build: Builder, mailbox: int, smtp: SmtpSink
) -> None:
    smtp.behaviour.recipients = {"no@x.example": "550 5.1.1 no such user", "later@x.example": "451 4.7.1 greylisted"}
    number = build.ticket()
    outgoing = put(desk, mailbox, "yes@x.example", "no@x.example", "later@x.example", ticket=number, message=1)
    outbox.deliver(desk)
    assert states_of(outgoing) == {"yes@x.example": "sent", "no@x.example": "refused", "later@x.example": "deferred"}
    assert state_of(outgoing) == "deferred"
    (event,) = Event.select().where(Event.verb == Verb.UNDELIVERED)
    assert (event.ticket_id, event.data["address"]) == (number, "no@x.example")
    smtp.behaviour.recipients.clear()
    clock.advance(60)
    outbox.deliver(desk)
    assert [taken.rcpt_tos for taken in smtp.deliveries] == [("yes@x.example",), ("later@x.example",)]
    assert len({taken.message["Message-ID"] for taken in smtp.deliveries}) == 1
    assert state_of(outgoing) == "sent"


def test_an_address_that_does_not_exist_gets_no_automatic_mail_for_sixty_days(
    desk: Desk, clock: SteppedClock, mailbox: int, smtp: SmtpSink
) -> None:
    smtp.behaviour.recipients = {"gone@x.example": "550 5.1.1 no such user", "full@x.example": "552 5.2.2 full"}
    put(desk, mailbox, "gone@x.example", "full@x.example")
    outbox.deliver(desk)
    assert [row.address for row in Suppression.select()] == ["gone@x.example"]
    assert not automatic.admit(desk, "gone@x.example", mailbox_id=mailbox, kind="taken").allowed
    clock.advance(60 * 86400 + 1)
    assert automatic.admit(desk, "gone@x.example", mailbox_id=mailbox, kind="taken").allowed


def test_a_held_mail_waits_for_its_time_and_can_be_taken_back(
    desk: Desk, clock: SteppedClock, mailbox: int, smtp: SmtpSink
) -> None:
    kept, cancelled = (put(desk, mailbox, undo=timedelta(seconds=10)) for _ in range(2))
    assert state_of(kept) == "held"
    outbox.deliver(desk)
    assert smtp.deliveries == []
    queue.cancel(desk, SYSTEM, cancelled)
    clock.advance(10)
    outbox.deliver(desk)
    assert (state_of(kept), state_of(cancelled)) == ("sent", "cancelled")
    assert len(smtp.deliveries) == 1
    with pytest.raises(Refused, match="cannot be taken back: it is sent"):
        queue.cancel(desk, SYSTEM, kept)


def test_only_who_may_answer_the_ticket_handles_its_mail(desk: Desk, build: Builder, mailbox: int) -> None:
    build.agent("reader@example.org", support="reader")
    build.agent("ann@example.org", support="agent")
    with_ticket, without = put(desk, mailbox, ticket=build.ticket(), message=1), put(desk, mailbox)
    with pytest.raises(NotPermitted):
        queue.cancel(desk, build.actor("reader@example.org"), with_ticket)
    with pytest.raises(NotPermitted):
        queue.cancel(desk, build.actor("ann@example.org"), without)
    queue.cancel(desk, build.actor("ann@example.org"), with_ticket)
    assert state_of(with_ticket) == "cancelled"
    with pytest.raises(Refused, match="nobody left"):
        queue.retry(desk, build.actor("ann@example.org"), with_ticket)


@pytest.mark.parametrize("how", ["hold", "copy"])
def test_a_held_or_copied_desk_sends_nothing(desk: Desk, mailbox: int, smtp: SmtpSink, how: str) -> None:
    put(desk, mailbox)
    if how == "hold":
        DeskState.insert(key="hold", value="restored from a backup").execute()
    else:
        DeskState.update(value="somebody-else").where(DeskState.key == "installation").execute()
    with pytest.raises(Refused, match="mail is held") as told:
        outbox.deliver(desk)
    assert told.value.hint == "helpdeskctl mail hold off"
    assert outbox.send_job(desk, stop=lambda: False) == {"held": 1}
    assert smtp.deliveries == []


def test_blind_copies_stand_in_the_envelope_alone(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    letter = Letter(
        to=[Person("ann@muster.example", "Ann")], cc=[Person("cc@x.example")], bcc=["canary@x.example", "CC@x.example"],
        subject="Hello", text="Text",
    )  # fmt: skip
    outbox.enqueue(desk, letter, mailbox_id=mailbox, event="reply")
    outbox.deliver(desk)
    (taken,) = smtp.deliveries
    assert taken.rcpt_tos == ("ann@muster.example", "cc@x.example", "canary@x.example")
    assert b"canary" not in taken.data
    assert taken.message["Cc"] == "cc@x.example"


@pytest.mark.parametrize("bad", ["nobody", "a@b.example\r\nRCPT TO:<x@y.example>", "a@b.example, c@d.example", ""])
def test_an_address_that_could_become_two_never_enters_the_outbox(desk: Desk, mailbox: int, bad: str) -> None:
    with pytest.raises(InvalidInput):
        put(desk, mailbox, bad)
    assert OutgoingMail.select().count() == 0


def test_a_mail_whose_bytes_are_gone_is_refused_and_others_go_on(
    desk: Desk, build: Builder, mailbox: int, smtp: SmtpSink
) -> None:
    from helpdeskctl.operations.messages import NewAttachment

    letter = Letter(
        to=[Person("a@x.example")], subject="x", text="x", files=[NewAttachment("a.txt", "text/plain", 1, "0" * 64)]
    )
    lost = outbox.enqueue(desk, letter, mailbox_id=mailbox, event="reply").id
    good = put(desk, mailbox)
    outbox.deliver(desk)
    assert (state_of(lost), state_of(good)) == ("refused", "sent")


def test_the_pauses_make_five_days_in_all() -> None:
    assert sum(delivery.BACK_OFF, timedelta()) == timedelta(days=5)


def test_the_job_reports_numbers_and_raises_what_failed(
    desk: Desk, build: Builder, mailbox: int, smtp: SmtpSink
) -> None:
    put(desk, mailbox)
    assert outbox.send_job(desk, stop=lambda: False)["sent"] == 1
    smtp.behaviour.refuse_auth = True
    put(desk, mailbox)
    with pytest.raises(NotPermitted):
        outbox.send_job(desk, stop=lambda: False)


def test_a_ticket_that_turns_out_to_be_spam_is_silent(desk: Desk, build: Builder, mailbox: int, smtp: SmtpSink) -> None:
    build.agent("ann@example.org", support="agent")
    number = build.ticket()
    outgoing = put(desk, mailbox, ticket=number, message=1)
    ticket_removal.spam(desk, build.actor("ann@example.org"), number)
    outbox.deliver(desk)
    assert (state_of(outgoing), states_of(outgoing)) == ("cancelled", {"ann@muster.example": "cancelled"})
    assert smtp.deliveries == []
