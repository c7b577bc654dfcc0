"""Handing mail to a real SMTP server on loopback: what it says is what we tell."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpdeskctl.domain.delivery import Answer, State
from helpdeskctl.errors import HelpdeskError, NotPermitted, Refused, TryAgain
from helpdeskctl.mail.send import Login, connected
from tests.servers.certificates import Certificates
from tests.servers.proxy import Fault, proxy
from tests.servers.smtp import SmtpSink

MAIL = b"Subject: hi\r\n\r\nHello\r\n.dot\r\n"


def login(smtp: SmtpSink, **changes: object) -> Login:
    given: dict[str, object] = {
        "url": f"smtp://ann%40example.org@localhost:{smtp.port}",
        "password": "pw",
        "ca_file": str(smtp.ca_file),
    }
    return Login(**given | changes)  # type: ignore[arg-type]  # a test's shorthand


@contextmanager
def answering(*lines: bytes) -> Iterator[int]:
    """A server that says each line in turn, whatever it is told; then it is silent."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            for line in lines:
                client.sendall(line)
                client.recv(65536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join(timeout=5)


def states(answers: Mapping[str, Answer]) -> dict[str, str]:
    return {address: str(answer.state) for address, answer in answers.items()}


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_many_mails_go_through_one_connection_with_tls_and_a_login(smtp: SmtpSink, scheme: str) -> None:
    port = smtp.port if scheme == "smtp" else smtp.tls_port
    with connected(login(smtp, url=f"{scheme}://ann%40example.org@localhost:{port}")) as sender:
        for _ in range(3):
            answers = sender.send(["a@example.org"], ["b@x.example"], MAIL)
            assert states(answers) == {"b@x.example": "sent"}
    assert len(smtp.deliveries) == 3
    assert smtp.logins == ["ann@example.org"]
    taken = smtp.deliveries[0]
    assert (taken.tls, taken.login, taken.mail_from, taken.data) == (True, "ann@example.org", "a@example.org", MAIL)


def test_each_recipient_has_an_answer_of_its_own(smtp: SmtpSink) -> None:
    smtp.behaviour.recipients = {"no@x.example": "550 5.1.1 no such user", "later@x.example": "451 4.7.1 greylisted"}
    with connected(login(smtp)) as sender:
        answers = sender.send(["a@example.org"], ["yes@x.example", "no@x.example", "later@x.example"], MAIL)
        assert not sender.broken
    assert states(answers) == {"yes@x.example": "sent", "no@x.example": "refused", "later@x.example": "deferred"}
    assert answers["no@x.example"].detail == "550 5.1.1 no such user"
    assert [delivery.rcpt_tos for delivery in smtp.deliveries] == [("yes@x.example",)]


def test_a_mail_all_of_whose_recipients_are_refused_leaves_the_connection_usable(smtp: SmtpSink) -> None:
    smtp.behaviour.recipients = {"no@x.example": "550 no"}
    with connected(login(smtp)) as sender:
        assert states(sender.send(["a@example.org"], ["no@x.example"], MAIL)) == {"no@x.example": "refused"}
        assert states(sender.send(["a@example.org"], ["b@x.example"], MAIL)) == {"b@x.example": "sent"}


@pytest.mark.parametrize(("answer", "state"), [("552 5.3.4 too big", "refused"), ("452 4.3.1 disk full", "deferred")])
def test_the_answer_to_the_mail_counts_for_all_who_were_taken(smtp: SmtpSink, answer: str, state: str) -> None:
    smtp.behaviour.data = answer
    with connected(login(smtp)) as sender:
        answers = sender.send(["a@example.org"], ["b@x.example", "c@x.example"], MAIL)
    assert states(answers) == {"b@x.example": state, "c@x.example": state}


def test_an_answer_lost_after_the_mail_is_unknown_and_not_a_failure(smtp: SmtpSink) -> None:
    smtp.behaviour.lose_answer = True
    with connected(login(smtp)) as sender:
        answers = sender.send(["a@example.org"], ["b@x.example"], MAIL)
        assert sender.broken
    assert answers["b@x.example"].state is State.UNKNOWN
    assert len(smtp.deliveries) == 1


def test_a_connection_that_breaks_before_the_mail_is_over_is_tried_again_later() -> None:
    with (
        answering(b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n") as port,
        connected(Login(f"smtp+insecure://127.0.0.1:{port}")) as sender,
    ):
        answers = sender.send(["a@example.org"], ["b@x.example"], MAIL)
        assert sender.broken
    assert states(answers) == {"b@x.example": "deferred"}


def test_the_null_path_gives_way_to_the_mailbox_where_it_is_refused() -> None:
    lines = (b"220 hi\r\n", b"250 hi\r\n", b"550 no null\r\n", b"250 reset\r\n", b"250 ok\r\n", b"250 ok\r\n")
    with (
        answering(*lines, b"354 go\r\n", b"250 taken\r\n", b"221 bye\r\n") as port,
        connected(Login(f"smtp+insecure://127.0.0.1:{port}")) as sender,
    ):
        answers = sender.send(["", "support@example.org"], ["b@x.example"], MAIL)
    assert states(answers) == {"b@x.example": "sent"}


def test_a_null_path_that_is_taken_stays_null(smtp: SmtpSink) -> None:
    with connected(login(smtp)) as sender:
        sender.send(["", "support@example.org"], ["b@x.example"], MAIL)
    assert smtp.deliveries[0].mail_from == "<>"


def test_a_slow_server_is_given_up_in_time(smtp: SmtpSink) -> None:
    smtp.behaviour.slow = 0.4
    with connected(login(smtp, mail_timeout=0.5)) as sender:
        answers = sender.send(["a@example.org"], ["b@x.example", "c@x.example", "d@x.example"], MAIL)
    assert set(states(answers).values()) == {"deferred"}
    assert smtp.deliveries == []


@pytest.mark.parametrize("kind", ["wrong_host", "untrusted"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_wrong_certificate_is_refused_and_nothing_is_said_in_plain(
    smtp: SmtpSink, certificates: Certificates, kind: str, scheme: str
) -> None:
    certificate = getattr(certificates, kind)
    if scheme == "smtp":
        from tests.servers.smtp import smtp_sink

        bad = Certificates(certificates.ca_file, certificate, certificate, certificate)
        with smtp_sink(bad) as server:
            _refused(login(smtp, url=f"smtp://ann@localhost:{server.port}"))
            assert server.logins == [] and server.deliveries == []
        return
    with proxy(("localhost", smtp.port), certificate=certificate) as front:
        _refused(login(smtp, url=f"smtps://ann@localhost:{front.port}"))
    assert smtp.logins == [] and smtp.deliveries == []


def _refused(wrong: Login) -> None:
    with pytest.raises(Refused, match="certificate of localhost is not trusted") as told, connected(wrong):
        raise AssertionError("connected all the same")
    assert told.value.hint and "--ca-file" in told.value.hint


def test_without_the_private_authority_the_right_certificate_is_not_trusted_either(smtp: SmtpSink) -> None:
    with pytest.raises(Refused, match="not trusted"), connected(login(smtp, ca_file=None)):
        pass


def test_starttls_that_is_not_offered_ends_the_talk_before_the_password() -> None:
    with (
        answering(b"220 hi\r\n", b"250 no tls here\r\n", b"221 bye\r\n") as port,
        pytest.raises(Refused, match="does not offer STARTTLS"),
        connected(Login(f"smtp://ann@127.0.0.1:{port}", "secret-canary")),
    ):
        pass


def test_a_refused_login_says_what_to_do_and_not_the_password(smtp: SmtpSink) -> None:
    with (
        pytest.raises(NotPermitted, match="login refused by localhost") as told,
        connected(login(smtp, password="canary")),
    ):
        pass
    assert "canary" not in f"{told.value.message} {told.value.hint}"
    assert told.value.hint and "mailbox password" in told.value.hint


@pytest.mark.parametrize("url", ["smtp+insecure://127.0.0.1:1", "smtp://nowhere.invalid", "smtps://127.0.0.1:1"])
def test_a_server_that_is_away_is_worth_another_try(url: str) -> None:
    with pytest.raises(TryAgain, match="cannot be reached"), connected(Login(url, connect_timeout=3)):
        pass


def test_a_server_that_hangs_is_left_after_the_timeout(smtp: SmtpSink) -> None:
    with proxy(("localhost", smtp.port)) as front:
        front.fault = Fault(hang_after=0)
        slow = login(smtp, url=f"smtp://ann@127.0.0.1:{front.port}", connect_timeout=0.5)
        with pytest.raises(TryAgain, match="no answer in time"), connected(slow):
            pass


@pytest.fixture
def sendmail(tmp_path: Path) -> Path:
    """A sendmail program that keeps its arguments and its input, and ends with the code in the file `code`."""
    program = tmp_path / "sendmail"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/args\ncat > {tmp_path}/mail\n'
        f"echo said so >&2\nexit $(cat {tmp_path}/code)\n"
    )
    program.chmod(0o755)
    (tmp_path / "code").write_text("0")
    return program


def test_sendmail_gets_the_mail_with_line_feeds_and_addresses_as_arguments(sendmail: Path) -> None:
    with connected(Login(f"sendmail:{sendmail}")) as sender:
        answers = sender.send(["", "a@example.org"], ["b@x.example", "-f@x.example"], MAIL)
    assert states(answers) == {"b@x.example": "sent", "-f@x.example": "sent"}
    arguments = (sendmail.parent / "args").read_text().split()
    assert arguments == ["-i", "-f", "<>", "--", "b@x.example", "-f@x.example"]
    assert (sendmail.parent / "mail").read_bytes() == MAIL.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(("code", "state"), [(75, "deferred"), (71, "deferred"), (67, "refused"), (1, "refused")])
def test_what_sendmail_ends_with_is_its_answer(sendmail: Path, code: int, state: str) -> None:
    (sendmail.parent / "code").write_text(str(code))
    with connected(Login(f"sendmail:{sendmail}")) as sender:
        answers = sender.send(["a@example.org"], ["b@x.example"], MAIL)
    assert (str(answers["b@x.example"].state), answers["b@x.example"].detail) == (state, "said so")


def test_a_sendmail_that_is_not_there_is_worth_another_try() -> None:
    with connected(Login("sendmail:/nowhere/sendmail")) as sender:
        answers = sender.send(["a@example.org"], ["b@x.example"], MAIL)
    assert states(answers) == {"b@x.example": "deferred"}


def test_a_url_that_is_none_is_told_as_such() -> None:
    with pytest.raises(HelpdeskError), connected(Login("gopher://x")):
        pass
