"""The outbox on both databases with a real SMTP server: each mail once, late ones later, lost answers with one id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import delivery
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import automatic, outbox, queue
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.store.tables import (
    DeskState,
    Event,
    Mailbox,
    OutgoingMail,
    OutgoingRecipient,
    Secret,
    Suppression,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.servers.certificates import Certificates
from tests.servers.proxy import proxy
from tests.servers.smtp import SmtpSink

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build(desk: Desk) -> Builder:
    """Makes things on the desk."""
    return Builder(desk)


@pytest.fixture
def mailbox(desk: Desk, build: Builder, smtp: SmtpSink) -> int:
    """A mailbox of support that sends through the sink, with a password."""
    return sending(desk, build, smtp)


def sending(desk: Desk, build: Builder, smtp: SmtpSink, address: str = "support@example.org", **columns: Any) -> int:
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal("pw"), changed_at=desk.now()).execute()
    url = f"smtp://support%40example.org@localhost:{smtp.port}"
    given = {"smtp_url": url, "ca_file": str(smtp.ca_file), "secret_id": secret} | columns
    return build.mailbox(address, **given)


def put(desk: Desk, mailbox: int, *to: str, subject: str = "Hello", **more: Any) -> int:
    """A mail in the outbox."""
    letter = Letter(to=[Person(address) for address in to or ("ann@muster.example",)], subject=subject, text="Text")
    return outbox.enqueue(desk, letter, mailbox_id=mailbox, event="reply", **more).id


def state_of(outgoing: int) -> str:
    return str(OutgoingMail.get(OutgoingMail.id == outgoing).state)


def states_of(outgoing: int) -> dict[str, str]:
    rows = OutgoingRecipient.select().where(OutgoingRecipient.outgoing_id == outgoing)
    return {row.address: row.state for row in rows}


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


def test_a_server_that_is_away_is_tried_again_at_growing_pauses_for_five_days(
    desk: Desk, clock: SteppedClock, build: Builder, smtp: SmtpSink
) -> None:
    mailbox = sending(desk, build, smtp, smtp_url="smtp+insecure://127.0.0.1:1")
    outgoing, pauses = put(desk, mailbox), []
    while (row := OutgoingMail.get(OutgoingMail.id == outgoing)).state in ("queued", "deferred"):
        pauses.append(row.not_before - clock.now)
        clock.set(max(clock.now, row.not_before))
        report = outbox.deliver(desk)
        assert report.mailboxes[0].error is not None
    minutes = [round(pause.total_seconds() / 60) for pause in pauses]
    assert minutes[:5] == [0, 1, 5, 15, 60]
    assert sum(pauses, timedelta()) == timedelta(days=5)
    assert state_of(outgoing) == "refused"
    assert OutgoingRecipient.get().detail.startswith("given up after five days: ")


def test_a_server_down_for_a_day_gets_each_mail_once_when_it_is_back(
    desk: Desk, clock: SteppedClock, build: Builder, smtp: SmtpSink
) -> None:
    mailbox = sending(desk, build, smtp, smtp_url="smtp+insecure://127.0.0.1:1")
    ids = [put(desk, mailbox, f"c{n}@x.example") for n in range(3)]
    for _ in range(24):
        outbox.deliver(desk)
        clock.advance(3600)
    Mailbox.update(smtp_url=f"smtp://support%40example.org@localhost:{smtp.port}").execute()
    for _ in range(24):
        outbox.deliver(desk)
        clock.advance(3600)
    assert sorted(taken.rcpt_tos[0] for taken in smtp.deliveries) == ["c0@x.example", "c1@x.example", "c2@x.example"]
    assert {state_of(each) for each in ids} == {"sent"}


def test_a_mailbox_whose_server_fails_stops_no_other(desk: Desk, build: Builder, smtp: SmtpSink) -> None:
    broken = sending(desk, build, smtp, "a-broken@example.org", smtp_url="smtp+insecure://127.0.0.1:1")
    good = sending(desk, build, smtp)
    put(desk, broken), put(desk, good)
    report = outbox.deliver(desk)
    assert (report.total("sent"), report.total("deferred")) == (1, 1)
    error = next(each.error for each in report.mailboxes if each.address == "a-broken@example.org")
    assert error is not None and "a-broken@example.org" in error.message
    assert error.hint == "helpdeskctl mailbox test a-broken@example.org"


def test_a_wrong_certificate_keeps_the_mail_and_says_why(
    desk: Desk, build: Builder, smtp: SmtpSink, certificates: Certificates
) -> None:
    with proxy(("localhost", smtp.port), certificate=certificates.wrong_host) as front:
        mailbox = sending(desk, build, smtp, smtp_url=f"smtps://support@localhost:{front.port}")
        outgoing = put(desk, mailbox)
        (report,) = outbox.deliver(desk).mailboxes
    assert isinstance(report.error, Refused)
    assert state_of(outgoing) == "deferred" and smtp.deliveries == []
    assert "certificate" in OutgoingRecipient.get().detail


def test_a_wrong_password_names_the_mailbox_and_the_command(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    smtp.behaviour.refuse_auth = True
    put(desk, mailbox)
    (report,) = outbox.deliver(desk).mailboxes
    assert isinstance(report.error, NotPermitted)
    assert report.error.hint == "helpdeskctl mailbox password support@example.org --password-file FILE"


def test_a_lost_answer_is_tried_once_more_with_the_same_id_and_then_left_to_people(
    desk: Desk, clock: SteppedClock, mailbox: int, smtp: SmtpSink
) -> None:
    smtp.behaviour.lose_answer = True
    outgoing = put(desk, mailbox)
    for _ in range(50):
        outbox.deliver(desk)
        clock.advance(86400)
    assert len(smtp.deliveries) == 2
    assert len({taken.message["Message-ID"] for taken in smtp.deliveries}) == 1
    assert (state_of(outgoing), states_of(outgoing)) == ("unknown", {"ann@muster.example": "unknown"})
    smtp.behaviour.lose_answer = False
    queue.retry(desk, SYSTEM, outgoing)
    outbox.deliver(desk)
    assert state_of(outgoing) == "sent"


def test_a_lost_answer_that_goes_well_the_second_time_is_sent(
    desk: Desk, clock: SteppedClock, mailbox: int, smtp: SmtpSink
) -> None:
    smtp.behaviour.lose_answer = True
    outgoing = put(desk, mailbox)
    outbox.deliver(desk)
    assert state_of(outgoing) == "deferred"
    smtp.behaviour.lose_answer = False
    clock.advance(60)
    outbox.deliver(desk)
    assert (state_of(outgoing), len(smtp.deliveries)) == ("sent", 2)


def test_after_a_connection_breaks_the_next_mail_gets_a_new_one(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    smtp.behaviour.lose_answer = True
    put(desk, mailbox), put(desk, mailbox)
    outbox.deliver(desk)
    assert (len(smtp.deliveries), len(smtp.logins)) == (2, 2)


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


def test_a_retry_written_by_a_clock_that_ran_ahead_is_not_stuck(
    desk: Desk, clock: SteppedClock, mailbox: int, smtp: SmtpSink
) -> None:
    smtp.behaviour.data = "451 not now"
    clock.advance(5 * 365 * 86400)
    outgoing = put(desk, mailbox)
    outbox.deliver(desk)
    clock.advance(-5 * 365 * 86400)
    smtp.behaviour.data = None
    outbox.deliver(desk)
    assert state_of(outgoing) == "sent"


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


def test_two_senders_at_once_send_each_mail_once(desk: Desk, mailbox: int, smtp: SmtpSink) -> None:
    ids = [put(desk, mailbox, f"c{number}@x.example") for number in range(24)]
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with desk.connected():
                outbox.deliver(desk)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert sorted(taken.rcpt_tos[0] for taken in smtp.deliveries) == sorted(f"c{n}@x.example" for n in range(24))
    assert {state_of(each) for each in ids} == {"sent"}


_SENDER = """
import sys
from helpdeskctl import config
from helpdeskctl.desk import open_desk
from helpdeskctl.operations import outbox
from pathlib import Path
desk = open_desk(config.load(Path(sys.argv[1]), {}))
with desk.connected():
    print("ready", flush=True)
    outbox.deliver(desk)
