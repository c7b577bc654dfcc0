"""A mailbox that cannot be read: said in time, in words, and nothing half-taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, Refused, TryAgain
from helpdeskctl.store import search
from helpdeskctl.store.database import Database
from helpdeskctl.store.tables import Mailbox, Message
from tests.builders import Builder
from tests.post import SUPPORT, Post, letter
from tests.servers.certificates import Certificates
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.proxy import Fault, Proxy, proxy


@pytest.fixture
def post(desk: Desk) -> Post:
    return Post(desk, Builder(desk))


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    return imap.account()


@pytest.fixture
def between(imap: ImapServer) -> Iterator[Proxy]:
    """A proxy that breaks the connection, on the plain port."""
    with proxy((imap.host, imap.port)) as wire:
        yield wire


def through(post: Post, account: ImapAccount, wire: Proxy) -> None:
    """A mailbox that is read through the proxy."""
    post.mailbox_at(account, imap_url=f"imap+insecure://{account.user.replace('@', '%40')}@127.0.0.1:{wire.port}")


def test_a_connection_cut_anywhere_leaves_no_partial_message_and_the_next_run_goes_on(
    post: Post, account: ImapAccount, between: Proxy
) -> None:
    through(post, account, between)
    mails = [letter(f"Number {n}", text=f"{n} " * 400) for n in range(4)]
    account.append(*mails)
    for after in range(100, 9000, 1300):
        between.fault = Fault(cut_after=after)
        (report,) = post.fetch()
        assert report.error is None or isinstance(report.error, TryAgain)
    between.fault = Fault()
    post.fetch()
    assert [m.subject for m in Message.select().order_by(Message.id)] == [f"Number {n}" for n in range(4)]
    assert [m.body.split() for m in Message.select().order_by(Message.id)] == [[str(n)] * 400 for n in range(4)]


def test_a_server_that_says_nothing_is_given_up_in_time(post: Post, account: ImapAccount, between: Proxy) -> None:
    post.limit(command_timeout=1, connect_timeout=1)
    through(post, account, between)
    between.fault = Fault(hang_after=300)
    (report,) = post.fetch()
    assert isinstance(report.error, TryAgain)
    assert report.seconds < 10


def test_a_server_that_is_away_may_come_back(post: Post, account: ImapAccount) -> None:
    post.mailbox_at(account, imap_url="imap+insecure://x@127.0.0.1:1")
    (report,) = post.fetch()
    assert isinstance(report.error, TryAgain)


@pytest.mark.parametrize("flaw", ["wrong_host", "untrusted"])
def test_a_wrong_certificate_is_refused_and_plain_is_not_tried(
    post: Post, imap: ImapServer, certificates: Certificates, flaw: str
) -> None:
    account = imap.account()
    account.append(letter())
    with proxy((imap.host, imap.port), certificate=getattr(certificates, flaw)) as wire:
        post.mailbox_at(account, imap_url=f"imaps://{account.user.replace('@', '%40')}@localhost:{wire.port}")
        (report,) = post.fetch()
    assert isinstance(report.error, Refused)
    assert "certificate" in report.error.message
    assert report.error.hint
    assert report.tally.fetched == 0


def test_starttls_is_used_and_verified(post: Post, imap: ImapServer) -> None:
    account = imap.account()
    account.append(letter())
    url = f"imap://{account.user.replace('@', '%40')}@{imap.host}:{imap.port}"
    mailbox = post.mailbox_at(account, imap_url=url)
    assert [report.tally.fetched for report in post.fetch()] == [1]
    Mailbox.update(ca_file=None).where(Mailbox.id == mailbox).execute()
    assert isinstance(post.fetch()[0].error, Refused)


def test_a_folder_that_is_not_there_is_named_with_those_that_are(post: Post, account: ImapAccount) -> None:
    post.mailbox_at(account, folder="Tickets")
    (report,) = post.fetch()
    assert isinstance(report.error, NotFound)
    assert "INBOX" in (report.error.hint or "")


def test_one_run_at_a_time_reads_a_mailbox_and_the_other_says_so(post: Post, account: ImapAccount) -> None:
    post.mailbox_at(account)
    account.append(letter())
    with post.desk.lock(f"mailbox:{SUPPORT}") as ours:
        assert ours
        (report,) = post.fetch()
    assert (report.busy, report.error, report.tally.fetched) == (True, None, 0)
    assert [report.tally.fetched for report in post.fetch()] == [1]


def test_a_row_that_cannot_be_written_at_the_end_of_a_batch_costs_its_own_mail_alone(
    post: Post, account: ImapAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.mailbox_at(account)
    account.append(*(letter(f"Number {n}") for n in range(3)))
    write = search.index_message

    def odd(database: Database, *, text: str, **more: Any) -> None:
        message_id = 0 if "Number 1" in text else more.pop("message_id")  # no message has this number: refused
        if message_id:
            write(database, text=text, message_id=message_id, **more)
        elif not database.put_off("odd", _refuse, text):
            _refuse([text])

    monkeypatch.setattr(search, "index_message", odd)
    (report,) = post.fetch()
    assert (report.error, report.tally.counts) == (None, {"opened": 2, "failed": 1})
    assert [m.subject for m in Message.select().order_by(Message.id)] == ["Number 0", "Number 2"]


def _refuse(_rows: list[str]) -> None:
    raise ValueError("this cannot be written")
