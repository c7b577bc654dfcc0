"""Case 54: a mailbox that others change while it is read loses nothing and brings nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Message
from tests.builders import Builder
from tests.faults.ledger import not_once, rounds
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

MAILS = [letter(f"Number {n}", text=f"{n} " * 50) for n in range(12)]


@pytest.fixture
def post(desk: Desk) -> Post:
    """A desk that reads small batches, so that something can happen between them: three mails at most."""
    post = Post(desk, Builder(desk))
    post.limit(batch_bytes=1000)
    return post


@pytest.fixture
def account(dovecot: ImapServer) -> ImapAccount:
    """A mailbox with mails in it."""
    account = dovecot.account("changing")
    account.append(*MAILS)
    return account


def between_batches(post: Post, act: Callable[[int], None]) -> None:
    """Read the mailbox; after each batch somebody else does something."""
    turns = 0

    def stop() -> bool:
        nonlocal turns
        turns += 1
        act(turns)
        return False

    post.fetch(SUPPORT, stop=stop)
    assert turns > 2


@pytest.mark.parametrize("folder", ["INBOX", "Helpdesk"])
def test_a_new_uidvalidity_brings_nothing_twice_and_loses_nothing(
    post: Post, account: ImapAccount, folder: str
) -> None:
    if folder != "INBOX":
        account.create(folder)
        account.append(*MAILS, folder=folder)
    post.mailbox_at(account, folder=folder)
    post.fetch()
    later: list[bytes] = []
    for turn in range(rounds(2, 20)):
        account.recreate(folder)
        later.append(letter(f"After {turn}"))
        account.append(later[-1], folder=folder)
        post.fetch()
        assert not_once(post.desk, [*MAILS, *later]) == {}


def test_a_folder_made_anew_in_the_middle_of_a_run_loses_nothing(post: Post, account: ImapAccount) -> None:
    account.create("Helpdesk")
    account.append(*MAILS, folder="Helpdesk")
    post.mailbox_at(account, folder="Helpdesk")
    between_batches(post, lambda turn: account.recreate("Helpdesk") if turn == 3 else None)
    post.fetch()
    assert not_once(post.desk, MAILS) == {}
    assert len(account.mails("Helpdesk")) == len(MAILS)


def test_mail_that_a_person_reads_meanwhile_comes_in_and_stays_read(post: Post, account: ImapAccount) -> None:
    post.mailbox_at(account)
    uids = list(account.flags())
    account.add_flags(uids[:4], r"\Seen")
    between_batches(post, lambda turn: account.add_flags(uids[-4:], r"\Seen") if turn == 2 else None)
    assert not_once(post.desk, MAILS) == {}
    seen = {uid for uid, flags in account.flags().items() if r"\Seen" in flags}
    assert seen == {*uids[:4], *uids[-4:]}


def test_mail_that_another_program_removes_meanwhile_stops_no_other(post: Post, account: ImapAccount) -> None:
    post.mailbox_at(account, after="delete")
    uids = list(account.mails())
    between_batches(post, lambda turn: account.expunge(uids[-3:]) if turn == 2 else None)
    post.fetch()
    assert not_once(post.desk, MAILS[:-3]) == {}
    assert account.mails() == {}


def test_mail_that_arrives_and_goes_all_the_time_is_stored_or_was_taken_by_the_other(
    post: Post, account: ImapAccount
) -> None:
    """Another program files the newest mails away while they are read: each is with us or with it, or both."""
    post.mailbox_at(account)
    taken: list[bytes] = []

    def file_away() -> None:
        for _ in range(rounds(4, 30)):
            account.append(letter(f"Filed {len(taken)}"))
            uid, raw = max(account.mails().items())
            taken.append(raw)
            account.expunge([uid])

    other = threading.Thread(target=file_away)
    other.start()
    while other.is_alive():
        post.fetch()
    other.join()
    post.fetch()
    kept = [post.desk.blobs.get(name) for (name,) in _names(post.desk)]
    assert len(kept) == len(set(kept)) and set(MAILS) <= set(kept) <= {*MAILS, *taken}
    assert Message.select().count() == len(kept)


def _names(desk: Desk) -> list[tuple[str]]:
    rows: list[tuple[str]] = desk.database.execute("SELECT raw_sha256 FROM incoming_mail").fetchall()
    return rows
