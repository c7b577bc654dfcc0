"""A desk that was copied: it fetches nothing, sends nothing and spends no sign-in until somebody says so (BOX-8)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import IncomingMail, Secret
from tests.builders import Builder
from tests.cli.conftest import Answer, Call, call
from tests.outgoing import put, state_of
from tests.post import letter
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink

__all__ = ["call"]


@pytest.fixture
def account(desk: Desk, imap: ImapServer, smtp: SmtpSink) -> ImapAccount:
    """The real desk's mailbox, with one mail to be read and one to be sent."""
    account = imap.account("support")
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal("pw"), changed_at=desk.now()).execute()
    user = quote(account.user, safe="")
    mailbox = Builder(desk).mailbox(
        account.user,
        imap_url=f"imaps://{user}@{imap.host}:{imap.tls_port}",
        smtp_url=f"smtp://{user}@localhost:{smtp.port}",
        ca_file=str(imap.ca_file),
        secret_id=secret,
        start="all",
    )
    account.append(letter("For the real desk"))
    assert put(desk, mailbox) == 1
    return account


@pytest.fixture
def copy(desk: Desk) -> Path:
    """The configuration of a copy: the same database, key file and mailboxes, another name."""
    real = desk.config.path
    assert real is not None
    path = real.with_name("copy.toml")
    path.write_text(real.read_text().replace('"test-desk"', '"the-copy"'))
    path.chmod(0o600)
    return path


def test_a_copy_touches_neither_the_mailbox_nor_a_customer_until_it_is_told_to(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, copy: Path, call: Call
) -> None:
    def run(*words: str) -> Answer:
        return call(*words, config=copy)

    for words in (("mail", "fetch"), ("mail", "send"), ("mail", "pipe")):
        answer = run(*words)
        assert answer.code in (69, 75) and "mail is held: this is a copy" in answer.err
        assert "helpdeskctl mail hold off" in answer.err
    assert run("cron").code == 0  # quiet: it is as it should be
    trip = run("mailbox", "test", account.user, "--round-trip")
    assert trip.code == 1 and "mail is held" in trip.err and "imap" in trip.out
    assert "this is a copy" in run("overview").out and "this is a copy" in run("doctor", "--only", "mail").out
    assert (IncomingMail.select().count(), smtp.deliveries, len(account.mails())) == (0, [], 1)
    assert state_of(1) == "queued"
    assert run("mail", "hold", "off").code == 0
    assert run("mail", "fetch").code == 0 and run("mail", "send").code == 0
    assert (IncomingMail.select().count(), len(smtp.to("ann@muster.example")), state_of(1)) == (1, 1, "sent")
    real = call("mail", "fetch", config=desk.config.path)
    assert real.code == 69 and "mail is held" in real.err  # there is one that does it, and that is the copy now
