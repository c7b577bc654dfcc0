"""`helpdeskctl mailbox` against real servers: tried before it is saved, started where it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from helpdeskctl.config import load
from helpdeskctl.desk import open_desk
from helpdeskctl.domain import mailurls
from helpdeskctl.store.tables import MailboxFolder
from tests.cli.conftest import Answer, Call
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink

Create = Callable[..., Answer]


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    """A mailbox with two mails on a real server."""
    account = imap.account("support")
    account.append(b"Subject: one\r\n\r\nx", b"Subject: two\r\n\r\nx")
    return account


@pytest.fixture
def create(call: Call, sqlite_config: Path, account: ImapAccount, smtp: SmtpSink) -> Create:
    """`mailbox create` for that mailbox, password on stdin."""
    call("department", "create", "support", "--name", "Support", config=sqlite_config)
    user = quote(account.user, safe="")

    def created(*words: object, password: str = account.password) -> Answer:
        return call(
            "mailbox", "create", account.user, "--department", "support",
            "--imap", f"imaps://{account.server.host}:{account.server.tls_port}",
            "--smtp", f"smtp://{user}@localhost:{smtp.port}",
            "--ca-file", account.server.ca_file, "--password-stdin", *words,
            config=sqlite_config, stdin=f"{password}\n",
        )  # fmt: skip

    return created


def cursors(config: Path) -> list[tuple[str, int]]:
    desk = open_desk(load(config, {}))
    with desk.connected():
        return [(row.folder, row.skipped) for row in MailboxFolder.select()]


def test_a_mailbox_is_tried_saved_and_started(
    create: Create, call: Call, account: ImapAccount, smtp: SmtpSink, sqlite_config: Path
) -> None:
    answer = create()
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        f"ok       imap {account.server.tls_port} TLS, INBOX 2 messages   "
        f"ok  smtp {smtp.port} STARTTLS, may send as {account.user}\n"
        f"created  mailbox {account.user}: mail from now on becomes tickets (older mail: --start)\n"
    )
    assert cursors(sqlite_config) == [("INBOX", 2)]
    cursor = call("mailbox", "show", account.user, "-o", "json", config=sqlite_config).json["cursor"]
    assert (cursor["folder"], cursor["skipped"]) == ("INBOX", 2)
    assert create("--if-not-exists").out == f"unchanged mailbox {account.user}\n"


def test_old_mail_is_named_when_it_is_wanted(create: Create, sqlite_config: Path, account: ImapAccount) -> None:
    assert create("--start", "all").out.endswith(f"mailbox {account.user}: all mail in it becomes tickets\n")
    assert cursors(sqlite_config) == [("INBOX", 0)]


def test_nothing_is_saved_when_a_server_says_no(create: Create, call: Call, sqlite_config: Path) -> None:
    answer = create(password="canary-secret")
    assert answer.code == 77
    assert answer.err.count("helpdeskctl: error:") == 2  # of both servers
    assert "nothing was saved" in answer.err
    assert "canary-secret" not in answer.out + answer.err
    assert call("mailbox", "list", "-o", "json", config=sqlite_config).json == []


def test_what_works_is_told_beside_what_does_not(create: Create, smtp: SmtpSink, account: ImapAccount) -> None:
    smtp.behaviour.sender = "553 5.7.1 not yours"
    answer = create()
    assert answer.code == 1
    assert answer.out == f"ok       imap {account.server.tls_port} TLS, INBOX 2 messages\n"
    assert create("--no-test").code == 0


def test_a_rehearsal_asks_no_server(create: Create, smtp: SmtpSink, sqlite_config: Path) -> None:
    assert create("--dry-run", password="wrong").code == 0
    assert smtp.logins == []
    assert cursors(sqlite_config) == []


def test_a_new_password_or_server_is_tried_too(
    create: Create, call: Call, account: ImapAccount, sqlite_config: Path
) -> None:
    create("--no-test", password="wrong")

    def run(*words: object, stdin: str = "") -> Answer:
        return call("mailbox", *words, config=sqlite_config, stdin=stdin)

    assert run("password", account.user, "--password-stdin", stdin="wrong too\n").code == 77
    assert run("password", account.user, "--password-stdin", stdin=f"{account.password}\n").code == 0
    assert run("edit", account.user, "--folder", "Nowhere").code == 67
    assert run("edit", account.user, "--imap", "imaps://127.0.0.1:1").code == 75
    assert run("edit", account.user, "--after", "seen").code == 0
    assert run("folders", account.user).out.splitlines()[0] == "NAME"
    assert {"name": "INBOX"} in run("folders", account.user, "-o", "json").json
    assert run("test", account.user).code == 0


def test_a_server_without_587_is_used_by_465(
    call: Call, account: ImapAccount, smtp: SmtpSink, sqlite_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = quote(account.user, safe="")
    nobody = f"submission://{user}@localhost:1"
    tls = f"submissions://{user}@localhost:{smtp.tls_port}"
    imap = f"imaps://{user}@{account.server.host}:{account.server.tls_port}"
    monkeypatch.setattr(mailurls, "imap_at", lambda host, address: imap)
    monkeypatch.setattr(mailurls, "smtp_at", lambda host, address: (nobody, tls))
    call("department", "create", "support", "--name", "Support", config=sqlite_config)
    answer = call(
        "mailbox", "create", account.user, "--department", "support", "--server", "localhost",
        "--ca-file", account.server.ca_file, "--password-stdin", config=sqlite_config, stdin=f"{account.password}\n",
    )  # fmt: skip
    assert answer.code == 0
    assert f"smtp {smtp.tls_port} TLS" in answer.out
    assert call("mailbox", "show", account.user, "-o", "json", config=sqlite_config).json["smtp"] == tls
