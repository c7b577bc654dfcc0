"""Case 60: clocks that jump, summer time, and mail dated long ago or far ahead change no order and revive no token."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.operations import outbox, portal_tokens
from helpdeskctl.queries import access, threads
from helpdeskctl.store.tables import Mailbox, Message, OutgoingMail, Ticket
from tests.builders import Builder
from tests.clock import A_TUESDAY, SteppedClock
from tests.outgoing import put, sending, state_of
from tests.post import Post, letter
from tests.servers.imap import ImapServer
from tests.servers.smtp import SmtpSink

HOUR = 3600.0
FIVE_YEARS = 5 * 365 * 24 * HOUR
JUMPS = [-HOUR, -24 * HOUR, FIVE_YEARS, -FIVE_YEARS]


@pytest.fixture
def post(desk: Desk) -> Post:
    """A desk with a mailbox."""
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def answer(post: Post, number: int, n: int, date: str) -> bytes:
    """A customer's next mail in a ticket."""
    mail_id = post.answer_id(number, Message.get(Message.ticket_id == number).id)
    raw = letter(f"Re: part {n}", text=f"Part {n}.", lines=f"In-Reply-To: {mail_id}", mail_id=f"<part{n}@acme.example>")
    return raw.replace(b"Date: Tue, 10 Mar 2026 08:59:00 +0000", f"Date: {date}".encode())


DATES = [
    "Thu, 01 Jan 1970 00:00:00 +0000",
    "Thu, 31 Dec 2099 23:59:59 +0000",
    "Sun, 29 Mar 2026 02:30:00 +0100",  # an hour that summer time leaves out
    "Sun, 25 Oct 2026 02:30:00 +0200",  # and one that comes twice
    "Fri, 31 Feb 2026 25:61:61 +9999",
    "never",
]


def test_the_order_of_messages_is_the_order_in_which_they_came(post: Post, clock: SteppedClock) -> None:
    post.pipe(letter("Part 0", text="Part 0."))
    number = post.tickets()[0].id
    for n, date in enumerate(DATES, 1):
        clock.advance(JUMPS[n % len(JUMPS)])
        assert post.pipe(answer(post, number, n, date)) == "add", date
    bodies = [row.body.strip() for row in Message.select().where(Message.ticket_id == number).order_by(Message.id)]
    assert bodies == [f"Part {n}." for n in range(len(DATES) + 1)]
    post.build.agent("ann@example.org", support="agent")
    thread = threads.show(post.desk, access.agent_actor(post.desk, "ann@example.org"), number)
    assert [message.text.strip() for message in thread.messages] == bodies


@pytest.mark.parametrize("jump", JUMPS)
def test_no_jump_of_the_clock_revives_a_token(desk: Desk, clock: SteppedClock, jump: float) -> None:
    contact = Builder(desk).contact("alice@acme.example")

    def new() -> str:
        lasts = timedelta(minutes=30)
        return portal_tokens.issue(desk, "reset", lasts=lasts, contact_id=contact, address="alice@acme.example")

    used, expired = new(), new()
    assert portal_tokens.redeem(desk, used, "reset") is not None
    clock.advance(HOUR)
    assert portal_tokens.redeem(desk, expired, "reset") is None
    portal_tokens.forget_old(desk)
    clock.advance(jump - HOUR)
    assert portal_tokens.redeem(desk, used, "reset") is None
    assert jump == -HOUR or portal_tokens.redeem(desk, expired, "reset") is None
    clock.set(A_TUESDAY + timedelta(minutes=1))
    fresh = new()
    assert portal_tokens.redeem(desk, fresh, "reset") is not None


@pytest.mark.parametrize("date", DATES)
def test_a_date_in_a_mail_decides_nothing_about_its_ticket(post: Post, clock: SteppedClock, date: str) -> None:
    raw = letter("Odd date").replace(b"Tue, 10 Mar 2026 08:59:00 +0000", date.encode())
    assert post.pipe(raw) == "open"
    (ticket,) = post.tickets()
    assert ticket.created_at == ticket.updated_at == clock.now
    assert [mail.not_before for mail in post.outbox()] == [clock.now]


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_while_mail_waits_leaves_none_stuck(
    desk: Desk, clock: SteppedClock, smtp: SmtpSink, jump: float
) -> None:
    mailbox = sending(desk, Builder(desk), smtp)
    smtp.behaviour.data = "451 not now"
    outgoing = put(desk, mailbox)
    outbox.deliver(desk)
    clock.advance(jump)
    smtp.behaviour.data = None
    late = 0
    while state_of(outgoing) != "sent":
        outbox.deliver(desk)
        clock.advance(HOUR)
        late += 1
        assert late < 30, OutgoingMail.get().not_before
    assert len(smtp.deliveries) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_leaves_no_mailbox_alone_for_good(
    post: Post, clock: SteppedClock, imap: ImapServer, jump: float
) -> None:
    account = imap.account("clock")
    account.append(letter("Waiting"))
    post.mailbox_at(account, "clock@example.org", imap_url="imap+insecure://x@127.0.0.1:1")
    (report,) = post.fetch("clock@example.org", patient=True)
    assert report.error is not None
    url = f"imaps://{account.user.replace('@', '%40')}@{account.server.host}:{account.server.tls_port}"
    Mailbox.update(imap_url=url).where(Mailbox.address == "clock@example.org").execute()
    clock.advance(jump)
    for _ in range(26):
        if Message.select().count():
            break
        post.fetch("clock@example.org", patient=True)
        clock.advance(HOUR)
    assert [row.subject for row in Message.select()] == ["Waiting"]


def test_mail_received_around_the_change_of_summer_time_keeps_its_instants(
    post: Post, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    instants = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + n * timedelta(minutes=30) for n in range(4)]
    for n, instant in enumerate(instants):
        clock.set(instant)
        post.pipe(letter(f"Night {n}", sender=f"p{n}@acme.example"))
    found = [row.created_at for row in Ticket.select().order_by(Ticket.id)]
    assert found == instants
