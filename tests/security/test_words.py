"""What strangers write and what nobody may read: cases 14 and 15."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.operations import forwards, messages, replies
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access, portal_thread, portal_tickets
from helpdeskctl.store.tables import Attachment, Contact, ContactAddress, Message, Participant, Ticket
from tests.post import SUPPORT, letter
from tests.security.scene import ALICE, ANN, BOB, EVE, Scene

ENCODED = {
    "newline": "=?utf-8?q?hi=0AX-Injected:_1?=",
    "carriage return": "=?utf-8?q?hi=0DX-Injected:_1?=",
    "both": "=?utf-8?b?aGkNClgtSW5qZWN0ZWQ6IDENCg0KYm9keQ==?=",
    "a new mail": "=?utf-8?q?hi=0D=0ABcc:_eve=40beta.example=0D=0A=0D=0AHello?=",
    "escape": "=?utf-8?q?=1B]0;owned=07=1B[2J?=",
    "nul": "=?utf-8?q?a=00b?=",
    "next line": "=?utf-8?q?a=C2=85Bcc:_x=40y.example?=",
    "line separator": "=?utf-8?q?a=E2=80=A8Bcc:_x=40y.example?=",
    "bidi": "=?utf-8?b?4oCuZ25w?=",
    "surrogate": "=?utf-8?q?=ED=A0=80?=",
}


@pytest.mark.parametrize("kind", ENCODED)
class TestCase14:
    """Encoded newline, ESC and NUL in subject, name, file name: a reply can be sent, to the intended people only."""

    def test_the_reply_is_sendable_with_one_subject_to_the_intended_recipients(self, scene: Scene, kind: str) -> None:
        bad = ENCODED[kind]
        raw = (
            f"From: {bad} <carl@c.example>\r\nTo: {SUPPORT}\r\nSubject: {bad}\r\nMessage-ID: <14@c.example>\r\n"
            f"References: {bad} <a@b> <c\x00d@e>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi\x1b[2J\r\n'
            f'--b\r\nContent-Type: application/pdf; name="{bad}"\r\n'
            f'Content-Disposition: attachment; filename="{bad}"\r\n\r\nPDF\r\n--b--\r\n'
        ).encode()
        assert scene.pipe(raw) == "open"
        number, ann = scene.newest().id, scene.build.actor(ANN)
        before = len(scene.sent())
        replies.reply(scene.desk, ann, number, Reply(body="Here", attachments=self.files(number)))
        forwards.forward(scene.desk, ann, number, Forward(to=["boss@example.org"]))
        reply, forward = scene.sent()[before:]
        assert (reply.rcpt_tos, forward.rcpt_tos) == (("carl@c.example",), ("boss@example.org",))
        for mail in (reply, forward):
            head = mail.data.partition(b"\r\n\r\n")[0]
            assert head.lower().count(b"\r\nsubject:") == 1
            assert not any(name in mail.message for name in ("X-Injected", "Bcc"))
            assert b"\x00" not in mail.data
            assert b"\x1b" not in mail.data
            decoded = [str(mail.message["Subject"]), str(mail.message["To"])]
            decoded += [part.get_filename() or "" for part in mail.message.walk()]
            assert not [c for text in decoded for c in text if ord(c) < 32 or c in "\x7f\x85\u2028\u202e"]

    def files(self, number: int) -> list[messages.NewAttachment]:
        """The customer's file, sent back."""
        row = Attachment.select().join(Message, on=(Message.id == Attachment.message_id)).get()
        return [messages.NewAttachment(row.filename, row.content_type, row.size, row.sha256)]

    def test_what_is_kept_holds_no_control_character(self, scene: Scene, kind: str) -> None:
        scene.pipe(letter(ENCODED[kind], sender=f"{ENCODED[kind]} <carl@c.example>"))
        texts = [Ticket.select().order_by(Ticket.id.desc()).get().subject]
        texts += [message.author_name for message in Message.select()] + [row.name for row in Contact.select()]
        assert not [c for text in texts for c in text if ord(c) < 32 or c in "\x7f\x85\x9b"]


class TestCase15:
    """Internal notes and Bcc addresses appear in no outgoing mail, portal page, search result or customer's export."""

    NOTE, FILE, BLIND = "N1-CANARY", "F1-CANARY.txt", "blind-canary@secret.example"

    @pytest.fixture
    def leaks(self, scene: Scene) -> Scene:
        """T1 with a note, its file, and an answer with a blind copy; then everything that could carry them further."""
        note = scene.build.note(scene.number, f"{self.NOTE} in a note", agent=ANN)
        scene.build.attachment(note, self.FILE, b"F1-CANARY inside")
        scene.build.participant(scene.number, BOB, may_view=True)
        ann = scene.build.actor(ANN)
        scene.answer("First answer", bcc=[self.BLIND])
        scene.answer("Second answer", cc=[EVE])
        forwards.forward(scene.desk, ann, scene.number, Forward(to=["boss@example.org"], body="Look"))
        scene.pipe(letter(f"Re: [Support#{scene.number}] Printer", text="Thanks"))
        scene.answer("Third answer")
        return scene

    def test_no_mail_but_the_blind_one_itself_knows_of_them(self, leaks: Scene) -> None:
        mails = leaks.sent()
        assert len(mails) >= 4
        for mail in mails:
            parts = [part for part in mail.message.walk() if not part.is_multipart()]
            text = mail.data.decode("latin-1") + "".join(str(part.get_content()) for part in parts)
            assert self.NOTE not in text
            assert "F1-CANARY" not in text
            assert "blind-canary" not in text
        assert [mail.rcpt_tos for mail in mails if self.BLIND in mail.rcpt_tos]

    @pytest.mark.parametrize("who", [ALICE, BOB])
    def test_no_page_and_no_search_of_a_customer_does(self, leaks: Scene, who: str) -> None:
        Contact.update(portal_access=True).execute()
        ContactAddress.update(confirmed_at=leaks.desk.now()).execute()
        contact = ContactAddress.get(ContactAddress.address == who).contact_id
        actor = access.contact_actor(leaks.desk, contact)
        assert leaks.sees(who)
        shown: list[Any] = [
            portal_tickets.detail(leaks.desk, actor, leaks.number),
            portal_thread.thread(leaks.desk, actor, leaks.number),
            portal_tickets.page(leaks.desk, actor, show="all"),
        ]
        for words in (self.NOTE, "F1-CANARY", "blind-canary", "canary"):
            page = portal_tickets.page(leaks.desk, actor, show="all", query=words)
            assert page.lines == (), words
        assert "canary" not in repr(shown).casefold()

    def test_nor_does_a_blind_recipient_take_part(self, leaks: Scene) -> None:
        people = [row.contact_id for row in Participant.select()]
        assert (
            ContactAddress.get_or_none(ContactAddress.address == self.BLIND, ContactAddress.contact_id.in_(people))
            is None
        )
