"""`helpdeskctl mail reconcile`: exit codes, both forms, and the command that mends it."""

from __future__ import annotations

import json

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import IncomingMail, Secret
from tests.builders import Builder
from tests.cli.conftest import Call
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

KEYS = ["mailbox", "kind", "count", "uid", "id", "message_id", "sender", "subject", "received_at", "reason"]


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.department()
    return Post(desk, build)


@pytest.fixture
def account(post: Post, imap: ImapServer) -> ImapAccount:
    account = imap.account()
    post.mailbox_at(account)
    account.append(letter("One"), letter("Two"), letter("Three"))
    post.fetch()
    return account


def test_where_both_sides_agree_it_ends_with_0_and_says_so(post: Post, account: ImapAccount, call: Call) -> None:
    done = call("mail", "reconcile", "-o", "json", config=post.desk.config.path)
    assert (done.code, [(row["kind"], row["count"]) for row in done.json]) == (0, [("skipped", 0), ("agreed", 3)])
    assert list(done.json[0]) == KEYS
    people = call("mail", "reconcile", SUPPORT, config=post.desk.config.path)
    assert f"mailbox {SUPPORT}: 3 agreed" in people.err


def test_what_the_ledger_lacks_ends_with_1_and_the_command_that_mends_it(
    post: Post, account: ImapAccount, call: Call
) -> None:
    IncomingMail.delete().where(IncomingMail.uid.in_([1, 2])).execute()
    done = call("mail", "reconcile", "-o", "jsonl", config=post.desk.config.path)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["kind"], row["uid"], row["subject"]) for row in rows[:2]] == [
        ("missing", 1, "One"),
        ("missing", 2, "Two"),
    ]
    told = call("mail", "reconcile", config=post.desk.config.path)
    mend = f"helpdeskctl mail fetch {SUPPORT} --uid 1:2"
    assert (done.code, told.code, mend in told.err) == (1, 1, True)
    assert call(*mend.split()[1:], config=post.desk.config.path).code == 0
    assert call("mail", "reconcile", config=post.desk.config.path).code == 0
    assert IncomingMail.select().count() == 3


def test_a_mailbox_that_cannot_be_reached_does_not_keep_the_others(
    post: Post, account: ImapAccount, imap: ImapServer, call: Call
) -> None:
    post.mailbox_at(imap.account(), "billing@example.org")
    Secret.update(sealed=post.desk.keys.seal("wrong")).where(Secret.id == 1).execute()
    done = call("mail", "reconcile", "-o", "json", config=post.desk.config.path)
    assert (done.code, {row["mailbox"] for row in done.json}) == (77, {"billing@example.org"})


@pytest.mark.parametrize("uid", ["x", "0", "1:", "1:4294967296", "1:200000000", ""])
def test_what_is_no_uid_is_refused(post: Post, account: ImapAccount, call: Call, uid: str) -> None:
    assert call("mail", "fetch", SUPPORT, "--uid", uid, config=post.desk.config.path).code == 65


def test_uids_need_their_mailbox(post: Post, account: ImapAccount, call: Call) -> None:
    assert call("mail", "fetch", "--uid", "1", config=post.desk.config.path).code == 2
