"""A desk that lives on a small disk, made and asked by the real program alone: nobody else sees that disk."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.cli.conftest import Answer
from tests.flows.shell import Shell
from tests.flows.small_disk import SmallDisk
from tests.servers.imap import ImapAccount
from tests.servers.smtp import SmtpSink


class DiskDesk:
    """A desk that lives on a small disk, made and asked by the real program alone."""

    def __init__(self, disk: SmallDisk) -> None:
        self.disk = disk
        self.shell = Shell(disk.folder / "config.toml", before=disk.inside)
        self.done("init", "--admin", "ann@example.org", "--user", "root", "-C", self.shell.config)
        self.done("department", "create", "support", "--name", "Support")

    def run(self, *words: object, stdin: bytes = b"") -> Answer:
        return self.shell.run(*words, stdin=stdin)

    def done(self, *words: object, stdin: bytes = b"") -> str:
        """A command that has to go well; what it printed."""
        answer = self.run(*words, stdin=stdin)
        assert answer.code == 0, answer
        return answer.out

    def messages(self) -> list[str]:
        """The texts of all messages."""
        numbers = self.done("ticket", "list", "--all", "-o", "id").split()
        shown = [json.loads(self.done("ticket", "show", number, "-o", "json")) for number in numbers]
        return sorted(message["text"].strip() for ticket in shown for message in ticket["messages"])


def mailbox(desk: DiskDesk, account: ImapAccount, smtp: SmtpSink) -> None:
    """A mailbox that is read from a real account and sends by the sink."""
    user = quote(account.user, safe="")
    desk.done(
        "mailbox", "create", account.user, "--department", "support", "--start", "all", "--no-test",
        "--imap", f"imaps://{user}@localhost:{account.server.tls_port}", "--smtp", f"submission://{user}@localhost:{smtp.port}",
        "--ca-file", account.server.ca_file, "--after", "delete", "--password-stdin", stdin=b"pw\n",
    )  # fmt: skip
