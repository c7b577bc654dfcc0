"""Mailboxes read over a real IMAP server: nothing lost, nothing doubled, no mailbox or mail stops another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.operations import intake, intake_cursor
from helpdeskctl.store.tables import DeskState, IncomingMail, Mailbox, MailboxFolder, Message, Secret, Setting
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

BILLING = "billing@example.org"


@pytest.fixture
def post(desk: Desk) -> Post:
    return Post(desk, Builder(desk))


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    return imap.account()


def subjects() -> list[str]:
    return [row.subject for row in Message.select().where(Message.direction == "in").order_by(Message.id)]


def counts(post: Post, *addresses: str) -> dict[str, int]:
    """What one run of the mailboxes did, without what it did not."""
    reports = post.fetch(*addresses)
    assert [report.error for report in reports if report.error] == []
    return {name: n for report in reports for name, n in report.tally.as_row().items() if n}


class TestReading:
    def test_new_mail_becomes_tickets_once_and_nothing_changes_on_the_server(
        self, post: Post, account: ImapAccount
    ) -> None:
        post.mailbox_at(account)
        account.append(letter("One"), letter("Two"))
        before = account.mails()
        assert counts(post) == {"fetched": 2, "opened": 2}
        assert counts(post) == {}
        account.append(letter("Three"))
        assert counts(post) == {"fetched": 1, "opened": 1}
        assert subjects() == ["One", "Two", "Three"]
        assert before.items() <= account.mails().items()
        assert all(r"\Seen" not in flags for flags in account.flags().values())

    def test_a_mail_that_a_person_read_first_is_taken_in_all_the_same(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account)
        account.append(letter("One"), flags=[r"\Seen"])
        assert counts(post) == {"fetched": 1, "opened": 1}

    def test_mail_without_message_id_with_an_equal_one_and_sent_twice_is_told_apart(
        self, post: Post, account: ImapAccount
    ) -> None:
        post.mailbox_at(account)
        account.append(letter("One", mail_id=""), letter("Two", mail_id=""), letter("Two", mail_id=""))
        account.append(letter("Three", mail_id="<same@a>"), letter("Four", mail_id="<same@a>"))
        assert counts(post) == {"fetched": 5, "opened": 4, "duplicate": 1}

    def test_the_raw_mail_is_kept_byte_for_byte(self, post: Post, dovecot: ImapServer) -> None:
        account = dovecot.account()
        post.mailbox_at(account)
        odd = b"Subject: \xff\xfe\r\nFrom: a@b.example\r\n\r\n\x1b \x80\r\n.\r\n"
        account.append(odd)
        post.fetch()
        assert post.desk.blobs.get(post.row().raw_sha256 or "") == odd

    def test_more_mail_than_one_batch_comes_in_order(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account)
        account.append(*(letter(f"Number {n:03}") for n in range(120)))
        assert counts(post) == {"fetched": 120, "opened": 120}
        assert subjects() == [f"Number {n:03}" for n in range(120)]

    def test_a_limit_leaves_the_rest_for_the_next_run(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account)
        account.append(letter("One"), letter("Two"), letter("Three"))
        assert post.fetch(limit=2)[0].tally.fetched == 2
        assert post.fetch(limit=2)[0].tally.fetched == 1

    def test_when_the_time_is_up_the_rest_waits_for_the_next_run(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account)
        post.limit(mailbox_budget=0)
        account.append(*(letter(f"Number {n}") for n in range(60)))
        assert post.fetch()[0].tally.fetched == 50
        assert post.fetch()[0].tally.fetched == 10


class TestTheStart:
    def old_and_new(self, post: Post, account: ImapAccount, start: str) -> list[str]:
        mailbox = post.mailbox_at(account, start=start)
        account.append(letter("Old"), letter("Older"))
        intake_cursor.start_folder(post.desk, mailbox)
        account.append(letter("New"))
        post.fetch()
        return subjects()

    def test_now_takes_only_what_comes_from_now_on_and_counts_the_rest(self, post: Post, account: ImapAccount) -> None:
        assert self.old_and_new(post, account, "now") == ["New"]
        assert MailboxFolder.get().skipped == 2

    def test_all_takes_everything(self, post: Post, account: ImapAccount) -> None:
        assert self.old_and_new(post, account, "all") == ["Old", "Older", "New"]

    def test_a_date_takes_what_the_server_received_since(self, post: Post, account: ImapAccount) -> None:
        mailbox = post.mailbox_at(account, start="2026-02-01")
        with account.client() as client:
            client.append("INBOX", letter("January"), msg_time=datetime(2026, 1, 5, tzinfo=UTC))
            client.append("INBOX", letter("February"), msg_time=datetime(2026, 2, 5, tzinfo=UTC))
        intake_cursor.start_folder(post.desk, mailbox)
        post.fetch()
        assert subjects() == ["February"]
        assert MailboxFolder.get().skipped == 1

    def test_an_archive_keeps_its_own_dates_is_closed_and_sends_nothing(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account, archive=True)
        account.append(letter("Old", mail_id="<1@a>"), letter("Re: Old", lines="In-Reply-To: <1@a>"))
        assert counts(post) == {"fetched": 2, "opened": 1, "added": 1}
        (ticket,) = post.tickets()
        assert ticket.created_at == datetime(2026, 3, 10, 8, 59, tzinfo=UTC)
        assert (ticket.closed_at, ticket.waiting_since) == (ticket.created_at, None)
        assert post.outbox() == []

    def test_mail_that_the_server_received_long_ago_gets_no_receipt(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account)
        with account.client() as client:
            client.append("INBOX", letter("Yesterday"), msg_time=post.desk.now() - timedelta(hours=25))
            client.append("INBOX", letter("Now", sender="bob@acme.example"), msg_time=post.desk.now())
        post.fetch()
        assert [row.ticket_id for row in post.outbox()] == [post.tickets()[1].id]


class TestUidvalidity:
    def test_under_a_new_one_nothing_is_doubled_and_nothing_is_missed(self, post: Post, dovecot: ImapServer) -> None:
        account = dovecot.account()
        post.mailbox_at(account)
        account.append(letter("One"), letter("Two"))
        post.fetch()
        account.append(letter("Three"))
        account.recreate()
        assert counts(post) == {"fetched": 3, "duplicate": 2, "opened": 1}
        assert counts(post) == {}
        assert subjects() == ["One", "Two", "Three"]

    def test_what_the_start_left_alone_is_left_alone_again(
        self, post: Post, dovecot: ImapServer, clock: SteppedClock
    ) -> None:
        clock.set(datetime.now(UTC) + timedelta(hours=1))  # the server's mails are older than the start
        account = dovecot.account()
        mailbox = post.mailbox_at(account, start="now")
        account.append(letter("Old"), letter("Older"))
        intake_cursor.start_folder(post.desk, mailbox)
        account.recreate()
        assert counts(post) == {}
        clock.set(datetime.now(UTC))
        account.append(letter("New"))
        with account.client() as client:
            client.append("INBOX", letter("Newer"), msg_time=datetime.now(UTC) + timedelta(hours=2))
        post.fetch()
        assert "Old" not in subjects()
        assert "Newer" in subjects()


class TestSeveralMailboxes:
    def two(self, post: Post, imap: ImapServer) -> tuple[ImapAccount, ImapAccount]:
        first, second = imap.account(), imap.account()
        post.mailbox_at(first)
        post.mailbox_at(second, BILLING, department="billing")
        return first, second

    def test_one_mail_to_two_mailboxes_makes_one_ticket_and_the_other_is_noted(
        self, post: Post, imap: ImapServer
    ) -> None:
        mail = letter(to=f"{SUPPORT}, {BILLING}")
        for account in self.two(post, imap):
            account.append(mail)
        assert [report.tally.counts["opened"] for report in post.fetch()] == [1, 0]
        assert [(row.state, row.first) for row in IncomingMail.select().order_by(IncomingMail.id)] == [
            ("stored", True),
            ("duplicate", False),
        ]

    def test_the_desk_can_want_a_ticket_in_each_department(self, post: Post, imap: ImapServer) -> None:
        Setting.insert(key="duplicates", value="per_department").execute()
        mail = letter(to=f"{SUPPORT}, {BILLING}")
        for account in self.two(post, imap):
            account.append(mail, mail)
        assert [report.tally.counts["opened"] for report in post.fetch()] == [1, 1]
        assert len({ticket.department_id for ticket in post.tickets()}) == 2

    def test_a_wrong_password_names_the_mailbox_and_stops_no_other(
        self, post: Post, imap: ImapServer, clock: SteppedClock
    ) -> None:
        _, second = self.two(post, imap)
        Secret.update(sealed=post.desk.keys.seal("wrong")).where(Secret.id == 1).execute()
        second.append(letter("Bill", to=BILLING))
        broken, fine = post.fetch()
        assert isinstance(broken.error, NotPermitted)
        assert "login refused" in broken.error.message
        assert SUPPORT in (broken.error.hint or "")
        assert (fine.error, fine.tally.fetched) == (None, 1)
        row = Mailbox.get(Mailbox.address == SUPPORT)
        assert (row.failing_since, row.not_before) == (clock(), clock() + timedelta(minutes=1))

    def test_a_failing_mailbox_rests_when_cron_asks_longer_each_time_and_comes_back(
        self, post: Post, imap: ImapServer, clock: SteppedClock
    ) -> None:
        first, _ = self.two(post, imap)
        Secret.update(sealed=post.desk.keys.seal("wrong")).where(Secret.id == 1).execute()
        first.append(letter())
        post.fetch()
        assert "not tried again until 09:01 UTC" in str(post.fetch(patient=True)[0].error)
        clock.advance(3600)
        assert isinstance(post.fetch(patient=True)[0].error, NotPermitted)
        assert Mailbox.get(Mailbox.address == SUPPORT).not_before == clock() + timedelta(minutes=30)
        Secret.update(sealed=post.desk.keys.seal("pw")).execute()
        assert post.fetch()[0].tally.fetched == 1
        row = Mailbox.get(Mailbox.address == SUPPORT)
        assert (row.failing_since, row.last_error, row.not_before, row.fetched_at) == (None, None, None, clock())

    def test_the_cron_job_raises_what_a_person_must_mend_before_what_may_pass(
        self, post: Post, imap: ImapServer
    ) -> None:
        self.two(post, imap)
        Secret.update(sealed=post.desk.keys.seal("wrong")).where(Secret.id == 2).execute()
        Mailbox.update(imap_url="imaps://x@127.0.0.1:1").where(Mailbox.address == SUPPORT).execute()
        with pytest.raises(NotPermitted, match=BILLING):
            intake.fetch_job(post.desk, stop=lambda: False)

    def test_only_the_mailboxes_named_are_read_and_unknown_ones_are_named(self, post: Post, imap: ImapServer) -> None:
        first, second = self.two(post, imap)
        first.append(letter("One"))
        second.append(letter("Two", to=BILLING))
        assert counts(post, BILLING) == {"fetched": 1, "opened": 1}
        with pytest.raises(NotFound, match=r"no\.such"):
            post.fetch("no.such@example.org")
        Mailbox.update(enabled=False).where(Mailbox.address == SUPPORT).execute()
        with pytest.raises(Refused, match="does not receive"):
            post.fetch(SUPPORT)


class TestAfterwards:
    @pytest.mark.parametrize(("after", "flag"), [("seen", r"\Seen"), ("flag", r"\Flagged")])
    def test_stored_mail_is_marked(self, post: Post, account: ImapAccount, after: str, flag: str) -> None:
        post.mailbox_at(account, after=after)
        account.append(letter("One"), letter("Two"))
        post.fetch()
        assert all(flag in flags for flags in account.flags().values())

    def test_stored_mail_is_moved_into_a_folder_that_is_made(self, post: Post, account: ImapAccount) -> None:
        post.mailbox_at(account, after="move:Done")
        account.append(letter("One"))
        post.fetch()
        assert (len(account.mails()), len(account.mails("Done"))) == (0, 1)

    def test_only_our_own_mail_is_removed_not_what_another_program_marked(
        self, post: Post, account: ImapAccount
    ) -> None:
        post.mailbox_at(account, after="delete", max_size=2000)
        account.append(letter("Ours"), letter("Large", text="x" * 3000))
        account.add_flags(list(account.mails())[1:], r"\Deleted")
        post.fetch()
        assert [b"Subject: Large" in raw for raw in account.mails().values()] == [True]

    def test_what_could_not_be_told_is_told_by_the_next_run(self, post: Post, account: ImapAccount) -> None:
        mailbox = post.mailbox_at(account, after="move:")  # a folder without a name: the server says no
        account.append(letter("One"))
        (report,) = post.fetch()
        assert (report.tally.fetched, report.error is not None) == (1, True)
        Mailbox.update(after="move:Done").where(Mailbox.id == mailbox).execute()
        assert counts(post) == {}
        assert (len(account.mails()), len(account.mails("Done"))) == (0, 1)

    def test_mail_under_an_older_uidvalidity_is_not_touched_by_its_number(
        self, post: Post, dovecot: ImapServer
    ) -> None:
        account = dovecot.account()
        post.mailbox_at(account, after="delete")
        account.append(letter("One"))
        post.fetch(tell=False)
        account.expunge(list(account.mails()))
        account.recreate()
        account.append(letter("Nobody stored me yet"))
        with account.client() as client:
            client.select_folder("INBOX", readonly=True)
        assert counts(post) == {"fetched": 1, "opened": 1}


class TestSize:
    def test_a_mail_that_is_too_large_stays_on_the_server_with_its_row_and_stops_nothing(
        self, post: Post, account: ImapAccount
    ) -> None:
        post.mailbox_at(account, max_size=2000, after="delete")
        account.append(letter("One"), letter("Large", text="x" * 3000), letter("Two"))
        assert counts(post) == {"fetched": 3, "opened": 2, "left": 1}
        assert counts(post) == {}
        assert len(account.mails()) == 1
        row = IncomingMail.get(IncomingMail.state == "left")
        assert (row.sender, row.subject, row.raw_sha256) == ("alice@acme.example", "Large", None)

    def test_a_mail_larger_than_a_batch_is_a_batch_of_its_own(self, post: Post, account: ImapAccount) -> None:
        post.limit(batch_bytes=1000)
        post.mailbox_at(account)
        account.append(letter("Small"), letter("Large", text="x" * 3000), letter("Smaller"))
        assert counts(post) == {"fetched": 3, "opened": 3}


class TestCopies:
    @pytest.mark.parametrize(("key", "value"), [("installation", "another-desk"), ("hold", "restored from a backup")])
    def test_a_copied_or_held_desk_fetches_nothing(
        self, post: Post, account: ImapAccount, key: str, value: str
    ) -> None:
        post.mailbox_at(account)
        account.append(letter())
        DeskState.delete().where(DeskState.key == key).execute()
        DeskState.insert(key=key, value=value).execute()
        with pytest.raises(Refused, match="mail is held"):
            post.fetch()
        assert intake.fetch_job(post.desk, stop=lambda: False) == {"held": 1}
        assert IncomingMail.select().count() == 0
