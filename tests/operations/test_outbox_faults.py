"""What goes wrong between the outbox and a server: nothing is lost, nothing leaves more than twice."""

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

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotPermitted, Refused
from helpdeskctl.operations import outbox, queue
from helpdeskctl.store.tables import (
    Mailbox,
    OutgoingMail,
    OutgoingRecipient,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import put, sending, state_of, states_of
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
