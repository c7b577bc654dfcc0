"""Handing mail over: SMTP or the local sendmail. The only place that knows smtplib.

TLS is required and verified wherever the URL does not say plain; there is no falling back. What the server says is
kept per recipient. An answer lost after the mail itself was sent is UNKNOWN: whether it was taken cannot be told.
"""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from helpdeskctl.domain.delivery import Answer, State
from helpdeskctl.domain.mailurls import Security, Sendmail, Server, parse_smtp
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import HelpdeskError, Refused, TryAgain
from helpdeskctl.mail import sasl

MOST_RECIPIENTS = 100  # in one transaction, RFC 5321 §4.5.3.1.8
_LAST_ANSWER = 300.0  # seconds for the answer to the mail itself; RFC 5321 §4.5.3.2.6 asks for patience here
_GOODBYE = 2.0  # seconds
_CHUNK = 65536  # octets between looks at the clock
_PASSWORDS = {"PLAIN", "LOGIN", "CRAM-MD5"}
_LINE_START_DOT = re.compile(rb"(?m)^\.")
_TEMPORARY_EXITS = {71, 74, 75}  # sysexits: OSERR, IOERR, TEMPFAIL


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in: a mail URL, its password, a private authority's certificates; times in seconds.

    `bearer` gives a token instead of the password (OAuth 2.0); it is asked for another one when that is refused, once.
    `mail_timeout` is what handing over one mail may take until its last byte, however slowly each answer comes.
    """

    url: str
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    bearer: sasl.Bearer | None = None
    connect_timeout: float = 15.0
    command_timeout: float = 60.0
    mail_timeout: float = 300.0

    @property
    def server(self) -> Server | Sendmail:
        """The server or program the URL names; whether it may be a plain one was asked when it was set up."""
        return parse_smtp(self.url, allow_insecure=True)

    @property
    def name(self) -> str:
        """The server as people know it."""
        return self.server.path if isinstance(self.server, Sendmail) else self.server.host


Answers = dict[str, Answer]


class Sender(Protocol):
    """Something that takes mails, one after the other."""

    def send(self, senders: Sequence[str], recipients: Sequence[str], mail: bytes) -> Answers:
        """Hand one mail over; what became of it for each recipient.

        `senders` are envelope senders to be tried in turn, "" being the null path. Never raises for what a server
        does: a connection that breaks is an answer, too.
        """

    def may_send_as(self, address: str) -> Answer:
        """Whether a mail from an address to itself would be taken; nothing is sent."""

    @property
    def broken(self) -> bool:
        """Whether nothing more can be sent through it."""


@contextmanager
def connected(login: Login) -> Iterator[Sender]:
    """A logged-in connection for as many mails as are wanted.

    TryAgain when the server is away, NotPermitted when it refuses the login, Refused for a certificate that cannot
    be verified and for TLS or login that it does not offer.
    """
    server = login.server
    if isinstance(server, Sendmail):
        yield _Sendmail(server.path, login.command_timeout)
        return
    with _faults(login):
        smtp = _signed_in(login, server)
    sender = _Smtp(smtp, login.command_timeout, login.mail_timeout)
    try:
        yield sender
    finally:
        sender.leave()


def _signed_in(login: Login, server: Server) -> smtplib.SMTP:
    if login.bearer is None or server.user is None:
        return _open(login, server, None)
    token = login.bearer(None)
    try:
        return _open(login, server, token)
    except sasl.TokenRefused:
        return _open(login, server, login.bearer(token))


def _open(login: Login, server: Server, token: str | None) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=login.ca_file)
    name = _own_name()
    if server.security is Security.TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=name, timeout=login.connect_timeout, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=login.connect_timeout)
    try:
        if server.security is Security.STARTTLS:
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.user is not None:
            _log_in(smtp, server, login.password or "", token)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, server: Server, password: str, token: str | None) -> None:
    user = server.user or ""
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    try:
        if token is None:
            if offered and not _PASSWORDS & set(offered):
                raise sasl.refused(server.host, "it takes no passwords", offered, by_token=False)
            smtp.login(user, password)
        else:
            exchange = sasl.exchange(offered, user=user, token=token, host=server.host, port=server.port)
            smtp.auth(exchange.mechanism, exchange)
    except smtplib.SMTPAuthenticationError as no:
        said = sasl.without(_said(no.smtp_error), password, token)
        if 400 <= no.smtp_code < 500:
            raise TryAgain(f'login not possible at {server.host} now ("{said}")') from no
        raise sasl.refused(server.host, said, offered, by_token=token is not None) from no


def _own_name() -> str:
    """What to say in EHLO; never a name server's business, which may take half a minute."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


@contextmanager
def _faults(login: Login) -> Iterator[None]:
    where = login.name
    try:
        yield
    except HelpdeskError:
        raise
    except smtplib.SMTPNotSupportedError as lacking:
        what = "STARTTLS" if "STARTTLS" in str(lacking) else "a login"
        raise Refused(
            f"{where} does not offer {what}", hint="submissions:// for TLS from the first byte, or another port"
        ) from lacking
    except ssl.SSLCertVerificationError as wrong:
        raise Refused(
            f"the certificate of {where} is not trusted: {wrong.verify_message or wrong.reason}",
            hint="name the server as its certificate does, or --ca-file FILE for an authority of your own",
        ) from wrong
    except (smtplib.SMTPException, OSError) as fault:
        raise TryAgain(f"{where} cannot be reached: {_words(fault)}") from fault


