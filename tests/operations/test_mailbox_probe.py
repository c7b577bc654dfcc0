"""`mailbox test` against real servers: what works, and what does not in words that help."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, NotPermitted, Refused, TryAgain
from helpdeskctl.operations import mailbox_probe
from helpdeskctl.operations.mailbox_probe import Target
from helpdeskctl.store.tables import DeskState, Mailbox, Secret
from tests.builders import Builder
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    return imap.account("support")


def target(account: ImapAccount, sink: SmtpSink, **changes: Any) -> Target:
    user = quote(account.user, safe="")
    given: dict[str, Any] = {
        "address": account.user,
        "imap": f"imaps://{user}@{account.server.host}:{account.server.tls_port}",
        "smtp": f"smtp://{user}@localhost:{sink.port}",
        "password": account.password,
        "ca_file": str(account.server.ca_file),
    }
    return Target(**given | changes)


@pytest.fixture
def one_password(account: ImapAccount) -> None:
    """Both test servers take the same one."""
    assert account.password == "pw"


def test_what_works_is_said_with_port_and_protection(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, one_password: None
) -> None:
    account.append(b"Subject: one\r\n\r\nx", b"Subject: two\r\n\r\nx")
    received = mailbox_probe.try_imap(desk, target(account, smtp))
    sends = mailbox_probe.try_smtp(desk, target(account, smtp))
    assert (received.ok, received.text) == (True, f"imap {account.server.tls_port} TLS, INBOX 2 messages")
    assert (sends.ok, sends.text) == (True, f"smtp {smtp.port} STARTTLS, may send as {account.user}")
    assert smtp.deliveries == []


def test_a_wrong_password_is_named_with_the_command_that_mends_it(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    wrong = target(account, smtp, password="canary-secret")
    for finding in (mailbox_probe.try_imap(desk, wrong), mailbox_probe.try_smtp(desk, wrong)):
        assert isinstance(finding.fault, NotPermitted)
        assert account.user in finding.fault.message and "canary-secret" not in str(vars(finding.fault))
        assert finding.fault.hint is not None and f"mailbox password {account.user}" in finding.fault.hint


def test_servers_that_are_away_or_not_trusted_are_told_apart(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    away = target(account, smtp, imap="imaps://u@127.0.0.1:1", smtp="smtps://u@127.0.0.1:1")
    assert isinstance(mailbox_probe.try_imap(desk, away).fault, TryAgain)
    assert isinstance(mailbox_probe.try_smtp(desk, away).fault, TryAgain)
    untrusted = target(account, smtp, ca_file=None)
    assert isinstance(mailbox_probe.try_imap(desk, untrusted).fault, Refused)
    assert isinstance(mailbox_probe.try_smtp(desk, untrusted).fault, Refused)


def test_a_folder_that_is_not_there_is_told_with_those_that_are(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    finding = mailbox_probe.try_imap(desk, target(account, smtp, folder="Nowhere"))
    assert isinstance(finding.fault, NotFound) and finding.fault.hint is not None and "INBOX" in finding.fault.hint


def test_a_server_that_does_not_let_us_send_so_says_it(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, one_password: None
) -> None:
    smtp.behaviour.sender = "553 5.7.1 not yours"
    finding = mailbox_probe.try_smtp(desk, target(account, smtp))
    assert finding.fault is not None
    assert f"does not let us send as {account.user}: 553 5.7.1 not yours" in finding.fault.message


def test_a_sendmail_program_is_looked_for(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    assert mailbox_probe.try_smtp(desk, target(account, smtp, smtp="sendmail:/bin/cat")).ok
    assert not mailbox_probe.try_smtp(desk, target(account, smtp, smtp="sendmail:/nowhere")).ok


def test_a_round_trip_waits_until_the_mail_has_arrived(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, one_password: None
) -> None:
    account.append(b"Subject: older\r\n\r\nx")

    def carry() -> None:
        while not smtp.deliveries:
            time.sleep(0.05)
        account.append(smtp.deliveries[0].data)

    carrier = threading.Thread(target=carry)
    carrier.start()
    waited: list[float] = []
    finding = mailbox_probe.try_round_trip(desk, target(account, smtp), patience=20, told=waited.append)
    carrier.join(20)
    assert finding.ok and finding.text.startswith("round trip in ")
    assert finding.text.endswith("the test mail was removed")
    assert waited and [b"Subject: older" in raw for raw in account.mails().values()] == [True]
    (taken,) = smtp.deliveries
    assert taken.message["X-Helpdesk-Installation"] == desk.config.installation
    assert taken.rcpt_tos == (account.user,)


def test_a_mail_that_does_not_come_back_in_time_is_a_negative_answer(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, one_password: None
) -> None:
    finding = mailbox_probe.try_round_trip(desk, target(account, smtp), patience=0.5)
    assert finding.fault is not None and "sent, but not arrived in INBOX within 0 s" in finding.fault.message


def test_a_held_desk_sends_no_test_mail(desk: Desk, account: ImapAccount, smtp: SmtpSink) -> None:
    DeskState.insert(key="hold", value="restored").execute()
    assert isinstance(mailbox_probe.try_round_trip(desk, target(account, smtp)).fault, Refused)
    assert smtp.deliveries == []


def test_a_stored_mailbox_is_tried_as_it_is_kept(
    desk: Desk, account: ImapAccount, smtp: SmtpSink, one_password: None
) -> None:
    kept = target(account, smtp)
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal("pw"), changed_at=desk.now()).execute()
    Builder(desk).mailbox(account.user, imap_url=kept.imap, smtp_url=kept.smtp, ca_file=kept.ca_file, secret_id=secret)
    assert [(f.what, f.ok) for f in mailbox_probe.probe(desk, account.user)] == [("imap", True), ("smtp", True)]
    assert [f.what for f in mailbox_probe.probe(desk, account.user, imap=False)] == ["smtp"]
    Secret.update(sealed=None, reference="file:/nowhere/secret").execute()
    (finding,) = mailbox_probe.probe(desk, account.user)
    assert finding.what == "secret" and isinstance(finding.fault, Refused)


def test_all_means_the_enabled_ones(desk: Desk) -> None:
    build = Builder(desk)
    build.mailbox("a@example.org"), build.mailbox("b@example.org")
    Mailbox.update(enabled=False).where(Mailbox.address == "b@example.org").execute()
    assert mailbox_probe.targets(desk, []) == ["a@example.org"]
    assert mailbox_probe.targets(desk, ["B@example.org"]) == ["b@example.org"]
    with pytest.raises(NotFound, match='no mailbox "c@'):
        mailbox_probe.targets(desk, ["c@example.org"])
