"""Mail of a hostile sender who knows more than a stranger: who was in Cc once, who has a mail of ours (I8, A3-A13)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.operations import intake, replies
from helpdeskctl.operations.intake_keep import Letter, Source
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.tables import (
    ContactAddress,
    OutgoingMail,
    OutgoingRecipient,
    Participant,
    Suppression,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.desks import INSTALLATION
from tests.post import Post, letter

EVE = "Eve <eve@beta.example>"
DAY = 86400


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def people(number: int) -> dict[str, str]:
    """Who is on a ticket besides its requester, and how."""
    return {
        ContactAddress.get(ContactAddress.contact_id == row.contact_id).address: row.state
        for row in Participant.select().where(Participant.ticket_id == number)
    }


def closed_for_good(post: Post, clock: SteppedClock, **columns: object) -> int:
    number = post.build.ticket("Salaries", status="closed", closed_at=clock(), **columns)
    clock.advance(100 * DAY)
    return number


class TestFollowUps:
    def test_people_in_cc_of_a_mail_that_goes_on_with_a_ticket_are_only_suggested(
        self, post: Post, clock: SteppedClock
    ) -> None:
        number = closed_for_good(post, clock)
        assert post.pipe(letter(f"Re: [Support#{number}] Salaries", lines=f"Cc: {EVE}")) == "open"
        assert people(post.tickets()[-1].id) == {"eve@beta.example": "suggested"}

    def test_reply_to_hands_no_ticket_on_to_somebody_else(self, post: Post, clock: SteppedClock) -> None:
        number = closed_for_good(post, clock, requester="noreply@acme.example")
        mail = letter("", sender="noreply@acme.example", to=f"support@example.org\r\nReply-To: {EVE}",
                      lines=f"In-Reply-To: {post.answer_id(number, post.messages(number)[0].id)}")  # fmt: skip
        assert post.pipe(mail) == "open"
        assert post.tickets()[-1].requester_address == "noreply@acme.example"


class TestSuppression:
    def test_a_copy_that_says_to_be_our_own_mail_does_not_suppress_the_mail_itself(self, post: Post) -> None:
        true = letter("Please cancel", mail_id="<true@acme.example>")
        head, _, body = true.partition(b"\r\n\r\n")
        forged = head + f"\r\n{INSTALLATION_HEADER}: {INSTALLATION}\r\n\r\n".encode() + body
        assert post.pipe(forged) == "reflected"
        assert post.pipe(true) == "open"
        assert [post.pipe(true), post.pipe(forged)] == ["duplicate", "duplicate"]

    def test_nor_when_both_come_in_one_run(self, post: Post) -> None:
        true = letter("Please cancel", mail_id="<true@acme.example>")
        head, _, body = true.partition(b"\r\n\r\n")
        forged = head + f"\r\n{INSTALLATION_HEADER}: {INSTALLATION}\r\n\r\n".encode() + body
        letters = [Letter(raw, post.desk.now()) for raw in (forged, true, true)]
        assert intake.take_in(post.desk, Source(None), letters, standing(post.desk)) == [
            "reflected", "open", "duplicate",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "lines",
        ["X-Apple-Unsubscribe: true", "Content-Type: multipart/report; report-type=feedback-report; boundary=b"],
    )
    @pytest.mark.parametrize("together", [False, True])
    def test_a_copy_that_says_to_be_a_complaint_does_not_suppress_the_mail_itself(
        self, post: Post, lines: str, together: bool
    ) -> None:
        true = letter("Please cancel", mail_id="<true@acme.example>")
        forged = letter("Please cancel", mail_id="<true@acme.example>", lines=lines)
        mails = (forged, true, true)
        if together:
            letters = [Letter(raw, post.desk.now()) for raw in mails]
            became = intake.take_in(post.desk, Source(None), letters, standing(post.desk))
        else:
            became = [post.pipe(raw) for raw in mails]
        assert became == ["complaint", "open", "duplicate"]

    def dsn(self, returned: str, address: str) -> bytes:
        return (
            "From: MAILER-DAEMON@mx.example\r\nTo: support@example.org\r\nSubject: Undelivered Mail\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {returned}\r\nSubject: x\r\n\r\n--b--\r\n"
        ).encode()

    def test_who_got_the_same_mail_cannot_stop_the_other_s_automatic_mail_by_a_bounce(self, post: Post) -> None:
        post.build.agent("ann@example.org", support="agent")
        post.pipe(letter("Hello", lines=f"Cc: {EVE}"))
        number = post.tickets()[0].id
        sent = replies.reply(post.desk, post.build.actor("ann@example.org"), number, Reply(body="See below."))
        OutgoingRecipient.update(state="sent").execute()
        mail_id = OutgoingMail.get(OutgoingMail.id == sent.outgoing_id).mail_id
        assert post.pipe(self.dsn(mail_id, "alice@acme.example")) == "bounce"
        assert [row.address for row in Suppression.select()] == []


class TestTwins:
    """Two addresses that fold to one another are two people's."""

    @pytest.mark.parametrize(
        ("victim", "twin"),
        [
            ("strasse@acme.example", "straße@acme.example"),
            ("alice@strasse.example", "alice@straße.example"),
            ("fiona@acme.example", "ﬁona@acme.example"),
            ("kim@acme.example", "\u212aim@acme.example"),
            ("sam@acme.example", "ſam@acme.example"),
        ],
    )
    def test_an_address_that_only_folds_to_the_requester_s_takes_no_part(
        self, post: Post, victim: str, twin: str
    ) -> None:
        number = post.build.ticket(requester=victim)
        mail = letter(f"Re: [Support#{number}] Printer", sender=twin)
        assert post.pipe(mail) != "add"
        assert len(post.messages(number)) == 1
        assert all(ticket.requester_address == victim for ticket in Ticket.select().where(Ticket.id == number))
        assert [t.requester_address for t in post.tickets() if t.id != number] in ([], [twin])
