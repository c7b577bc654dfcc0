"""The server's folder against ledgers that were damaged on purpose (MAIL-25)."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import TryAgain
from helpdeskctl.operations import reconcile as comparing
from helpdeskctl.operations.reconcile import Finding, counts, ranges
from helpdeskctl.store.tables import IncomingMail, Mailbox, MailboxFolder, Secret
from tests.builders import Builder
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

TABLES = (IncomingMail, MailboxFolder)


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.department()
    return Post(desk, build)


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    return imap.account()


def mails(*names: str) -> list[bytes]:
    return [letter(name, mail_id=f"<{name}@acme.example>") for name in names]


def found(post: Post) -> list[Finding]:
    """What is on one side only; the counts are `counted`."""
    (mailbox,) = comparing.receiving([])
    before = [sorted(str(row.__data__) for row in table.select()) for table in TABLES]
    every = list(comparing.reconcile(post.desk, mailbox))
    assert [sorted(str(row.__data__) for row in table.select()) for table in TABLES] == before
    return every


def named(post: Post) -> list[tuple[str, str | None]]:
    return [(each.kind, each.message_id) for each in found(post) if each.kind not in ("agreed", "skipped")]


def counted(post: Post) -> dict[str, int]:
    return {kind: number for kind, number in counts(found(post)).items() if number}


def read(post: Post, account: ImapAccount, *names: str, **columns: object) -> None:
    post.mailbox_at(account, **columns)
    account.append(*mails(*names))
    assert post.fetch()[0].error is None


def test_a_folder_that_was_read_to_its_end_agrees(post: Post, account: ImapAccount) -> None:
    read(post, account, "one", "two")
    assert counted(post) == {"agreed": 2}


def test_a_mail_without_its_row_is_named_and_read_again_by_its_uid(post: Post, account: ImapAccount) -> None:
    read(post, account, "one", "two", "three")
    IncomingMail.delete().where(IncomingMail.uid == 2).execute()
    (missing,) = [each for each in found(post) if each.kind == "missing"]
    assert (missing.mailbox, missing.uid, missing.message_id, missing.sender, missing.subject) == (
        SUPPORT, 2, "<two@acme.example>", "alice@acme.example", "two",
    )  # fmt: skip
    assert missing.received_at is not None
    (report,) = post.fetch(SUPPORT, uids=[2])
    assert (report.error, report.tally.fetched) == (None, 1)
    assert counted(post) == {"agreed": 3}
    post.fetch(SUPPORT, uids=[1, 2, 3])
    assert IncomingMail.select().count() == 3


def test_reading_one_mail_by_its_uid_passes_over_no_other(post: Post, account: ImapAccount) -> None:
    read(post, account, "one")
    account.append(*mails("two", "three"))
    post.fetch(SUPPORT, uids=[3])
    assert named(post) == [("unread", "<two@acme.example>")]
    post.fetch()
    assert counted(post) == {"agreed": 3}


def test_a_cursor_that_ran_ahead_hides_nothing(post: Post, account: ImapAccount) -> None:
    read(post, account, "one")
    account.append(*mails("two", "three"))
    MailboxFolder.update(last_uid=3).execute()
    assert named(post) == [("missing", "<two@acme.example>"), ("missing", "<three@acme.example>")]


def test_what_the_next_fetch_reads_is_not_missing(post: Post, account: ImapAccount) -> None:
    read(post, account, "one")
    account.append(*mails("two"))
    assert named(post) == [("unread", "<two@acme.example>")]


def test_a_mail_that_somebody_removed_is_named_by_its_row(post: Post, account: ImapAccount) -> None:
    read(post, account, "one", "two")
    account.expunge([1])
    (gone,) = [each for each in found(post) if each.kind == "gone"]
    assert (gone.id, gone.uid, gone.message_id, gone.subject) == (1, 1, "<one@acme.example>", "one")


@pytest.mark.parametrize("after", ["delete", "move:Done"])
def test_what_we_removed_ourselves_is_not_gone(post: Post, account: ImapAccount, after: str) -> None:
    read(post, account, "one", "two", after=after)
    assert (account.mails(), counted(post)) == ({}, {})


def test_mail_older_than_the_start_is_counted_and_not_named(post: Post, account: ImapAccount) -> None:
    account.append(*mails("old", "older"))
    # the desk's clock stands in March, the server's does not
    post.mailbox_at(account, start="now")
    post.fetch()
    MailboxFolder.update(created_at=post.desk.now() + timedelta(days=36500)).execute()
    account.append(*mails("new"))
    post.fetch()
    assert counted(post) == {"skipped": 2, "agreed": 1}


def test_rows_that_are_not_settled_are_named_with_their_reason(post: Post, account: ImapAccount) -> None:
    read(post, account, "one", "two", "three", max_size=10_000)
    account.append(letter("huge", text="x" * 20_000))
    post.fetch()
    IncomingMail.update(state="failed", reason="odd").where(IncomingMail.uid == 2).execute()
    IncomingMail.update(state="received").where(IncomingMail.uid == 3).execute()
    told = {each.kind: each for each in found(post)}
    assert (told["left"].uid, told["left"].subject, told["failed"].reason, told["received"].uid) == (
        4, "huge", "odd", 3,
    )  # fmt: skip


class TestAfterANewUidvalidity:
    def test_mails_are_known_by_what_they_are(self, post: Post, account: ImapAccount, dovecot: ImapServer) -> None:
        read(post, account, "one", "two")
        nameless = letter("nameless", mail_id="")
        account.append(nameless)
        post.fetch()
        account.recreate()
        account.append(*mails("new"), letter("nameless", mail_id="", text="another"))
        kinds = [(each.kind, each.subject) for each in found(post) if each.kind not in ("agreed", "skipped")]
        assert kinds == [("unread", "new"), ("unread", "nameless")]
        assert counted(post)["agreed"] == 3
        post.fetch()
        assert counted(post) == {"agreed": 5}

    def test_one_that_did_not_come_along_is_gone(self, post: Post, account: ImapAccount, dovecot: ImapServer) -> None:
        read(post, account, "one", "two")
        account.expunge([1])
        account.recreate()
        assert named(post) == [("gone", "<one@acme.example>")]


def test_a_server_that_is_away_is_a_fault_of_the_moment(post: Post, account: ImapAccount) -> None:
    read(post, account, "one")
    Mailbox.update(imap_url="imaps://x@127.0.0.1:9").execute()
    with pytest.raises(TryAgain):
        found(post)
    assert Secret.select().count() == 1


def test_a_folder_of_thousands_needs_little_memory_and_tells_how_far_it_is(
    post: Post, account: ImapAccount, record_property: pytest.RecordProperty
) -> None:
    post.mailbox_at(account)
    home = account.server.mail_root / account.user
    account.append(*mails("first"))
    post.fetch()
    if account.server.name != "dovecot":
        pytest.skip("Dovecot 2.3 is not installed (Debian: dovecot-imapd); pymap cannot do this")
    for n in range(1500):
        path = home / "new" / f"{n}.m"
        path.write_bytes(letter(f"Number {n}", mail_id=f"<{n}@acme.example>"))
        path.chmod(0o666)
    with account.client() as client:
        client.select_folder("INBOX")
        last = max(client.search("ALL"))
    MailboxFolder.update(last_uid=last).execute()
    (mailbox,) = comparing.receiving([])
    steps: list[str] = []
    tracemalloc.start()
    number = sum(1 for each in comparing.reconcile(post.desk, mailbox, progress=steps.append) if each.kind == "missing")
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    record_property("figure", f"reconcile: 1,500 mails named, {peak:.1f} MB at most")
    assert number == 1500
    assert f"{SUPPORT}: 500 of 1500" in steps
    assert peak < 20


def test_uids_are_told_as_the_command_takes_them() -> None:
    assert ranges([]) == ""
    assert ranges([5, 3, 4, 9, 1]) == "1,3:5,9"