class _Smtp:
    """One SMTP connection."""

    def __init__(self, smtp: smtplib.SMTP, command_timeout: float, mail_timeout: float) -> None:
        self._smtp = smtp
        self._timeout = command_timeout
        self._mail_timeout = mail_timeout
        self._deadline = 0.0
        self.broken = False

    def send(self, senders: Sequence[str], recipients: Sequence[str], mail: bytes) -> Answers:
        """See `Sender.send`."""
        answers: Answers = {}
        self._deadline = time.monotonic() + self._mail_timeout
        try:
            self._set_timeout(self._timeout)
            if not self._mail_from(senders, len(mail), recipients, answers):
                return answers
            taken = self._recipients(recipients, answers)
            if not taken:
                self._smtp.rset()
                return answers
            return answers | self._data(taken, mail)
        except (smtplib.SMTPException, OSError) as fault:
            self.broken = True
            lost = Answer(State.DEFERRED, f"connection lost: {_words(fault)}")
            return {**dict.fromkeys(recipients, lost), **answers}

    def may_send_as(self, address: str) -> Answer:
        """See `Sender.may_send_as`."""
        try:
            code, words = self._smtp.mail(address)
            if code // 100 == 2:
                code, words = self._smtp.rcpt(address)
            self._smtp.rset()
        except (smtplib.SMTPException, OSError) as fault:
            self.broken = True
            return Answer(State.DEFERRED, f"connection lost: {_words(fault)}")
        return _answer(code, words)

    def _mail_from(self, senders: Sequence[str], size: int, recipients: Sequence[str], answers: Answers) -> bool:
        options = [f"size={size}"] if self._smtp.has_extn("size") else []
        for sender in senders:
            code, words = self._smtp.mail(sender, options)
            if code // 100 == 2:
                return True
            self.broken = code == 421
            self._smtp.rset()
        answers.update(dict.fromkeys(recipients, _answer(code, words)))
        return False

    def _recipients(self, recipients: Sequence[str], answers: Answers) -> list[str]:
        taken = []
        for address in recipients:
            self._look_at_the_clock()
            code, words = self._smtp.rcpt(address)
            if code // 100 == 2:
                taken.append(address)
            elif code == 421:
                raise smtplib.SMTPServerDisconnected(_said(words))
            else:
                answers[address] = _answer(code, words)
        return taken

    def _data(self, taken: Sequence[str], mail: bytes) -> Answers:
        code, words = self._smtp.docmd("DATA")
        if code == 354:
            stuffed = memoryview(_LINE_START_DOT.sub(b"..", mail) + b".\r\n")
            for start in range(0, len(stuffed), _CHUNK):
                self._look_at_the_clock()
                self._smtp.send(stuffed[start : start + _CHUNK])
            # The last dot has left: from here on the server may have taken the mail whatever we get to hear.
            try:
                self._set_timeout(_LAST_ANSWER)
                code, words = self._smtp.getreply()
            except (smtplib.SMTPException, OSError) as fault:
                self.broken = True
                return dict.fromkeys(taken, Answer(State.UNKNOWN, f"no answer to the mail: {_words(fault)}"))
        self.broken = code == 421
        return dict.fromkeys(taken, _answer(code, words))

    def _look_at_the_clock(self) -> None:
        if time.monotonic() > self._deadline:
            raise TimeoutError

    def leave(self) -> None:
        """Say goodbye, but do not wait for an answer that matters to nobody."""
        if not self.broken:
            with suppress(smtplib.SMTPException, OSError):
                self._set_timeout(_GOODBYE)
                self._smtp.quit()
        self._smtp.close()

    def _set_timeout(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


class _Sendmail:
    """The local program, once per mail."""

    broken = False

    def __init__(self, program: str, timeout: float) -> None:
        self._program = program
        self._timeout = timeout

    def send(self, senders: Sequence[str], recipients: Sequence[str], mail: bytes) -> Answers:
        """See `Sender.send`. The program answers for all recipients at once."""
        command = [self._program, "-i", "-f", senders[0] or "<>", "--", *recipients]
        try:
            done = subprocess.run(
                command, input=mail.replace(b"\r\n", b"\n"), capture_output=True, timeout=self._timeout, check=False
            )
        except subprocess.TimeoutExpired:
            answer = Answer(State.UNKNOWN, f"{self._program} did not end within {self._timeout:.0f} s")
        except OSError as fault:
            answer = Answer(State.DEFERRED, f"{self._program}: {fault.strerror}")
        else:
            answer = _exit_answer(done, self._program)
        return dict.fromkeys(recipients, answer)

    def may_send_as(self, address: str) -> Answer:
        """See `Sender.may_send_as`; of a program no more can be told than whether it is there."""
        if _runs(self._program):
            return Answer(State.SENT)
        return Answer(State.REFUSED, f"{self._program} is no program that can be run")


def _runs(program: str) -> bool:
    path = Path(program)
    return path.is_file() and os.access(path, os.X_OK)


def _exit_answer(done: subprocess.CompletedProcess[bytes], program: str) -> Answer:
    words = _said(done.stderr[:1000]) or f"{program} ended with code {done.returncode}"
    if done.returncode == 0:
        return Answer(State.SENT, "given to sendmail")
    lasting = done.returncode > 0 and done.returncode not in _TEMPORARY_EXITS
    return Answer(State.REFUSED if lasting else State.DEFERRED, words)


def _answer(code: int, words: bytes) -> Answer:
    state = {2: State.SENT, 5: State.REFUSED}.get(code // 100, State.DEFERRED)
    return Answer(state, f"{code} {_said(words)}".strip())


def _said(words: bytes | str) -> str:
    """A server's words on one line, not longer than people read."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return clean_line(text)[:300]


def _words(fault: Exception) -> str:
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return "no answer in time"
    if isinstance(fault, socket.gaierror):
        return "its name is not known"
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_said(fault.smtp_error)}"
    return _said(str(getattr(fault, "strerror", None) or fault)) or type(fault).__name__
