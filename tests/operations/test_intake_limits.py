"""Mail that is too large, too much or goes in circles, and who is let in all the same (MAIL-18, MAIL-19, DEP-8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import MOST_REPEATED
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.mail.identity import Identity
from helpdeskctl.mail.parse import identity
from helpdeskctl.operations import blocks, quarantine, settings
from helpdeskctl.store.tables import Department, IncomingMail, Mailbox, OutgoingMail, Quarantine, Tag, Ticket, TicketTag
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

EVE = "Eve <eve@beta.example>"
LARGE = letter("Large", text="x" * 30 + "\r\n" + "y" * 3000)


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


@pytest.fixture
def account(imap: ImapServer, clock: SteppedClock) -> ImapAccount:
    clock.set(datetime.now(UTC))
    return imap.account()


def told() -> list[tuple[str, str]]:
    """What was mailed: event and what it says of the limit."""
    return [(row.event, row.content["text"]) for row in OutgoingMail.select().order_by(OutgoingMail.id)]


def mailbox_at(account: ImapAccount, post: Post, **columns: Any) -> None:
    Mailbox.delete().execute()
    post.mailbox_at(account, max_size=2048, **columns)


class TestSize:
    def test_what_stays_on_the_server_is_told_to_its_sender_once_and_in_plain_words(
        self, post: Post, account: ImapAccount
    ) -> None:
        mailbox_at(account, post)
        account.append(LARGE)
        post.fetch()
        post.fetch()
        account.recreate()
        post.fetch()
        assert [row.state for row in IncomingMail.select()] == ["left", "left"]
        ((event, text),) = told()
        assert event == "too_large"
        assert "1 MB" in text
        assert "Large" not in text
        assert post.outbox()[0].sender_null

    def test_what_is_to_wait_is_fetched_and_held_whole_and_its_sender_told_once(
        self, post: Post, account: ImapAccount
    ) -> None:
        mailbox_at(account, post, too_large="quarantine")
        account.append(letter("One"), LARGE, letter("Two"))
        report = post.fetch()[0].tally
        assert (report.counts["opened"], report.counts["quarantined"]) == (2, 1)
        row = IncomingMail.get(IncomingMail.state == "quarantined")
        kept = post.desk.blobs.get(row.raw_sha256)
        assert (kept.replace(b"\r\n", b"\n"), row.size) == (LARGE.replace(b"\r\n", b"\n"), len(kept))
        assert (row.identity, row.rule, row.sender) == (identity(LARGE).hex(), "size", "alice@acme.example")
        assert [event for event, _ in told()].count("too_large") == 1
        account.recreate()
        assert post.fetch()[0].tally.counts["duplicate"] == 3
        assert Quarantine.select().count() == 1

    def test_a_person_may_let_it_in_whole(self, post: Post, account: ImapAccount) -> None:
        mailbox_at(account, post, too_large="quarantine")
        account.append(LARGE)
        post.fetch()
        quarantine.release(post.desk, SYSTEM, post.row().id)
        assert post.messages(post.tickets()[0].id)[0].body.endswith("y" * 3000)

    @pytest.mark.parametrize("policy", ["leave", "quarantine"])
    @pytest.mark.parametrize(
        "head", ["Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x.y>", "Return-Path: <>"]
    )
    def test_no_program_is_told(self, post: Post, account: ImapAccount, policy: str, head: str) -> None:
        mailbox_at(account, post, too_large=policy)
        account.append(letter("Large", lines=head, text="y" * 3000))
        post.fetch()
        assert told() == []

    @pytest.mark.parametrize("policy", ["leave", "quarantine"])
    def test_who_is_blocked_hears_nothing(self, post: Post, account: ImapAccount, policy: str) -> None:
        blocks.add(post.desk, SYSTEM, "acme.example")
        mailbox_at(account, post, too_large=policy)
        account.append(LARGE)
        post.fetch()
        assert told() == []

    def test_a_mail_by_pipe_waits_too_and_nothing_in_it_is_read(self, post: Post) -> None:
        Mailbox.update(max_size=2048).execute()
        assert post.pipe(LARGE) == "quarantine"
        assert post.desk.blobs.get(post.row().raw_sha256 or "") == LARGE
        assert [event for event, _ in told()] == ["too_large"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(
    "body", [b"a\r\nb\r\n\r\n\n", b"\r\r\n\ra\r\r\n\r\r", b"", b"\n\n\n", b"a\r", b"one\rtwo\n\rthree"]
)
def test_the_identity_of_a_mail_in_pieces_is_that_of_the_whole(body: bytes, size: int) -> None:
    head = b"From: a@b.example\r\nMessage-ID: <1@a>\r\nSubject: x\r\n\r\n"
    known = Identity(head + body[:4])
    for at in range(4, len(body), size):
        known.add(body[at : at + size])
    assert known.hex() == identity(head + body).hex()


class TestFloods:
    @pytest.fixture(autouse=True)
    def three(self, post: Post) -> None:
        settings.put(post.desk, SYSTEM, "sender_tickets", 3)

    def test_the_fourth_ticket_of_one_sender_waits_others_do_not_and_neither_do_answers(
        self, post: Post, clock: SteppedClock
    ) -> None:
        words = [post.pipe(letter(f"Number {n}", sender="Alice <ALICE@acme.example>")) for n in range(5)]
        assert words == ["open"] * 3 + ["quarantine"] * 2
        assert post.held() == ["rate_limited"] * 2
        assert post.pipe(letter("Me too", sender=EVE)) == "open"
        number = post.tickets()[0].id
        assert [post.pipe(letter(f"Re: [Support#{number}] {n}")) for n in range(5)] == ["add"] * 5
        quarantine.release(post.desk, SYSTEM, IncomingMail.get(IncomingMail.state == "quarantined").id)
        assert len(post.tickets()) == 5
        clock.advance(11 * 60)
        assert post.pipe(letter("Later")) == "open"

    def test_a_closed_ticket_is_no_way_round(self, post: Post, clock: SteppedClock) -> None:
        number = post.build.ticket(billed=True)
        words = [post.pipe(letter(f"Re: [Support#{number}] {n}")) for n in range(5)]
        assert words == ["open"] * 3 + ["quarantine"] * 2

    def test_a_backlog_is_no_flood(self, post: Post, account: ImapAccount) -> None:
        Mailbox.delete().execute()
        post.mailbox_at(account)
        with account.client() as client:
            for n in range(5):
                client.append("INBOX", letter(f"Number {n}"), msg_time=datetime(2026, 3, 1, n, tzinfo=UTC))
        assert post.fetch()[0].tally.counts["opened"] == 5

    def test_who_is_on_the_allow_list_may(self, post: Post) -> None:
        blocks.add(post.desk, SYSTEM, "acme.example", allow=True)
        assert [post.pipe(letter(f"Number {n}")) for n in range(5)] == ["open"] * 5


def test_the_very_same_mail_again_and_again_waits_and_another_subject_or_text_does_not(post: Post) -> None:
    words = [post.pipe(letter("Alarm", mail_id=f"<{n}@a>", text="Disk full")) for n in range(MOST_REPEATED + 2)]
    assert words == ["open"] * MOST_REPEATED + ["quarantine"] * 2
    assert post.held() == ["loop"] * 2
    assert post.pipe(letter("Alarm", text="Disk empty")) == "open"
    assert post.pipe(letter("Another", text="Disk full")) == "open"


class TestAllowed:
    def test_an_allowed_sender_passes_the_block_of_its_domain_and_departments_that_hold_strangers(
        self, post: Post
    ) -> None:
        Department.update(unknown_senders="hold").execute()
        blocks.add(post.desk, SYSTEM, "beta.example")
        assert post.pipe(letter("One", sender=EVE)) == "quarantine"
        blocks.add(post.desk, SYSTEM, "eve@beta.example", allow=True)
        assert post.pipe(letter("Two", sender=EVE)) == "open"
        assert post.pipe(letter("Three", sender="adam@beta.example")) == "quarantine"
        assert post.pipe(letter("Four", sender="stranger@else.example")) == "quarantine"

    def test_an_entry_changes_sides_and_no_subject_is_let_in(self, post: Post) -> None:
        assert blocks.add(post.desk, SYSTEM, "beta.example").action == "created"
        assert blocks.add(post.desk, SYSTEM, "beta.example", allow=True).action == "updated"
        assert blocks.add(post.desk, SYSTEM, "beta.example", allow=True).action == "unchanged"
        assert post.pipe(letter("One", sender=EVE)) == "open"
        with pytest.raises(Exception, match="subjects are not"):
            blocks.add(post.desk, SYSTEM, "subject:hello", allow=True)


class TestTrustedPrograms:
    HEADERS = (
        "X-Helpdesk-Department: billing\nX-Helpdesk-Priority: urgent\nX-Helpdesk-Tag: alarm\n"
        "X-Helpdesk-Language: de\nX-Helpdesk-Requester: carl@c.example"
    )

    def sent(self, post: Post) -> tuple[Any, ...]:
        post.build.department("billing")
        assert post.pipe(letter("Alarm", sender="monitor@acme.example", lines=self.HEADERS)) == "open"
        ticket = post.tickets()[0]
        tags = [row.key for row in Tag.select().join(TicketTag, on=(TicketTag.tag_id == Tag.id))]
        key = Department.get(Department.id == ticket.department_id).key
        return key, ticket.priority, tags, ticket.language, ticket.requester_address

    def test_a_trusted_mailbox_does_as_they_say(self, post: Post) -> None:
        Mailbox.update(trusted=True).execute()
        assert self.sent(post) == ("billing", 5, ["alarm"], "de", "carl@c.example")

    def test_any_other_does_not(self, post: Post) -> None:
        assert self.sent(post) == ("support", 3, [], None, "monitor@acme.example")

    def test_on_an_answer_the_priority_is_only_raised(self, post: Post) -> None:
        Mailbox.update(trusted=True).execute()
        number = post.build.ticket(priority=4)
        for wanted, has in (("low", 4), ("urgent", 5)):
            post.pipe(letter(f"[Support#{number}] {wanted}", lines=f"X-Helpdesk-Priority: {wanted}"))
            assert Ticket.get(Ticket.id == number).priority == has


class TestCatchAll:
    def test_the_recipient_decides_and_what_is_for_nobody_waits(self, post: Post) -> None:
        Mailbox.update(catch_all=True).execute()
        post.build.mailbox("billing@example.org", department="billing")
        assert post.pipe(letter("One", to="billing+x@example.org")) == "open"
        assert Department.get(Department.id == post.tickets()[0].department_id).key == "billing"
        assert post.pipe(letter("Two", to="sales@example.org", lines=f"Delivered-To: {SUPPORT}")) == "quarantine"
        assert post.held() == ["no_department"]
        quarantine.release(post.desk, SYSTEM, post.row().id, department="support")
        assert len(post.tickets()) == 2
