"""The real program on a desk of a test: `helpdeskctl` as a process of its own, and what it left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.domain.text import HARMFUL
from helpdeskctl.store.tables import Message, Quarantine, Secret
from tests.builders import Builder
from tests.cli.conftest import PROGRAM, Answer
from tests.clock import SteppedClock
from tests.servers.imap import PASSWORD, ImapAccount
from tests.servers.smtp import SmtpSink

SECONDS = 120.0  # in which a command has to end


@dataclass(frozen=True, slots=True)
class Shell:
    """Somebody at a shell: the configuration is found by `environ`, each command runs behind `before`."""

    config: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()

    def command(self, *words: object) -> list[str]:
        """The words of a command as the system starts it."""
        return [*self.before, str(PROGRAM), *map(str, words)]

    def known(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command."""
        return {**os.environ, "HELPDESK_CONFIG": str(self.config), **self.environ, **(environ or {})}

    def start(
        self, *words: object, environ: Mapping[str, str] | None = None, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Begin a command; its streams are pipes unless told."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | streams
        return subprocess.Popen(self.command(*words), env=self.known(environ), **pipes)

    def run(self, *words: object, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Answer:
        """Run a command to its end."""
        return ended(self.start(*words, environ=environ), stdin)


def ended(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> Answer:
    """What a command that was started said and how it ended."""
    try:
        out, err = process.communicate(stdin, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Answer(process.returncode, (out or b"").decode(), (err or b"").decode())


@dataclass(frozen=True, slots=True)
class Place:
    """A desk with the department support, and a shell on it."""

    desk: Desk
    build: Builder
    shell: Shell

    def run(self, *words: object, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Answer:
        """Run a command to its end."""
        return self.shell.run(*words, stdin=stdin, environ=environ)

    def secret(self, password: str = PASSWORD) -> int:
        """A stored password."""
        sealed = self.desk.keys.seal(password)
        return int(Secret.insert(purpose="mailbox", sealed=sealed, changed_at=self.desk.now()).execute())

    def receiving(self, account: ImapAccount, *, password: str = PASSWORD, **columns: Any) -> str:
        """A mailbox that is read from a real account; its address."""
        server = account.server
        given = {
            "imap_url": f"imaps://{quote(account.user, safe='')}@{server.host}:{server.tls_port}",
            "smtp_url": None,
            "ca_file": str(server.ca_file),
            "secret_id": self.secret(password),
            "start": "all",
        }
        self.build.mailbox(account.user, **(given | columns))
        return account.user

    def sending(self, smtp: SmtpSink, *, password: str = PASSWORD, **columns: Any) -> str:
        """A mailbox that sends by the sink; its address."""
        given = {
            "imap_url": None,
            "smtp_url": f"smtp://support%40example.org@localhost:{smtp.port}",
            "ca_file": str(smtp.ca_file),
            "secret_id": self.secret(password),
        }
        self.build.mailbox(**(given | columns))
        return "support@example.org"

    def bodies(self) -> list[str]:
        """The texts of all messages, in order."""
        return [str(message.body).strip() for message in Message.select().order_by(Message.id)]

    def quarantined(self) -> int:
        """How many mails wait in quarantine."""
        return int(Quarantine.select().where(Quarantine.state == "held").count())


@pytest.fixture
def place(desk: Desk, clock: SteppedClock) -> Place:
    """A desk on each database, at the time of the day: the program's clock is the machine's."""
    clock.set(utc_now())
    build = Builder(desk)
    build.department("support")
    assert desk.config.path is not None
    return Place(desk, build, Shell(desk.config.path))


def told(answer: Answer, code: int, *words: str, out: str = "") -> None:
    """The contract of an error: its code, nothing on stdout, what went wrong by name, and what to type next."""
    assert (answer.code, answer.out) == (code, out), answer
    assert answer.err.startswith("helpdeskctl: error: "), answer.err
    assert "\n  try: " in answer.err, answer.err
    for word in words:
        assert word in answer.err, answer.err
    assert "Traceback" not in answer.err and harmless(answer.err)


def harmless(text: str) -> bool:
    """Whether nothing in a text steers a terminal."""
    return HARMFUL.search(text) is None
