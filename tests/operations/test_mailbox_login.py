"""Mailboxes that sign in by tokens, at real servers: renewed in time, once after a refusal, by one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotPermitted, Refused, StorageFailed, TryAgain
from helpdeskctl.mail import oauth as tokens
from helpdeskctl.mail import oauth_providers, sasl
from helpdeskctl.operations import jobs, mailbox_login, mailbox_login_rows, mailbox_probe, mailboxes, outbox, setup
from helpdeskctl.operations.mailbox_login_rows import Granted
from helpdeskctl.operations.mailbox_probe import Target
from helpdeskctl.store.secrets import NewSecret
from helpdeskctl.store.tables import Event, Mailbox, MailboxLogin, Secret
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import put, state_of
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.oauth import CLIENT, SECRET, OAuthServer
from tests.servers.oauth_mail import TokenSink

SignIn = Callable[..., int]
_RENEW = """
import os, sys, pathlib
from helpdeskctl import config, desk
from helpdeskctl.operations import mailbox_login
here = desk.open_desk(config.load(pathlib.Path(sys.argv[1]), os.environ))
with here.connected():
    print(mailbox_login.access_token(here, int(sys.argv[2])), end="")
"""


@pytest.fixture
def post(desk: Desk) -> Post:
    return Post(desk, Builder(desk))


@pytest.fixture
def signed_in(post: Post, oauth: OAuthServer) -> SignIn:
    """Makes a mailbox that has signed in at the authorization server."""

    def sign_in(address: str = SUPPORT, *, way: str = "device", **columns: str | None) -> int:
        mailbox = post.build.mailbox(address, **columns)
        provider = oauth_providers.named(oauth.base)
        client = tokens.Client(CLIENT, SECRET if way == "app" else None)
        if way == "app":
            given = tokens.by_app(provider.token_url, client, "mail")
        else:
            device = tokens.device_code(provider, client, "mail")
            given = tokens.wait_for_device(provider, client, device, wait=lambda _: None)
        granted = Granted(
            provider=provider.name, way=way, token_url=provider.token_url, client_id=CLIENT, scope="mail", tokens=given,
            secret=client.secret,
        )  # fmt: skip
        mailboxes.set_login(post.desk, SYSTEM, address, granted)
        oauth.requests.clear()
        return mailbox

    return sign_in


@pytest.fixture
def reading(signed_in: SignIn, token_account: ImapAccount) -> ImapAccount:
    """A mailbox with one mail that is read by token."""
    server = token_account.server
    url = f"imaps://{quote(token_account.user, safe='')}@{server.host}:{server.tls_port}"
    signed_in(imap_url=url, smtp_url=None, ca_file=str(server.ca_file), start="all")
    token_account.append(letter("By token"))
    return token_account


@pytest.fixture
def sending(post: Post, signed_in: SignIn, oauth: OAuthServer, token_smtp: TokenSink) -> int:
    """A mailbox that sends by token; one mail waits."""
    oauth.user = SUPPORT
    url = f"smtp://support%40example.org@localhost:{token_smtp.port}"
    mailbox = signed_in(imap_url=None, smtp_url=url, ca_file=str(token_smtp.ca_file))
    return put(post.desk, mailbox)


def login() -> MailboxLogin:
    return MailboxLogin.select().get()


class TestMailServers:
    def test_a_mailbox_is_read_by_the_mechanism_that_its_server_offers(self, post: Post, reading: ImapAccount) -> None:
        (report,) = post.fetch()
        assert (report.error, report.tally.fetched) == (None, 1)

    def test_mail_leaves_by_token(self, post: Post, sending: int, oauth: OAuthServer, token_smtp: TokenSink) -> None:
        outbox.deliver(post.desk)
        assert state_of(sending) == "sent"
        assert token_smtp.logins == [SUPPORT]
        assert oauth.requests == []  # the token was good: nobody was asked

    def test_a_token_that_is_refused_is_renewed_once_and_tried_again(
        self, post: Post, reading: ImapAccount, oauth: OAuthServer
    ) -> None:
        oauth.revoke_access()
        (report,) = post.fetch()
        assert (report.error, report.tally.fetched) == (None, 1)
        assert [form["grant_type"] for form in oauth.requests] == ["refresh_token"]

    def test_so_it_is_for_mail_that_leaves(
        self, post: Post, sending: int, oauth: OAuthServer, token_smtp: TokenSink
    ) -> None:
        oauth.revoke_access()
        outbox.deliver(post.desk)
        assert state_of(sending) == "sent"
        assert (len(token_smtp.refused), oauth.rotations) == (1, 1)

    def test_a_server_that_takes_no_token_of_this_account_is_asked_twice_and_no_more(
        self, post: Post, reading: ImapAccount, oauth: OAuthServer
    ) -> None:
        oauth.user = "somebody@else.example"
        oauth.revoke_access()
        (report,) = post.fetch()
        assert isinstance(report.error, NotPermitted)
        assert "another account's" in str(report.error) and "canary" not in str(report.error)
        assert f"mailbox login {SUPPORT}" in (report.error.hint or "")
        assert oauth.rotations == 1

    def test_a_server_without_a_mechanism_for_tokens_says_so_and_gets_none(
        self, post: Post, signed_in: SignIn, imap: ImapServer, oauth: OAuthServer
    ) -> None:
        account = imap.account()
        url = f"imaps://{quote(account.user, safe='')}@{account.server.host}:{account.server.tls_port}"
        signed_in(imap_url=url, smtp_url=None, ca_file=str(account.server.ca_file))
        (report,) = post.fetch()
        assert isinstance(report.error, Refused) and "neither OAUTHBEARER nor XOAUTH2" in str(report.error)

    def test_a_password_that_is_refused_where_tokens_are_taken_names_both_ways(
        self, desk: Desk, token_account: ImapAccount, token_smtp: TokenSink
    ) -> None:
        user, server = quote(token_account.user, safe=""), token_account.server
        wanted = Target(
            address=SUPPORT,
            imap=f"imaps://{user}@{server.host}:{server.tls_port}",
            smtp=f"smtp://{user}@localhost:{token_smtp.port}",
            password="canary",
            ca_file=str(server.ca_file),
        )
        for finding in (mailbox_probe.try_imap(desk, wanted), mailbox_probe.try_smtp(desk, wanted)):
            assert isinstance(finding.fault, NotPermitted) and "canary" not in finding.fault.message
            assert f"mailbox login {SUPPORT} --provider ISSUER" in (finding.fault.hint or "")

    @pytest.mark.parametrize("host", ["outlook.office365.com", "imap.gmail.com"])
    def test_servers_that_are_known_name_their_provider(self, host: str) -> None:
        provider = sasl.refused(host, "no", ["XOAUTH2"], by_token=False)
        assert "wants OAuth 2.0" in provider.message
        assert (provider.hint or "").endswith(("--provider microsoft", "--provider google"))


class TestRenewal:
    def test_happens_before_the_end_and_the_new_pair_is_kept(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in()
        first = mailbox_login.access_token(desk, mailbox)
        clock.advance(3600 - 301)
        assert mailbox_login.access_token(desk, mailbox) == first
        clock.advance(2)
        second = mailbox_login.access_token(desk, mailbox)
        assert second != first and oauth.rotations == 1
        clock.advance(4000)
        assert mailbox_login.access_token(desk, mailbox) not in (first, second)
        assert [login().failing_since, login().last_error, login().refreshed_at] == [None, None, desk.now()]

    def test_a_provider_that_hands_out_no_new_refresh_token_keeps_its_old_one(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        oauth.behaviour.keeps_refresh_token = True
        mailbox = signed_in()
        for _ in range(3):
            clock.advance(4000)
            assert oauth.is_good(mailbox_login.access_token(desk, mailbox))

    def test_of_an_application_alone_asks_anew(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in(way="app")
        clock.advance(4000)
        assert oauth.is_good(mailbox_login.access_token(desk, mailbox))
        assert [form["grant_type"] for form in oauth.requests] == ["client_credentials"]

    def test_by_many_at_once_asks_the_provider_once(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in()
        clock.advance(4000)
        oauth.behaviour.slow = 0.2
        found: list[str] = []

        def renew() -> None:
            with desk.connected():
                found.append(mailbox_login.access_token(desk, mailbox))

        threads = [threading.Thread(target=renew) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(found) == 4 and len(set(found)) == 1
        assert oauth.rotations == 1
        clock.advance(4000)
        assert mailbox_login.access_token(desk, mailbox)  # the sign-in is alive

    def test_by_processes_of_several_hosts_loses_no_refresh_token(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock, tmp_path: Path
    ) -> None:
        clock.set(utc_now())
        oauth.behaviour.lives = 0
        mailbox = signed_in()
        oauth.behaviour.lives, oauth.behaviour.slow = 3600, 0.2
        apart = desk.database.kind == "postgres"  # on SQLite there is one host
        words = [sys.executable, "-c", _RENEW, str(desk.config.path), str(mailbox)]
        hosts = [{"HELPDESK_PATHS_STATE": str(tmp_path / f"host-{n}")} if apart else {} for n in range(3)]
        runs = [subprocess.Popen(words, env={**os.environ, **host}, stdout=subprocess.PIPE) for host in hosts]
        found = {run.communicate(timeout=60)[0] for run in runs}
        assert [run.returncode for run in runs] == [0, 0, 0]
        assert (len(found), oauth.rotations) == (1, 1)
        assert oauth.is_good(mailbox_login.access_token(desk, mailbox, found.pop().decode()))  # rotated once more

    def test_that_cannot_be_kept_is_not_asked_for(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_given: object) -> None:
            raise StorageFailed("the disk is full")

        mailbox = signed_in()
        clock.advance(4000)
        monkeypatch.setattr(mailbox_login_rows, "writable", full)
        with pytest.raises(StorageFailed):
            mailbox_login.access_token(desk, mailbox)
        assert oauth.requests == []

    def test_is_kept_though_the_database_is_busy_for_a_while(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailbox = signed_in()
        clock.advance(4000)
        keep, busy = mailbox_login_rows.renewed, [TryAgain("busy"), StorageFailed("full")]

        def renewed(*given: Any) -> None:
            if busy:
                raise busy.pop()
            keep(*given)

        monkeypatch.setattr(mailbox_login_rows, "renewed", renewed)
        first = mailbox_login.access_token(desk, mailbox)
        assert mailbox_login.access_token(desk, mailbox) == first
        assert (busy, oauth.rotations) == ([], 1)

    def test_no_rehearsal_spends_a_refresh_token(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in()
        clock.advance(4000)
        with desk.database.rehearsal(), pytest.raises(TryAgain, match="no rehearsal"):
            mailbox_login.access_token(desk, mailbox)
        assert oauth.requests == []

    def test_a_copy_of_the_desk_does_not_take_the_sign_in_from_the_real_one(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in()
        clock.advance(4000)
        copy = replace(desk, config=replace(desk.config, installation="the-copy"))
        with pytest.raises(Refused, match="mail is held"):
            mailbox_login.access_token(copy, mailbox)
        assert oauth.requests == []


class TestTrouble:
    def test_a_sign_in_that_died_is_told_at_once_with_the_command_that_mends_it(
        self, post: Post, reading: ImapAccount, oauth: OAuthServer
    ) -> None:
        oauth.revoke()
        outcome = jobs.run(post.desk, jobs.named("mail.fetch"), stop=lambda: False, force=True)
        assert isinstance(outcome.error, NotPermitted)
        assert outcome.line is not None  # spoken of at the first time
        assert f"sign in again: helpdeskctl mailbox login {SUPPORT}" in outcome.line
        kept = Mailbox.get()
        assert kept.failing_since is not None and "mailbox login" in str(kept.last_error)
        assert (login().access_until, login().failing_since) == (None, post.desk.now())

    def test_a_provider_that_is_away_is_waited_for_quietly(
        self, post: Post, reading: ImapAccount, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        clock.advance(4000)
        oauth.behaviour.down = 503
        outcome = jobs.run(post.desk, jobs.named("mail.fetch"), stop=lambda: False, force=True)
        assert isinstance(outcome.error, TryAgain)
        assert outcome.line is None
        assert login().failing_since == post.desk.now() and "503" in str(login().last_error)
        assert Mailbox.get().not_before is not None  # back-off
        oauth.behaviour.down = None
        (report,) = post.fetch()
        assert report.error is None and login().failing_since is None

    def test_an_outage_before_the_end_of_a_token_is_lived_through_with_it(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in()
        first = mailbox_login.access_token(desk, mailbox)
        clock.advance(3600 - 60)
        oauth.behaviour.down = 500
        assert mailbox_login.access_token(desk, mailbox) == first
        assert login().failing_since is not None

    def test_mail_waits_while_its_sender_cannot_sign_in(
        self, post: Post, sending: int, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        oauth.revoke()
        (report,) = outbox.deliver(post.desk).mailboxes
        assert isinstance(report.error, NotPermitted)
        assert state_of(sending) == "deferred"


class TestOneWayAtATime:
    def test_a_password_ends_the_sign_in_and_a_sign_in_the_password(self, desk: Desk, signed_in: SignIn) -> None:
        signed_in()
        assert mailboxes.set_password(desk, SYSTEM, SUPPORT, NewSecret("pw")).action == "updated"
        assert MailboxLogin.select().count() == 0
        assert [row.purpose for row in Secret.select()] == ["mailbox"]
        signed_in(way="app")
        assert Mailbox.get().secret_id is None
        assert sorted(row.purpose for row in Secret.select()) == ["client_secret", "tokens"]
        assert mailboxes.set_password(desk, SYSTEM, SUPPORT, NewSecret("pw")).action == "updated"
        assert [row.purpose for row in Secret.select()] == ["mailbox"]

    def test_secrets_go_with_their_mailbox(self, desk: Desk, signed_in: SignIn) -> None:
        signed_in(way="app")
        setup.delete(desk, SYSTEM, "mailbox", SUPPORT)
        assert (Secret.select().count(), MailboxLogin.select().count()) == (0, 0)

    def test_no_token_stands_anywhere_in_clear(
        self, desk: Desk, signed_in: SignIn, oauth: OAuthServer, clock: SteppedClock
    ) -> None:
        mailbox = signed_in(way="device")
        clock.advance(4000)
        mailbox_login.access_token(desk, mailbox)
        kept = [str(dict(row.__data__)) for table in (Event, Secret, MailboxLogin, Mailbox) for row in table.select()]
        assert len(oauth.given) >= 4
        assert not any("canary" in text for text in kept)
        assert json.loads(desk.keys.unseal(bytes(Secret.get(Secret.purpose == "tokens").sealed)))["refresh"]
