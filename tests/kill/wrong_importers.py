"""A small importer that does its three steps in a right or in one of two wrong orders, for the harness to tell apart.

Run as `python -m tests.kill.wrong_importers ORDER CONFIG`.
"""

from __future__ import annotations

import hashlib
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg  # noqa: F401  # loaded before peewee looks for drivers (store/orm.py)
from imapclient import IMAPClient

from helpdeskctl import config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.domain.text import clean
from helpdeskctl.operations import contacts, messages
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.store.tables import IncomingMail, Mailbox, MailboxFolder, Status, Ticket
from tests.servers.imap import PASSWORD

ORDERS = ("right", "delete-before-commit", "cursor-before-store")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail on the server."""

    uid: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Importer:
    """Brings the mails of one mailbox in, one by one."""

    desk: Desk
    client: IMAPClient
    order: str

    def run(self) -> None:
        """Take what is behind the cursor; delete what an earlier run left."""
        uids = self.client.search("ALL")
        last = self._last_uid()
        for uid in [uid for uid in uids if uid <= last]:
            self._delete(uid)
        for uid in [uid for uid in uids if uid > last]:
            self._take(Mail(uid, self.client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]))

    def _take(self, mail: Mail) -> None:
        transact = self.desk.database.transact
        steps: dict[str, tuple[Callable[[], None], ...]] = {
            "right": (lambda: transact(lambda: self._store(mail)), lambda: self._delete(mail.uid)),
            "delete-before-commit": (lambda: self._delete(mail.uid), lambda: transact(lambda: self._store(mail))),
            "cursor-before-store": (
                lambda: transact(lambda: self._move_cursor(mail.uid)),
                lambda: transact(lambda: self._store(mail)),
                lambda: self._delete(mail.uid),
            ),
        }
        for step in steps[self.order]:
            step()

    def _store(self, mail: Mail) -> None:
        desk, digest = self.desk, hashlib.sha256(mail.raw).hexdigest()
        if not IncomingMail.select().where(IncomingMail.identity == digest).exists():
            desk.blobs.put(mail.raw, now=desk.now())
            incoming = IncomingMail.insert(
                identity=digest, state="stored", size=len(mail.raw), raw_sha256=digest, created_at=desk.now()
            ).execute()
            body = clean(mail.raw.decode("latin-1"))
            message = NewMessage(kind="mail", direction="in", body=body, incoming_id=incoming)
            messages.add(desk, self._ticket(), message)
        self._move_cursor(mail.uid)

    def _ticket(self) -> int:
        now, contact = self.desk.now(), contacts.known_or_new(self.desk, "a@customer.example")
        return int(
            Ticket.insert(
                subject="One",
                department_id=1,
                status_id=Status.get(Status.kind == "new").id,
                contact_id=contact,
                requester_address="a@customer.example",
                origin="mail",
                created_at=now,
                updated_at=now,
            ).execute()
        )

    def _last_uid(self) -> int:
        row = MailboxFolder.get_or_none()
        return row.last_uid if row else 0

    def _move_cursor(self, uid: int) -> None:
        if not MailboxFolder.update(last_uid=uid).execute():
            MailboxFolder.insert(
                mailbox_id=1, folder="INBOX", uidvalidity=1, last_uid=uid, created_at=self.desk.now()
            ).execute()

    def _delete(self, uid: int) -> None:
        self.client.delete_messages([uid])
        self.client.uid_expunge([uid])


def main(order: str, config_file: str) -> None:
    """Import the desk's one mailbox in the given order of steps."""
    desk = open_desk(config.load(Path(config_file), {}))
    with desk.connected():
        mailbox = Mailbox.get()
        server = urlsplit(mailbox.imap_url)
        context = ssl.create_default_context(cafile=mailbox.ca_file)
        with IMAPClient(server.hostname, server.port, ssl_context=context, timeout=10) as client:
            client.login(unquote(server.username or ""), PASSWORD)
            client.select_folder("INBOX")
            Importer(desk, client, order).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
