"""Mail that no person wrote: cases 11, 12 and 13, counted at the server that our mail leaves by."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import outbox
from helpdeskctl.operations.intake import take_in
from helpdeskctl.operations.intake_keep import Letter, Source
from helpdeskctl.operations.portal_requests import Guest, guest_request
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.operations.settings import put
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.tables import OutgoingRecipient, Suppression
from tests.clock import SteppedClock
from tests.post import SUPPORT, letter
from tests.security.scene import ALICE, FIRST, Scene
from tests.security.test_impersonation import form, request
from tests.servers.smtp import Delivery

DAY = 86400


def dsn(returned: str, address: str = ALICE, *, status: str = "5.1.1") -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {SUPPORT}\r\nSubject: Undelivered Mail\r\nReturn-Path: <>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {returned}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


class TestCase11:
    """A bounce of our reply marks that delivery and opens nothing; a forged one without our token changes nothing."""

    def test_the_true_one_marks_the_delivery_and_stops_automatic_mail_for_60_days(
        self, scene: Scene, clock: SteppedClock
    ) -> None:
        scene.answer()
        (reply,) = scene.sent()
        assert scene.pipe(dsn(reply.message["Message-ID"])) == "bounce"
        assert len(scene.tickets()) == 1
        assert OutgoingRecipient.select().order_by(OutgoingRecipient.id.desc()).get().state == "bounced"
        for days, sent in ((59, 1), (2, 2)):
            clock.advance(days * DAY)
            scene.pipe(letter(f"After {days}"))
            assert len(scene.sent()) == sent

    @pytest.mark.parametrize(
        "forge",
        [
            lambda mail_id: FIRST,
            lambda mail_id: mail_id.replace("hd.", "hd.9"),
            lambda mail_id: f"{mail_id[:20]}{'a' * 26}@example.org>",
            lambda mail_id: mail_id.upper(),
            lambda mail_id: "",
        ],
    )
    def test_a_forged_one_changes_nothing(self, scene: Scene, forge: Callable[[str], str]) -> None:
        scene.answer()
        (reply,) = scene.sent()
        before, states = scene.state(), [row.state for row in OutgoingRecipient.select()]
        assert scene.pipe(dsn(forge(reply.message["Message-ID"]))) == "quarantine"
        assert scene.state() == before
        assert [row.state for row in OutgoingRecipient.select()] == states
        assert (scene.held(), Suppression.select().count(), len(scene.sent())) == (["backscatter"], 0, 1)


Robot = Callable[[Delivery, int], bytes]


def answering(*, sender: str = "robot@acme.example", refers: bool = True, subject: str = "", lines: str = "") -> Robot:
    """A program that answers every mail of ours; `{n}` is the round."""

    def robot(mail: Delivery, n: int) -> bytes:
        got: EmailMessage = mail.message
        more = f"In-Reply-To: {got['Message-ID']}\n" if refers else ""
        return letter(
            (subject or "Re: {subject}").format(subject=got["Subject"], n=n),
            sender=sender.format(n=n),
            text=f"Round {n}",
            lines=more + lines,
        )

    return robot


ROBOTS: dict[str, Robot] = {
    "out of office, with headers": answering(lines="Auto-Submitted: auto-replied"),
    "out of office, without headers": answering(subject="Out of office: {subject}"),
    "out of office, without any sign": answering(refers=False, subject="I am away"),
    "a bounce that names nothing": answering(
        refers=False, sender="mailer-daemon@acme.example", subject="Delivery failed", lines="Return-Path: <>"
    ),
    "a second helpdesk": answering(refers=False, subject="[Their#10{n}] We have your request"),
    "a second helpdesk that refers": answering(subject="[Their#10{n}] We have your request"),
    "our own address": answering(sender=SUPPORT, refers=False),
    "changing senders that refer": answering(sender="robot{n}@acme.example"),
    "changing senders that keep the subject": answering(sender="robot{n}@acme.example", refers=False),
}


@pytest.mark.parametrize("name", ROBOTS)
class TestCase12:
    """Loop robots: automatic mail stays within MAIL-22 and the exchange stops within two rounds."""

    def exchange(self, scene: Scene, robot: Robot, *, most: int = 10) -> int:
        """Mails that our desk wrote until nobody answers any more."""
        scene.smtp.deliveries.clear()
        scene.pipe(letter("Hello", sender="robot@acme.example"))
        answered = 0
        for _ in range(most):
            outbox.deliver(scene.desk)
            fresh = scene.smtp.deliveries[answered:]
            if not fresh:
                break
            for mail in fresh:
                answered += 1
                scene.pipe(robot(mail, answered))
        return len(scene.smtp.deliveries)

    def test_it_ends(self, scene: Scene, name: str) -> None:
        assert self.exchange(scene, ROBOTS[name]) <= 2

    def test_nothing_is_lost_and_no_mailbox_of_ours_writes_to_itself(self, scene: Scene, name: str) -> None:
        self.exchange(scene, ROBOTS[name])
        assert scene.smtp.to(SUPPORT) == []
        assert scene.row().state in {"stored", "quarantined"}


class TestCase13:
    """1,000 forms and 1,000 mails naming victim@: mail to victim within MAIL-22, none with attacker-chosen text."""

    VICTIM = "victim@v.example"

    def test_a_thousand_of_each(self, scene: Scene) -> None:
        put(scene.desk, SYSTEM, "portal_url", "https://help.example.org")
        words = "BUY-CANARY http://spam.example"
        mails = [letter(f"{words} {n}", sender=f'"{words}" <{self.VICTIM}>', text=words) for n in range(1000)]
        letters = [Letter(raw, scene.desk.now()) for raw in mails]
        assert len(take_in(scene.desk, Source(1), letters, standing(scene.desk))) == 1000
        asked = request(words)
        for n in range(1000):
            try:
                guest_request(scene.desk, Guest(self.VICTIM, words), form(f"n{n}"), asked)
            except TooMany:
                continue
        scene.sent()
        assert 1 <= len(scene.smtp.to(self.VICTIM)) <= 5
        for mail in scene.smtp.to(self.VICTIM):
            text = mail.data.decode() + "".join(
                str(part.get_content()) for part in mail.message.walk() if part.get_content_maintype() == "text"
            )
            assert "CANARY" not in text
            assert "spam.example" not in text

    def test_receipts_are_one_an_hour_and_five_a_day(self, scene: Scene, clock: SteppedClock) -> None:
        for hour in range(24):
            for n in range(3):
                scene.pipe(letter(f"{hour} {n}", sender=self.VICTIM))
            clock.advance(3601)
        scene.sent()
        assert len(scene.smtp.to(self.VICTIM)) == 5
