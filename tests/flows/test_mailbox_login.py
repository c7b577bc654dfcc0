"""`mailbox login` as people meet it: a code, a browser here or elsewhere, an application; and what is told nowhere."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from helpdeskctl.store.tables import Event, Mailbox, MailboxLogin, Secret
from tests.cli.conftest import Answer
from tests.flows.shell import Place, ended, place, told
from tests.flows.terminal import on_a_terminal
from tests.post import letter
from tests.servers.imap import ImapAccount
from tests.servers.oauth import CLIENT, SECRET, OAuthServer
from tests.servers.oauth_mail import TokenSink

__all__ = ["place"]

# Each command is a process: the ways of the databases and mechanisms are tried elsewhere.
pytestmark = [
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
    pytest.mark.parametrize("token_imap", ["xoauth2"], indirect=True),
]


@pytest.fixture
def address(place: Place, token_account: ImapAccount, token_smtp: TokenSink) -> str:
    """A mailbox that was saved untested: its servers take tokens alone."""
    server, user = token_account.server, quote(token_account.user, safe="")
    answer = place.run(
        "mailbox", "create", token_account.user, "--department", "support", "--no-test", "--ca-file", server.ca_file,
        "--imap", f"imaps://{server.host}:{server.tls_port}", "--smtp", f"smtp://{user}@localhost:{token_smtp.port}",
    )  # fmt: skip
    assert answer.code == 0 and f"mailbox login {token_account.user}" in answer.err
    return token_account.user


def login(place: Place, oauth: OAuthServer, address: str, *words: object) -> Answer:
    return place.run("mailbox", "login", address, "--provider", oauth.base, "--client-id", CLIENT, *words)


def visited(page: str) -> str:
    """Where a browser ends that opens a page."""
    with urllib.request.urlopen(page, timeout=10) as answer:
        return str(answer.url)


def redirected(page: str) -> str:
    """The address that a browser on another machine shows, though it cannot open it."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_asked: object) -> None:
            """No."""

    with pytest.raises(urllib.error.HTTPError) as sent:
        urllib.request.build_opener(Stay()).open(page, timeout=10)
    with sent.value as answer:
        return str(answer.headers["Location"])


def test_a_code_signs_in_and_mail_flows_in_and_out(
    place: Place,
    oauth: OAuthServer,
    address: str,
    token_account: ImapAccount,
    token_smtp: TokenSink,
) -> None:
    oauth.behaviour.pending = ["authorization_pending"]
    answer = login(place, oauth, address)
    assert answer.code == 0, answer.err
    assert f"as {address}: open {oauth.base}/activate on any device and type the code WXYZ-1234" in answer.err
    assert "imap" in answer.out and f"may send as {address}" in answer.out and "updated  mailbox" in answer.out
    token_account.append(letter("By token", to=address))
    assert place.run("mail", "fetch").code == 0
    assert place.bodies() == ["It smokes."]
    shown = place.run("mailbox", "show", address, "-o", "json").json
    assert (shown["password"], shown["login"]["way"], shown["login"]["error"]) == (None, "device", None)
    assert "signed in at" in place.run("overview").out
    oauth.revoke()
    told(place.run("mail", "fetch"), 77, "sign in again", f"mailbox login {address}")
    assert "failing since" in place.run("overview").out
    assert login(place, oauth, address).code == 0
    assert place.run("mail", "fetch").code == 0


def test_a_browser_on_this_machine_comes_back_by_itself(place: Place, oauth: OAuthServer, address: str) -> None:
    words = ("mailbox", "login", address, "--provider", oauth.base, "--client-id", CLIENT, "--browser")
    run = place.shell.start(*words)
    assert run.stderr is not None
    page = next(line for line in iter(run.stderr.readline, b"") if line.startswith(b"http")).decode().strip()
    assert "code=" in visited(page)
    answer = ended(run)
    assert (answer.code, MailboxLogin.get().way) == (0, "browser")


def test_the_address_of_the_last_page_can_be_pasted(place: Place, oauth: OAuthServer, address: str) -> None:
    def last_page(shown: str) -> str:
        return redirected(re.findall(r"http\S+/authorize\S+", shown)[-1])

    code, shown = on_a_terminal(
        place.shell.command(
            "mailbox", "login", address, "--provider", oauth.base, "--client-id", CLIENT, "--browser", "--no-test"
        ),
        place.shell.known(),
        answers={"paste it here.": "http://127.0.0.1/?code=x&state=wrong", "does not answer": last_page},
    )
    assert code == 0, shown
    assert "stays signed in by itself" in shown


def test_a_mailbox_that_will_sign_in_by_token_is_made_without_a_password(
    place: Place, token_account: ImapAccount
) -> None:
    user, server = token_account.user, f"imaps://by@localhost:{token_account.server.tls_port}"
    words = ("mailbox", "create", user, "--department", "support", "--imap", server)
    asked = {f"Password for {user}": ""}
    code, shown = on_a_terminal(place.shell.command(*words), place.shell.known(), answers=asked)
    assert code == 65 and f"--no-test, then helpdeskctl mailbox login {user}" in shown
    code, shown = on_a_terminal(place.shell.command(*words, "--no-test"), place.shell.known(), answers=asked)
    assert code == 0 and f"or mailbox login {user}" in shown
    assert Mailbox.get().imap_url == server and not Secret.select().exists()


def test_an_application_signs_in_alone_and_its_secret_is_told_nowhere(
    place: Place,
    oauth: OAuthServer,
    address: str,
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    log = tmp_path / "log"
    noisy = {"HELPDESK_LOG_FILE": str(log), "HELPDESK_LOG_LEVEL": "debug"}
    words = ("--app-only", "--client-secret-file", secret, "--client-secret-until", "2027-05-31")
    said = [login(place, oauth, address, *words)]
    assert said[0].code == 0, said[0].err
    oauth.revoke_access()
    said += [
        place.run(*command, environ=noisy)
        for command in (
            ("mail", "fetch", "-v", "--debug"),
            ("mailbox", "test", address, "--debug"),
            ("mailbox", "show", address, "-o", "json"),
            ("mailbox", "list", "-o", "csv"),
            ("overview", "-o", "json"),
        )
    ]
    assert said[3].json["login"]["client_secret_until"] == "2027-05-31T00:00:00Z"
    oauth.behaviour.error, oauth.behaviour.says = "invalid_client", f"{SECRET} has ended"
    oauth.revoke_access()
    said.append(place.run("mail", "fetch", "--debug", environ=noisy))
    assert said[-1].code == 77 and "its id or secret is wrong or has ended" in said[-1].err
    texts = [each.out + each.err for each in said] + [log.read_text()]
    texts += [str(row.__data__) for table in (Event, Mailbox, MailboxLogin, Secret) for row in table.select()]
    assert "login.renewed" in log.read_text() and len(oauth.given) >= 1
    assert [text for text in texts if "canary" in text] == []


def test_ctrl_c_leaves_nothing_half_written(place: Place, oauth: OAuthServer, address: str) -> None:
    oauth.behaviour.pending = ["authorization_pending"] * 10000
    run = place.shell.start(
        "mailbox", "login", address, "--provider", oauth.base, "--client-id", CLIENT, stdin=subprocess.DEVNULL
    )
    assert run.stderr is not None and b"sign in" in run.stderr.readline()
    run.send_signal(signal.SIGINT)
    answer = ended(run)
    assert (answer.code, answer.err) == (130, "stopped; nothing half-written\n")
    assert (MailboxLogin.select().count(), Secret.select().count()) == (0, 0)
