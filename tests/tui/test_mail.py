"""What became of mail is seen in the ticket without opening anything, and handled by keys (OUT-4, OUT-5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import threads
from helpdeskctl.store.tables import OutgoingMail, OutgoingRecipient
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import sending, state_of, states_of
from tests.servers.smtp import SmtpSink
from tests.tui.driver import opened, work

ADA, ALICE = "ada@example.org", "alice@acme.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    return build


def answered(desk: Desk, build: Builder, state: str, detail: str = "", *, undo: int = 0) -> tuple[int, int]:
    """A ticket with an answer whose mail stands so; returns the ticket and the mail."""
    number = build.ticket(assignee=ADA)
    sent = replies.reply(desk, build.actor(ADA), number, Reply(body="Unplug it.", undo_seconds=undo))
    put(sent.outgoing_id, state, detail)
    return number, sent.outgoing_id


def put(mail: int, state: str, detail: str = "") -> None:
    of_mail = "sent" if state == "bounced" else state
    OutgoingMail.update(state=of_mail, attempts=1).where(OutgoingMail.id == mail).execute()
    OutgoingRecipient.update(state=state, detail=detail).where(OutgoingRecipient.outgoing_id == mail).execute()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("queued", "mail to alice@acme.example: waits to be sent: 4.2.0 busy"),
        ("sending", "is being sent"),
        ("deferred", "not yet, next try today 09:00: 4.2.0 busy"),
        ("refused", "! mail to alice@acme.example: NOT DELIVERED, refused: 4.2.0 busy"),
        ("bounced", "! mail to alice@acme.example: NOT DELIVERED, came back: 4.2.0 busy"),
        ("unknown", "! mail to alice@acme.example: UNKNOWN whether it arrived"),
        ("suppressed", "not sent, mail to there came back before"),
    ],
)
def test_the_thread_says_what_became_of_a_mail(desk: Desk, build: Builder, state: str, told: str) -> None:
    answered(desk, build, state, "4.2.0 busy")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "Unplug it.")
            await screen.expect(told)

    work(flow)


def test_a_mail_that_arrived_says_so_beside_its_time(desk: Desk, build: Builder) -> None:
    answered(desk, build, "sent", "250 ok")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "reply, sent")
            assert "250 ok" not in screen.text

    work(flow)


def test_a_held_reply_counts_its_seconds_in_the_thread_and_below(
    desk: Desk, build: Builder, clock: SteppedClock
) -> None:
    build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter", "r")
            await screen.at("composer", "To alice@")
            await screen.type("hello")
            await screen.press("ctrl+s")
            await screen.at("ticket", "z takes it back (10 s)")
            await screen.expect("leaves in 10 s")
            clock.advance(4)
            await screen.expect("z takes it back (6 s)")
            await screen.expect("leaves in 6 s")
            clock.advance(7)
            await screen.expect("it is on its way")

    work(flow)


def test_a_failed_answer_marks_the_ticket_wherever_it_is_seen(desk: Desk, build: Builder) -> None:
    number, _ = answered(desk, build, "refused", "550 no such user")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("! 1 undelivered")
            assert any(line.startswith(">   F") and str(number) in line for line in screen.lines)
            await screen.press("v")
            await screen.at("Picker")
            await screen.type("Not delivered")
            await screen.press("enter")
            await screen.expect("1/1 in Not delivered")
            await screen.press("enter")
            await screen.at("ticket", "! mail to alice@acme.example: NOT DELIVERED, refused: 550 no")
            assert "O: more, try again" in screen.text

    work(flow)


def test_a_refused_mail_is_tried_again_from_its_ticket(desk: Desk, build: Builder, smtp: SmtpSink) -> None:
    sending(desk, build, smtp, "own@example.org")
    number = build.ticket(assignee=ADA)
    new = Reply(body="Unplug it.", mailbox="own@example.org")
    mail = replies.reply(desk, build.actor(ADA), number, new).outgoing_id
    put(mail, "refused", "550 no such user")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("O")
            await screen.at("outbox", f"Mail of #{number}")
            await screen.expect("550 no such user")
            await screen.expect("The server will not take it.")
            await screen.press("t")
            await screen.expect(f"mail {mail} is tried again")
            await screen.expect(lambda: state_of(mail) == "sent")
            await screen.expect("alice@acme.example: sent today 09:00")

    work(flow)
    assert [delivery.rcpt_tos for delivery in smtp.deliveries] == [(ALICE,)]


def test_a_held_reply_goes_back_to_the_composer_from_the_outbox(desk: Desk, build: Builder) -> None:
    number, mail = answered(desk, build, "held", undo=10)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", "o")
            await screen.at("outbox", "leaves in 10 s")
            await screen.press("c")
            await screen.at("composer", "Unplug it.")

    work(flow)
    assert state_of(mail) == "cancelled"
    assert [message.text for message in threads.show(desk, SYSTEM, number).messages] == ["It is smoking again."]


@pytest.mark.parametrize(("key", "states"), [("y", {ALICE: "sent"}), ("l", {ALICE: "unknown"})])
def test_the_agent_decides_what_an_unknown_outcome_means(
    desk: Desk, build: Builder, key: str, states: dict[str, str]
) -> None:
    _, mail = answered(desk, build, "unknown")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", "o")
            await screen.at("outbox", "The server's answer was lost twice.")
            await screen.press(key)
            if key == "l":
                await screen.at("Confirm", "alice@acme.example does not have this mail.")
                await screen.press("y")
            await screen.at("outbox", "Nothing waits, and everything arrived")
            await screen.press("escape")
            await screen.at("desk")
            await screen.expect_gone("undelivered")

    work(flow)
    assert states_of(mail) == states


def test_a_mail_that_came_back_is_sent_to_another_address(desk: Desk, build: Builder) -> None:
    number, _ = answered(desk, build, "bounced", "5.1.1 no such user")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", "o")
            await screen.at("outbox", "It was taken and came back.")
            await screen.press("s")
            await screen.at("Ask", ALICE)
            await screen.press("ctrl+u")
            await screen.type("alice@new.example")
            await screen.press("enter")
            await screen.at("outbox", "alice@new.example")

    work(flow)
    newest = OutgoingMail.select().order_by(OutgoingMail.id.desc()).first()
    assert newest is not None and newest.ticket_id == number
    assert list(states_of(newest.id)) == ["alice@new.example"]


def test_what_waits_is_kept_from_leaving(desk: Desk, build: Builder) -> None:
    _, mail = answered(desk, build, "deferred", "451 later")
    OutgoingMail.update(not_before=desk.now() + timedelta(hours=1)).execute()

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", "o")
            await screen.at("outbox", "next try today 10:00: 451 later")
            await screen.press("c")
            await screen.expect(f"mail {mail} does not leave")

    work(flow)
    assert state_of(mail) == "cancelled"


def test_an_empty_outbox_says_so(desk: Desk, build: Builder) -> None:
    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", "o")
            await screen.at("outbox", "Nothing waits, and everything arrived as far as anybody knows.")
            await screen.press("u")
            await screen.at("desk")
            assert "Nothing waits" not in screen.text

    work(flow)
