"""Mail for tests of intake: written in a line, brought in by the pipe or by a real mailbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.references import Audience
from helpdeskctl.operations import intake, intake_doors
from helpdeskctl.operations.intake_tally import MailboxReport
from helpdeskctl.queries.intake import token_keys
from helpdeskctl.store.tables import IncomingMail, Message, OutgoingMail, Quarantine, Secret, Ticket
from tests.builders import Builder
from tests.servers.imap import ImapAccount

SUPPORT = "support@example.org"
DATE = "Tue, 10 Mar 2026 08:59:00 +0000"


def letter(
    subject: str = "Printer on fire",
    *,
    sender: str = "Alice <alice@acme.example>",
    to: str = SUPPORT,
    mail_id: str | None = None,
    text: str = "It smokes.",
    lines: str = "",
) -> bytes:
    """An ordinary mail. `lines` are further header lines; the Message-ID comes from the subject unless given."""
    mail_id = mail_id if mail_id is not None else f"<{abs(hash((subject, sender, text, lines)))}@acme.example>"
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {DATE}"]
    head += [f"Message-ID: {mail_id}"] if mail_id else []
    return "\r\n".join([*head, *lines.splitlines(), "", text, ""]).encode()


@dataclass
class Post:
    """A desk with the department support and its mailbox."""

    desk: Desk
    build: Builder

    def limit(self, **limits: int) -> None:
        """Give the desk other limits of mail."""
        config = self.desk.config
        self.desk = replace(self.desk, config=replace(config, mail=config.mail._replace(**limits)))

    def pipe(self, raw: bytes, *, mailbox: str | None = SUPPORT) -> str:
        """Bring one mail in; what became of it."""
        return intake_doors.pipe(self.desk, raw, mailbox=mailbox)

    def row(self) -> IncomingMail:
        """The ledger's newest row."""
        return IncomingMail.select().order_by(IncomingMail.id.desc()).get()

    def tickets(self) -> list[Ticket]:
        return list(Ticket.select().order_by(Ticket.id))

    def messages(self, number: int) -> list[Message]:
        return list(Message.select().where(Message.ticket_id == number).order_by(Message.id))

    def outbox(self) -> list[OutgoingMail]:
        return list(OutgoingMail.select().order_by(OutgoingMail.id))

    def held(self) -> list[str]:
        """The reasons of what lies in quarantine."""
        return [row.reason for row in Quarantine.select().where(Quarantine.state == "held").order_by(Quarantine.id)]

    def answer_id(self, number: int, message: int, audience: Audience = Audience.CONTACT) -> str:
        """The Message-ID of a mail of ours about a message of a ticket."""
        token = references.make_token(number, message, token_keys(self.desk), audience)
        return references.message_id(token, "example.org")

    def fetch(self, *addresses: str, **options: Any) -> list[MailboxReport]:
        """Read the mailboxes."""
        return list(intake.fetch(self.desk, addresses, **options))

    def mailbox_at(self, account: ImapAccount, address: str = SUPPORT, **columns: Any) -> int:
        """A mailbox that is read from a real account."""
        secret = Secret.insert(
            purpose="mailbox", sealed=self.desk.keys.seal(account.password), changed_at=self.desk.now()
        ).execute()
        server = account.server
        given = {
            "imap_url": f"imaps://{quote(account.user, safe='')}@{server.host}:{server.tls_port}",
            "ca_file": str(server.ca_file),
            "secret_id": secret,
            "start": "all",
        }
        return self.build.mailbox(address, **(given | columns))
