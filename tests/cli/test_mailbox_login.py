"""`helpdeskctl mailbox login`: what is wrong is told with what to type, before anything is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdeskctl.config import load
from helpdeskctl.desk import open_desk
from helpdeskctl.store.tables import MailboxLogin
from tests.cli.conftest import Answer, Call
from tests.servers.oauth import CLIENT, OAuthServer

ADDRESS = "support@example.org"
Login = Callable[..., Answer]


@pytest.fixture
def run(call: Call, sqlite_config: Path) -> Login:
    """A command on a desk with one mailbox at a server that nobody knows."""
    call("department", "create", "support", "--name", "Support", config=sqlite_config)
    words = ("--department", "support", "--server", "mail.example.org", "--no-test")
    assert call("mailbox", "create", ADDRESS, *words, config=sqlite_config).code == 0
    return lambda *words: call("mailbox", *words, config=sqlite_config)


@pytest.fixture
def login(run: Login, oauth: OAuthServer) -> Login:
    """`mailbox login` at the test's authorization server."""
    return lambda *words: run("login", ADDRESS, "--provider", oauth.base, "--client-id", CLIENT, *words)


def told(answer: Answer, code: int, *words: str) -> None:
    assert answer.code == code, answer
    assert [word for word in words if word not in answer.err] == []
    assert "  try: " in answer.err and "ADDRESS" not in answer.err


def test_what_is_missing_is_named(run: Login, login: Login) -> None:
    told(run("login", ADDRESS), 65, "who gives mailbox", "--provider microsoft")
    told(run("login", ADDRESS, "--provider", "microsoft"), 65, "--client-id", "entra.microsoft.com")
    told(run("login", ADDRESS, "--provider", "google", "--client-id", "x", "--app-only"), 69, "not supported")
    told(run("login", "nobody@example.org"), 67, "no mailbox", ADDRESS)
    told(login("--app-only"), 65, "--client-secret-file")
    told(login("--app-only", "--browser"), 65, "needs no browser")
    told(login("--tenant", "x"), 65, "no tenants")
    told(login("--port", "80"), 2, "no port")
    told(login("--client-secret-until", "soon"), 2, "no day")
    told(login("--client-secret", "env:A", "--client-secret-stdin"), 2, "more than one source")
    told(login("--dry-run"), 2, "cannot be rehearsed")
    assert run("show", ADDRESS, "-o", "json").json["login"] is None


def test_what_the_provider_says_is_told(login: Login, oauth: OAuthServer, sqlite_config: Path) -> None:
    oauth.behaviour.no_refresh_token = True
    told(login("--no-test"), 69, "no refresh token", "--scope")
    oauth.behaviour.pending = ["access_denied"]
    told(login("--no-test"), 77, "declined", f"mailbox login {ADDRESS}")
    oauth.behaviour.down = 503
    told(login("--app-only", "--client-secret", "env:HOME"), 75, "HTTP 503")
    desk = open_desk(load(sqlite_config, {}))
    with desk.connected():
        assert MailboxLogin.select().count() == 0


def test_it_is_repeated_without_options_and_changed_by_some(login: Login, run: Login, oauth: OAuthServer) -> None:
    assert login("--no-test").code == 0
    oauth.requests.clear()
    assert run("login", ADDRESS, "--no-test").code == 0
    assert oauth.requests[0]["client_id"] == CLIENT
    assert run("show", ADDRESS, "-o", "json").json["login"]["provider"] == oauth.base
    answer = run("password", ADDRESS, "--secret", "env:HOME", "--no-test")
    assert answer.out == f"updated  mailbox {ADDRESS}: password\n"
    assert run("show", ADDRESS, "-o", "json").json["login"] is None


def test_json_says_what_changed_and_nothing_else(login: Login) -> None:
    answer = login("--no-test", "-o", "json")
    assert answer.json["changed"] == ["login"] and "WXYZ-1234" in answer.err  # the code must be seen all the same


def test_the_hosts_of_microsoft_and_google_are_known_to_take_no_passwords(
    run: Login, call: Call, sqlite_config: Path
) -> None:
    words = ("a@example.org", "--department", "support", "--server", "outlook.office365.com")
    answer = run("create", *words)
    assert answer.code == 0
    assert "next     helpdeskctl mailbox login a@example.org --provider microsoft" in answer.err
    told(run("login", "a@example.org"), 65, "as which application")