"""


def killed_sender(config: Path, when: Callable[[], bool]) -> None:
    """A real process that delivers, killed as soon as `when` holds."""
    with subprocess.Popen([sys.executable, "-c", _SENDER, str(config)], cwd=ROOT, env={**os.environ}) as sender:
        deadline = time.monotonic() + 30
        while not when() and sender.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        sender.send_signal(signal.SIGKILL)
        assert sender.wait(10) == -signal.SIGKILL, "it ended before it could be killed"


@pytest.mark.parametrize("point", ["before the mail", "after the mail"])
def test_a_sender_killed_between_claim_and_record_loses_nothing_and_sends_at_most_twice(
    desk: Desk, build: Builder, smtp: SmtpSink, point: str
) -> None:
    mailbox = sending(desk, build, smtp)
    clock = SteppedClock(datetime.now(UTC))
    now = replace(desk, clock=clock)  # the process below has the real clock
    outgoing, other = put(now, mailbox), put(now, mailbox, "other@x.example")
    if point == "before the mail":
        smtp.behaviour.slow = 5
    else:
        smtp.behaviour.hold_answer = 5

    def reached() -> bool:
        return len(smtp.deliveries) > 0 if smtp.behaviour.hold_answer else state_of(outgoing) == "sending"

    assert desk.config.path is not None
    killed_sender(desk.config.path, reached)
    copies = len(smtp.deliveries)
    assert (state_of(outgoing), state_of(other)) == ("sending", "queued")
    smtp.behaviour.slow, smtp.behaviour.hold_answer = 0, 0

    outbox.deliver(now)
    assert state_of(outgoing) == "sending", "the lease of the dead sender still runs"
    assert state_of(other) == "sent"
    clock.advance(21 * 60)
    outbox.deliver(now)
    assert state_of(outgoing) == "sent"
    taken = smtp.to("ann@muster.example")
    assert len(taken) == copies + 1 <= 2
    assert len({each.message["Message-ID"] for each in taken}) == 1
    assert len(smtp.to("other@x.example")) == 1


def test_a_second_death_with_the_same_mail_is_left_to_people(desk: Desk, clock: SteppedClock, mailbox: int) -> None:
    from helpdeskctl.operations import outbox_rows

    outgoing = put(desk, mailbox)
    for _ in range(2):
        outbox_rows.recover(desk)
        assert outbox_rows.claim(desk, mailbox) is not None
        clock.advance(21 * 60)
    outbox_rows.recover(desk)
    assert outbox_rows.claim(desk, mailbox) is None
    assert (state_of(outgoing), states_of(outgoing)) == ("unknown", {"ann@muster.example": "unknown"})


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
