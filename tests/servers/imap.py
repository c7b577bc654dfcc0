"""What a test needs of an IMAP server, whichever one runs: an address, users, and hands to touch their mail."""

from __future__ import annotations

import itertools
import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

PASSWORD = "pw"


@dataclass(slots=True)
class ImapServer:
    """A running server. Every user exists, with an own empty mailbox and the password "pw".

    `port` speaks plain and STARTTLS, `tls_port` TLS from the first byte; `ca_file` trusts both.
    `name` is "dovecot" or "pymap" (which hands out LF for CRLF and cannot give INBOX a new UIDVALIDITY).
    """

    name: str
    host: str
    port: int
    tls_port: int
    ca_file: Path
    mail_root: Path
    log_file: Path | None = None
    enrol: Callable[[str], None] = lambda _user: None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def account(self, stem: str = "user") -> ImapAccount:
        """Return a mailbox nobody else has used in this run."""
        user = f"{stem}-{os.getpid()}-{next(self._numbers)}@desk.example"
        self.enrol(user)
        return ImapAccount(self, user)


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """One user's mail, seen and changed the way another mail program would."""

    server: ImapServer
    user: str
    password: str = PASSWORD
    timeout: float = 10

    @contextmanager
    def client(self, *, tls: bool = False) -> Iterator[IMAPClient]:
        """Open a logged-in connection."""
        port = self.server.tls_port if tls else self.server.port
        context = ssl.create_default_context(cafile=str(self.server.ca_file)) if tls else None
        with IMAPClient(self.server.host, port, ssl=tls, ssl_context=context, timeout=self.timeout) as client:
            client.login(self.user, self.password)
            yield client

    def append(self, *mails: bytes, folder: str = "INBOX", flags: Sequence[str] = ()) -> None:
        """Put raw mails into a folder, in order."""
        with self.client() as client:
            for mail in mails:
                client.append(folder, mail, flags)

    def create(self, folder: str) -> None:
        """Make a folder."""
        with self.client() as client:
            client.create_folder(folder)

    def folders(self) -> list[str]:
        """Return the names of all folders."""
        with self.client() as client:
            return sorted(str(name) for _, _, name in client.list_folders())

    def mails(self, folder: str = "INBOX") -> dict[int, bytes]:
        """Return the raw mails by UID, without marking anything as read."""
        return {uid: row[b"BODY[]"] for uid, row in self._fetch(folder, "BODY.PEEK[]").items()}

    def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        """Return the flags by UID."""
        rows = self._fetch(folder, "FLAGS")
        return {uid: {flag.decode() for flag in row[b"FLAGS"]} for uid, row in rows.items()}

    def add_flags(self, uids: Sequence[int], *flags: str, folder: str = "INBOX") -> None:
        """Set flags, as a person in another program does."""
        with self.client() as client:
            client.select_folder(folder)
            client.add_flags(uids, flags)

    def expunge(self, uids: Sequence[int], folder: str = "INBOX") -> None:
        """Remove mails for good."""
        with self.client() as client:
            client.select_folder(folder)
            client.delete_messages(uids)
            client.expunge()

    def uidvalidity(self, folder: str = "INBOX") -> int:
        """Return the folder's UIDVALIDITY (RFC 3501 §2.3.1.1)."""
        with self.client() as client:
            return int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])

    def recreate(self, folder: str = "INBOX") -> None:
        """Give the folder a new UIDVALIDITY: the same mails under new UIDs, without flags."""
        before = self.uidvalidity(folder)
        mails = self.mails(folder)
        if folder.upper() == "INBOX":
            self._forget_inbox(before)
        else:
            with self.client() as client:
                client.delete_folder(folder)
                client.create_folder(folder)
        self.append(*mails.values(), folder=folder)
        assert self.uidvalidity(folder) != before

    def _forget_inbox(self, uidvalidity: int) -> None:
        """Take the mails and the server's own memory of INBOX away; IMAP has no command for it."""
        self.expunge(list(self.mails()))
        home = self.server.mail_root / self.user
        for path in home.glob("dovecot*"):
            path.unlink()
        (home / "dovecot-uidlist").write_text(f"3 V{uidvalidity + 1} N1\n")

    def _fetch(self, folder: str, item: str) -> dict[int, dict[bytes, Any]]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            uids = client.search("ALL")
            rows: dict[int, dict[bytes, Any]] = client.fetch(uids, [item]) if uids else {}
            return rows
