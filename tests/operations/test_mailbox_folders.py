"""Folders that change under a mailbox: made again under another UIDVALIDITY, emptied, gone and back."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound
from helpdeskctl.store.tables import MailboxFolder, Message
from tests.builders import Builder
from tests.post import Post, letter
from tests.servers.imap import ImapAccount, ImapServer

FOLDER = "Tickets"


@pytest.fixture
def post(desk: Desk) -> Post:
    return Post(desk, Builder(desk))


@pytest.fixture
def account(post: Post, dovecot: ImapServer) -> ImapAccount:
    """A mailbox that is read from a folder of its own, with two mails taken in."""
    account = dovecot.account()
    account.create(FOLDER)
    post.mailbox_at(account, folder=FOLDER)
    account.append(letter("One"), letter("Two"), folder=FOLDER)
    assert fetched(post) == {"fetched": 2, "opened": 2}
    return account


def fetched(post: Post) -> dict[str, int]:
    (report,) = post.fetch()
    assert report.error is None
    return {name: number for name, number in report.tally.as_row().items() if number}


def subjects() -> list[str]:
    return [row.subject for row in Message.select().where(Message.direction == "in").order_by(Message.id)]


def test_a_folder_that_was_made_again_doubles_nothing_and_hides_nothing(post: Post, account: ImapAccount) -> None:
    account.append(letter("Three"), folder=FOLDER)
    account.recreate(FOLDER)
    assert fetched(post) == {"fetched": 3, "duplicate": 2, "opened": 1}
    assert fetched(post) == {}
    assert subjects() == ["One", "Two", "Three"]
    assert MailboxFolder.select().count() == 2  # one cursor for each UIDVALIDITY


def test_a_folder_that_is_gone_is_told_and_read_on_when_it_is_back(post: Post, account: ImapAccount) -> None:
    with account.client() as client:
        client.delete_folder(FOLDER)
    (report,) = post.fetch()
    assert isinstance(report.error, NotFound) and FOLDER in report.error.message
    assert "INBOX" in (report.error.hint or "")
    account.create(FOLDER)
    account.append(letter("Two"), letter("Three"), folder=FOLDER)
    assert fetched(post) == {"fetched": 2, "duplicate": 1, "opened": 1}


def test_mail_moved_away_and_back_by_a_person_is_known_again(post: Post, account: ImapAccount) -> None:
    with account.client() as client:
        client.select_folder(FOLDER)
        client.create_folder("Elsewhere")
        client.move(client.search("ALL"), "Elsewhere")
        client.select_folder("Elsewhere")
        client.move(client.search("ALL"), FOLDER)
    assert fetched(post) == {"fetched": 2, "duplicate": 2}
    assert subjects() == ["One", "Two"]
