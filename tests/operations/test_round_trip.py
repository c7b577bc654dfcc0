"""A round trip with real servers: the test mail arrives, is removed alone, and never becomes a ticket."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NegativeAnswer, Refused
from helpdeskctl.mail import fetch
from helpdeskctl.operations import mailbox_probe, setup
from helpdeskctl.operations.mailbox_probe import Target
from helpdeskctl.queries import setup as objects
from helpdeskctl.store.tables import Mailbox, Secret, Setting
from tests.builders import Builder
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.oauth import OAuthServer
from tests.servers.oauth_mail import TokenSink
from tests.servers.proxy import Fault, proxy
from tests.servers.smtp import Delivery, SmtpSink

POOR = Fault(hidden=(b"UIDPLUS", b"MOVE"))  # a server that can only expunge everything


class Delivered(list[Delivery]):
    """What the sink took, put into the mailbox at once."""

    def __init__(self, account: ImapAccount) -> None:
        super().__init__()
        self.account = account

    def append(self, delivery: Delivery) -> None:
        super().append(delivery)
        self.account.append(delivery.data)


@pytest.fixture
def account(dovecot: ImapServer, smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> ImapAccount:
    """A mailbox behind the sink."""
    account = dovecot.account("support")
    monkeypatch.setattr(smtp, "deliveries", Delivered(account))
    return account


def target(account: ImapAccount, smtp: SmtpSink, *, port: int | None = None, **more: str) -> Target:
    user = quote(account.user, safe="")
    imap = f"imap+insecure://{user}@{account.server.host}:{port or account.server.port}"
    out = f"smtp://{user}@localhost:{smtp.port}"
    ca_file = str(account.server.ca_file)
    return Target(address=account.user, imap=imap, smtp=out, password="pw", ca_file=ca_file, **more)


def test_the_test_mail_is_removed_and_no_other(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    account.append(letter("Marked by somebody else"), flags=[r"\Deleted"])
    finding = mailbox_probe.try_round_trip(desk, target(account, smtp), patience=20)
    assert finding.ok and finding.text.endswith("the test mail was removed")
    assert [b"Marked by somebody else" in raw for raw in account.mails().values()] == [True]


def test_where_single_mails_cannot_be_removed_it_stays_and_is_no_ticket(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    with proxy((account.server.host, account.server.port)) as poor:
        poor.fault = POOR
        finding = mailbox_probe.try_round_trip(desk, target(account, smtp, port=poor.port), patience=20)
    assert finding.ok and "stays in INBOX" in finding.text
    assert len(account.mails()) == 1 and account.flags().popitem()[1] <= {r"\Recent"}
    post = Post(desk, Builder(desk))
    post.mailbox_at(account)
    (report,) = post.fetch()
    assert (report.tally.as_row()["reflected"], post.tickets()) == (1, [])


def test_an_answer_instead_of_the_mail_is_told(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    class Bounced(list[Delivery]):
        def append(self, delivery: Delivery) -> None:
            mail_id = delivery.message["Message-ID"]
            account.append(letter("Undeliverable: quota", lines=f"In-Reply-To: {mail_id}"))

    smtp.deliveries = Bounced()
    finding = mailbox_probe.try_round_trip(desk, target(account, smtp), patience=20)
    assert isinstance(finding.fault, NegativeAnswer) and '"Undeliverable: quota"' in finding.fault.message


def test_nobody_else_reads_the_mailbox_meanwhile(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    held: list[bool] = []

    def look(_seconds: float) -> None:
        with desk.lock(f"mailbox:{account.user}") as ours:
            held.append(ours)

    mailbox_probe.try_round_trip(desk, target(account, smtp), patience=20, told=look)
    assert held and not any(held)


def test_it_works_by_token(desk: Desk, token_account: ImapAccount, token_smtp: TokenSink, oauth: OAuthServer) -> None:
    token_smtp.mailbox = token_account
    good = oauth._tokens("family")["access_token"]
    user, server = quote(token_account.user, safe=""), token_account.server
    wanted = Target(
        address=token_account.user,
        imap=f"imaps://{user}@{server.host}:{server.tls_port}",
        smtp=f"smtp://{user}@localhost:{token_smtp.port}",
        ca_file=str(server.ca_file),
        bearer=lambda _refused: good,
    )
    assert mailbox_probe.try_round_trip(desk, wanted, patience=20).ok
    assert token_account.mails() == {}


@pytest.mark.parametrize("after", ["delete", "move:Done"])
def test_a_server_that_cannot_remove_single_mails_is_refused_at_set_up(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, after: str
) -> None:
    with proxy((account.server.host, account.server.port)) as poor:
        poor.fault = POOR
        finding = mailbox_probe.try_imap(desk, target(account, smtp, port=poor.port, after=after))
        assert isinstance(finding.fault, Refused) and "no UIDPLUS" in finding.fault.message
        assert mailbox_probe.try_imap(desk, target(account, smtp, port=poor.port, after="seen")).ok
    assert mailbox_probe.try_imap(desk, target(account, smtp, after=after)).ok


def test_such_a_server_never_gets_a_plain_expunge_and_its_mail_is_read_all_the_same(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    post = Post(desk, Builder(desk))
    account.append(*(letter(f"Number {n}", sender=f"a{n}@acme.example") for n in range(60)))
    with proxy((account.server.host, account.server.port)) as poor:
        poor.fault = POOR
        url = target(account, smtp, port=poor.port).imap
        mailbox = post.mailbox_at(account, imap_url=url, after="delete")
        (report,) = post.fetch()
    assert isinstance(report.error, Refused) and report.tally.fetched == 60  # more than one batch
    assert not any(r"\Deleted" in flags for flags in account.flags().values())
    kept = Mailbox.get()
    assert kept.failing_since is not None and kept.not_before is None  # told, and not left alone for that
    Mailbox.update(imap_url=target(account, smtp).imap).where(Mailbox.id == mailbox).execute()
    (report,) = post.fetch()
    assert (report.error, report.tally.fetched, account.mails()) == (None, 0, {})


def test_a_move_without_move_takes_our_mail_alone(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    account.append(letter("Other"), flags=[r"\Deleted"])
    account.append(letter("Ours"))
    with proxy((account.server.host, account.server.port)) as poor:
        poor.fault = Fault(hidden=(b"MOVE",))
        login = fetch.Login(target(account, smtp, port=poor.port).imap or "", "pw")
        with fetch.connected(login) as session:
            session.open("INBOX")
            session.finish([2], "move:Done")
    assert (list(account.mails()), len(account.mails("Done"))) == ([1], 1)


def test_new_mailboxes_deal_with_stored_mail_as_the_setting_says(desk: Desk) -> None:
    Builder(desk).department("support")
    Setting.insert(key="after_import", value="move:Done").execute()
    values = {"department": "support", "imap": "imaps://mail.example.org"}
    setup.create(desk, SYSTEM, "mailbox", SUPPORT, values)
    assert objects.one(desk, "mailbox", SUPPORT).values["after"] == "move:Done"
    setup.create(desk, SYSTEM, "mailbox", "b@example.org", values | {"after": "keep"})
    assert objects.one(desk, "mailbox", "b@example.org").values["after"] == "keep"
    with pytest.raises(InvalidInput) as wrong:
        setup.edit(desk, SYSTEM, "mailbox", SUPPORT, {"folder": "done"})
    assert "would stay in" in str(wrong.value.problems) + wrong.value.message
    assert Secret.select().count() == 0
