"""The README's transcript, line by line, on a fresh account against a real IMAP and a real SMTP server."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.terminal import on_a_terminal
from tests.servers.certificates import Certificates
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink

README = Path(__file__).parents[2] / "README.md"
MAIL = (
    "From: Ada <ada@private.example>\r\nTo: support@example.org\r\nSubject: Test from my phone\r\n"
    "Message-ID: <phone-{}@private.example>\r\nDate: Tue, 10 Mar 2026 09:00:00 +0000\r\n{}\r\nHello?\r\n"
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the transcript and the lines it shows."""

    command: str
    lines: tuple[str, ...]


def transcript() -> Iterator[Step]:
    """The commands of "The first ten minutes" with what follows each."""
    section = README.read_text(encoding="utf-8").split("## The first ten minutes")[1].split("\n## ")[0]
    shown = "\n".join(re.findall(r"```console\n(.*?)```", section, re.S))
    for block in re.split(r"^\$ ", shown, flags=re.M)[1:]:
        command, *lines = block.strip("\n").split("\n")
        yield Step(command, tuple(line for line in lines if line))


def unprivileged() -> list[str]:
    """What stands before a command so that it runs without root, in a user namespace where that is needed."""
    if os.geteuid() != 0:
        return []
    probe = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") is None or subprocess.run([*probe, "true"], check=False, capture_output=True).returncode:
        pytest.skip("running as root, and this kernel makes no user namespaces to leave root behind in")
    return probe


@dataclass(slots=True)
class Visitor:
    """Somebody with an empty home folder, no configuration and no root, who types the README's lines."""

    home: Path
    account: ImapAccount
    smtp: SmtpSink
    certificates: Certificates

    def types(self, command: str) -> tuple[int, str]:
        """Run one line on a terminal; the mail server of the README is the one of this test."""
        server = self.account.server
        here = (
            f"--imap imaps://{self.account.user.replace('@', '%40')}@localhost:{server.tls_port} "
            f"--smtp submission://support%40example.org@localhost:{self.smtp.port} --ca-file {server.ca_file}"
        )
        words = shlex.split(command.replace("--server mail.example.org", here))
        words[0] = str(Path(sys.executable).with_name(words[0]))
        environ = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "COLUMNS": "200",
        }
        answers = {"Password for support@example.org": self.account.password}
        return on_a_terminal([*unprivileged(), *words], environ, answers=answers)

    def reads(self, text: str) -> list[str]:
        """What was shown, with this account's places and ports as the README's reader would see them."""
        text = text.replace(str(self.home), "~").replace(str(Path(sys.executable).parent) + "/", "")
        text = re.sub(rf"\b{self.account.server.tls_port}\b", "993", text)
        text = re.sub(rf"\b{self.smtp.port}\b", "587", text)
        return [_folded(line) for line in text.splitlines() if line.strip()]


def _folded(line: str) -> str:
    line = re.sub(r"waits \S+", "waits 1m", line)
    line = re.sub(r" --config \S+", "", line)
    line = re.sub(r"^(\* \* \* \* \*) \S+ helpdeskctl", r"\1 helpdeskctl", line)
    return re.sub(r"\s+", " ", line).strip().rstrip(":")


@pytest.fixture
def visitor(imap: ImapServer, smtp: SmtpSink, certificates: Certificates, tmp_path: Path) -> Visitor:
    """A visitor whose mailbox holds two old mails."""
    account = imap.account("support")
    account.append(*(MAIL.format(n, "").encode() for n in ("old-1", "old-2")))
    return Visitor(tmp_path, account, smtp, certificates)


def test_the_transcript_of_the_readme_is_what_happens(visitor: Visitor) -> None:
    steps = list(transcript())
    assert len(steps) >= 8
    for step in steps:
        if step.command.startswith(("pipx ", "helpdeskctl tui")):
            continue  # installing is the virtual environment of the tests; the screen has tests of its own
        if step.command.startswith("helpdeskctl ticket list"):
            visitor.account.append(MAIL.format("new", "").encode())
            assert visitor.types("helpdeskctl cron") == (0, "")  # silent when all is well
        code, shown = visitor.types(step.command)
        assert code == 0, shown
        assert visitor.reads(shown) == [_folded(line) for line in step.lines], step.command
    _the_answer_threads(visitor)


def _the_answer_threads(visitor: Visitor) -> None:
    """The customer's program puts our answer below the question, and the next answer lands in the same ticket."""
    answer = next(sent.message for sent in visitor.smtp.deliveries if "Re: " in sent.message["Subject"])
    assert answer["In-Reply-To"] == "<phone-new@private.example>"
    assert str(answer["References"]).split()[-1] == "<phone-new@private.example>"
    again = f"In-Reply-To: {answer['Message-ID']}\r\nReferences: {answer['References']} {answer['Message-ID']}\r\n"
    visitor.account.append(MAIL.format("second", again).encode())
    stranger = MAIL.format("stranger", again).replace("ada@private.example", "eve@beta.example")
    visitor.account.append(stranger.encode())
    assert visitor.types("helpdeskctl mail fetch --quiet") == (0, "")
    _, thread = visitor.types("helpdeskctl ticket show 1001 -o json")
    assert thread.count('"kind": "mail"') == 2
    _, queue = visitor.types("helpdeskctl ticket list -o id")
    assert queue.split() == ["1001", "1002"] or queue.split() == ["1002", "1001"]
