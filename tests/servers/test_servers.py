"""The servers that other tests stand on do what they promise."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.servers.certificates import Certificates
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.postgres import Postgres
from tests.servers.proxy import Fault, proxy
from tests.servers.reaper import end_with
from tests.servers.recycling import Recycling
from tests.servers.smtp import SmtpSink

MAIL = b"From: a@b.example\r\nSubject: One\r\n\r\nText\r\n"


def trusting(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificates.ca_file))


class TestImap:
    def test_mails_are_kept_byte_for_byte_and_reading_them_sets_no_flag(self, dovecot: ImapServer) -> None:
        account = dovecot.account()
        account.append(MAIL, MAIL + b"more\r\n")
        assert list(account.mails().values()) == [MAIL, MAIL + b"more\r\n"]
        assert all(r"\Seen" not in flags for flags in account.flags().values())

    def test_accounts_share_nothing(self, imap: ImapServer) -> None:
        first, second = imap.account(), imap.account()
        first.append(MAIL)
        assert len(first.mails()) == 1
        assert second.mails() == {}

    def test_a_wrong_password_is_refused(self, imap: ImapServer) -> None:
        account = imap.account()
        with pytest.raises(LoginError), ImapAccount(imap, account.user, "wrong").client():
            pass

    def test_flags_folders_and_expunges_are_seen_by_the_next_connection(self, imap: ImapServer) -> None:
        account = imap.account()
        account.append(MAIL, MAIL)
        account.create("Done")
        first, second = account.mails()
        account.add_flags([second], r"\Flagged")
        account.expunge([first])
        assert account.folders() == ["Done", "INBOX"]
        assert r"\Flagged" in account.flags()[second]
        assert list(account.mails()) == [second]

    @pytest.mark.parametrize("folder", ["INBOX", "Work"])
    def test_a_recreated_folder_has_the_same_mails_under_a_new_uidvalidity(
        self, dovecot: ImapServer, folder: str
    ) -> None:
        account = dovecot.account()
        if folder != "INBOX":
            account.create(folder)
        account.append(MAIL, folder=folder)
        before = account.uidvalidity(folder)
        account.recreate(folder)
        assert account.uidvalidity(folder) > before
        assert list(account.mails(folder).values()) == [MAIL]

    def test_tls_is_trusted_with_the_runs_authority_and_not_without(self, imap: ImapServer) -> None:
        with imap.account().client(tls=True) as client:
            assert client.capabilities()
        with (
            socket.create_connection((imap.host, imap.tls_port)) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(raw, server_hostname=imap.host)


class TestSmtp:
    def send(self, smtp: SmtpSink, *recipients: str) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as client:
            return client.sendmail("desk@desk.example", recipients, MAIL)

    def test_the_envelope_and_the_bytes_are_kept(self, smtp: SmtpSink) -> None:
        self.send(smtp, "a@x.example", "b@x.example")
        (delivery,) = smtp.deliveries
        assert delivery.mail_from == "desk@desk.example"
        assert delivery.rcpt_tos == ("a@x.example", "b@x.example")
        assert delivery.data == MAIL
        assert delivery.message["Subject"] == "One"
        assert (delivery.tls, delivery.login) == (False, None)

    def test_each_test_finds_an_empty_well_behaved_sink(self, smtp: SmtpSink) -> None:
        assert smtp.deliveries == []
        assert self.send(smtp, "a@x.example") == {}

    def test_login_works_after_starttls_only(self, smtp: SmtpSink, certificates: Certificates) -> None:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPNotSupportedError):
                client.login("user", "pw")
            client.starttls(context=trusting(certificates))
            client.login("user", "pw")
            client.sendmail("desk@desk.example", ["a@x.example"], MAIL)
        assert (smtp.deliveries[0].tls, smtp.deliveries[0].login) == (True, "user")

    def test_login_works_on_the_tls_port_and_a_wrong_password_does_not(
        self, smtp: SmtpSink, certificates: Certificates
    ) -> None:
        with smtplib.SMTP_SSL(smtp.host, smtp.tls_port, context=trusting(certificates), timeout=5) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("user", "wrong")
            client.login("user", "pw")
        assert smtp.logins == ["user"]

    def test_one_recipient_can_be_refused_or_put_off_alone(self, smtp: SmtpSink) -> None:
        smtp.behaviour.recipients = {"no@x.example": "550 no such user", "later@x.example": "451 try later"}
        refused = self.send(smtp, "yes@x.example", "no@x.example", "later@x.example")
        assert {address: code for address, (code, _) in refused.items()} == {
            "no@x.example": 550,
            "later@x.example": 451,
        }
        assert smtp.deliveries[0].rcpt_tos == ("yes@x.example",)

    def test_the_answer_to_the_mail_can_be_lost_while_the_mail_is_kept(self, smtp: SmtpSink) -> None:
        smtp.behaviour.lose_answer = True
        with pytest.raises(smtplib.SMTPServerDisconnected):
            self.send(smtp, "a@x.example")
        assert len(smtp.to("a@x.example")) == 1

    def test_it_can_refuse_the_mail_the_sender_and_every_login(
        self, smtp: SmtpSink, certificates: Certificates
    ) -> None:
        smtp.behaviour.data = "554 spam"
        with pytest.raises(smtplib.SMTPDataError):
            self.send(smtp, "a@x.example")
        smtp.behaviour.sender = "550 who are you"
        with pytest.raises(smtplib.SMTPSenderRefused):
            self.send(smtp, "a@x.example")
        smtp.behaviour.refuse_auth = True
        with (
            smtplib.SMTP_SSL(smtp.host, smtp.tls_port, context=trusting(certificates), timeout=5) as client,
            pytest.raises(smtplib.SMTPAuthenticationError),
        ):
            client.login("user", "pw")
        assert smtp.deliveries == []

    def test_it_can_be_slow(self, smtp: SmtpSink) -> None:
        smtp.behaviour.slow = 0.1
        started = time.monotonic()
        self.send(smtp, "a@x.example")
        assert time.monotonic() - started >= 0.2


class TestProxy:
    def test_it_passes_everything_on_when_nothing_is_wrong(self, imap: ImapServer) -> None:
        account = imap.account()
        account.append(MAIL)
        with proxy((imap.host, imap.port)) as between:
            assert self.through(imap, between.port, account.user) == account.mails()
            assert between.connections == 1

    def test_it_cuts_the_connection_after_k_bytes(self, imap: ImapServer) -> None:
        account = imap.account()
        account.append(MAIL)
        with proxy((imap.host, imap.port)) as between:
            self.through(imap, between.port, account.user)
            whole = between.bytes_to_client
            between.fault = Fault(cut_after=whole // 2)
            with pytest.raises(IMAPClient.AbortError):
                self.through(imap, between.port, account.user)
            assert between.bytes_to_client == whole + whole // 2

    def test_it_hangs_until_the_client_gives_up(self, imap: ImapServer) -> None:
        with proxy((imap.host, imap.port)) as between:
            between.fault = Fault(hang_after=10)
            with pytest.raises(TimeoutError):
                self.through(imap, between.port, imap.account().user, timeout=0.2)

    def test_it_delays_each_answer(self, imap: ImapServer) -> None:
        with proxy((imap.host, imap.port)) as between:
            between.fault = Fault(delay=0.05)
            started = time.monotonic()
            self.through(imap, between.port, imap.account().user)
            assert time.monotonic() - started > 0.15

    @pytest.mark.parametrize("flaw", ["wrong_host", "untrusted"])
    def test_it_shows_a_certificate_nobody_should_accept(
        self, imap: ImapServer, certificates: Certificates, flaw: str
    ) -> None:
        with proxy((imap.host, imap.port), certificate=getattr(certificates, flaw)) as between:
            server = ImapServer("proxy", imap.host, imap.port, between.port, imap.ca_file, imap.mail_root)
            with (
                pytest.raises(ssl.SSLCertVerificationError),
                ImapAccount(server, imap.account().user).client(tls=True),
            ):
                pass

    def through(self, imap: ImapServer, port: int, user: str, *, timeout: float = 5) -> dict[int, bytes]:
        server = ImapServer("proxy", imap.host, port, imap.tls_port, imap.ca_file, imap.mail_root)
        return ImapAccount(server, user, timeout=timeout).mails()


class TestRecycledDatabases:
    @pytest.fixture
    def databases(self, postgres: Postgres) -> Iterator[Recycling]:
        def prepare(url: str) -> None:
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE seed AS SELECT 7 AS n")
                connection.execute("CREATE TABLE child (id bigserial PRIMARY KEY, up bigint REFERENCES child)")
                connection.execute("SELECT setval('child_id_seq', 1000)")

        recycling = Recycling(postgres, postgres.template("recycled", prepare))
        yield recycling
        recycling.close()

    def test_a_used_one_comes_back_as_new(self, postgres: Postgres, databases: Recycling) -> None:
        name = databases.take()
        with psycopg.connect(postgres.url(name)) as connection:
            connection.execute("UPDATE seed SET n = 8")
            connection.execute("INSERT INTO child (up) VALUES (1001), (1001)")
        databases.give_back(name)
        assert databases.take() == name
        with psycopg.connect(postgres.url(name)) as connection:
            assert connection.execute("SELECT n FROM seed").fetchall() == [(7,)]
            assert connection.execute("SELECT count(*) FROM child").fetchall() == [(0,)]
            assert connection.execute("INSERT INTO child DEFAULT VALUES RETURNING id").fetchall() == [(1001,)]

    def test_one_with_altered_tables_is_thrown_away(self, postgres: Postgres, databases: Recycling) -> None:
        name = databases.take()
        with psycopg.connect(postgres.url(name)) as connection:
            connection.execute("ALTER TABLE seed ADD COLUMN more text")
        databases.give_back(name)
        assert databases.take() != name

    def test_two_at_once_are_two(self, databases: Recycling) -> None:
        assert databases.take() != databases.take()


def test_a_server_does_not_outlive_the_run_that_started_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as run, subprocess.Popen(["sleep", "60"]) as server:
        end_with(run.pid, server.pid, folder)
        run.kill()
        run.wait()
        assert server.wait(timeout=10) == -signal.SIGQUIT
    limit = time.monotonic() + 10
    while folder.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert not folder.exists()


class TestPostgres:
    def test_a_database_copied_from_the_template_is_filled_and_its_own(self, postgres: Postgres) -> None:
        prepared = []

        def prepare(url: str) -> None:
            prepared.append(url)
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE t AS SELECT 7 AS n")

        stem = f"servers_{os.getpid()}"
        template = postgres.template(f"template_{stem}", prepare)
        assert postgres.template(f"template_{stem}", prepare) == template
        first, second = (postgres.create(f"{stem}_{n}", template=template) for n in "ab")
        with psycopg.connect(first) as connection:
            connection.execute("DELETE FROM t")
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT n FROM t").fetchall() == [(7,)]
        assert len(prepared) == 1
        for n in "ab":
            postgres.drop(f"{stem}_{n}")
        postgres.drop(template)
        assert not postgres.execute(f"SELECT 1 FROM pg_database WHERE datname LIKE '%{stem}%'")
