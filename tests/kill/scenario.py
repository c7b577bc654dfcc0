"""A desk with a full mailbox, an import that may die in it, and the invariants that must hold afterwards.

I1, at any moment: each mail is in the mailbox, or in exactly one message, or in quarantine, byte for byte.
I2, after a run that ended: each mail is exactly once in the desk, and everything else is as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from helpdeskctl.config import Config, DatabaseConfig
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.store.tables import Department, Mailbox, MailboxAddress, Secret
from tests.desks import close, write_config
from tests.kill.mails import MAILS
from tests.servers.imap import ImapAccount

_COUNTED = (
    *("ticket", "message", "attachment", "blob", "participant", "event", "message_reference"),
    *("contact", "contact_address", "incoming_mail", "quarantine", "outgoing_mail", "outgoing_recipient"),
)
_IN_MESSAGES = "SELECT i.raw_sha256 FROM message m JOIN incoming_mail i ON i.id = m.incoming_id"
_IN_QUARANTINE = "SELECT i.raw_sha256 FROM quarantine q JOIN incoming_mail i ON i.id = q.incoming_id"
Counts = dict[str, int]
SEVERAL_BATCHES = "[mail]\nbatch_bytes = 2000\n"  # three small mails, a large one, two more


@dataclass(frozen=True, slots=True)
class Scenario:
    """One desk and one mailbox, as they were when the import started. `after` is the mailbox's after-action."""

    config: Config
    account: ImapAccount
    after: str
    mails: Sequence[bytes] = MAILS

    def broken_now(self) -> list[str]:
        """Return what breaks I1 at this moment, without changing anything."""
        on_server = Counter(_digest(mail) for mail in self.account.mails().values())
        with self._looking() as desk:
            inside = _inside(desk)
            problems = _damage(desk)
        for mail in dict.fromkeys(self.mails):
            name, digest = _title(mail), _digest(mail)
            if inside[digest] > 1:
                problems.append(f"{name}: {inside[digest]} times in the desk")
            if not inside[digest] and not on_server[digest]:
                problems.append(f"{name}: lost")
        return problems

    def broken_at_the_end(self, wanted: Counts) -> list[str]:
        """Return what breaks I2 after a run that ended; `wanted` are the counts of an undisturbed run."""
        with self._looking() as desk:
            inside = _inside(desk)
            problems = _damage(desk)
            counts = _counts(desk)
        for mail in dict.fromkeys(self.mails):
            if inside[_digest(mail)] != 1:
                problems.append(f"{_title(mail)}: {inside[_digest(mail)]} times in the desk, not once")
        left = len(self.account.mails())
        if left != (0 if self.after == "delete" else len(self.mails)):
            problems.append(f"{left} mails on the server after {self.after}")
        problems += [f"{table}: {counts[table]} rows, not {n}" for table, n in wanted.items() if counts[table] != n]
        return problems

    def time_passes(self) -> None:
        """An import gives nobody a lease."""

    def blobs(self) -> set[str]:
        """Return the SHA-256 of everything the blob table names."""
        with self._looking() as desk:
            return {str(digest) for (digest,) in desk.database.execute("SELECT sha256 FROM blob").fetchall()}

    def counts(self) -> Counts:
        """Return how many rows each table has that an import writes."""
        with self._looking() as desk:
            return _counts(desk)

    @contextmanager
    def _looking(self) -> Iterator[Desk]:
        """Open the desk as it lies there. SQLite is opened as a copy: looking would carry its log into the file."""
        url = self.config.database.url
        scratch = self.config.paths.data / "looked-at"
        if url.startswith("sqlite:"):
            path = Path(url.removeprefix("sqlite:///"))
            scratch.mkdir(parents=True, exist_ok=True)
            for each in path.parent.glob(f"{path.name}*"):
                shutil.copyfile(each, scratch / each.name)
            url = f"sqlite:///{scratch / path.name}"
        desk = open_desk(replace(self.config, database=DatabaseConfig(url, None)))
        try:
            if desk.database.kind == "postgres":
                _wait_until_alone(desk)
            with desk.connected():
                yield desk
        finally:
            close(desk.database)
            shutil.rmtree(scratch, ignore_errors=True)


def furnish(folder: Path, database_url: str, account: ImapAccount, *, after: str = "delete") -> Scenario:
    """Set up a desk with one department and one mailbox, put the mails on the server, and return the scenario."""
    config = write_config(folder, database_url, more=SEVERAL_BATCHES)
    desk = open_desk(config)
    with desk.connected():
        desk.database.transact(lambda: _set_up(desk, account, after))
    close(desk.database)
    account.append(*MAILS)
    return Scenario(config, account, after)


def _set_up(desk: Desk, account: ImapAccount, after: str) -> None:
    now = desk.now()
    department = Department.insert(key="support", name="Support", public=True, created_at=now).execute()
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal(account.password), changed_at=now).execute()
    mailbox = Mailbox.insert(
        address="support@desk.example",
        department_id=department,
        imap_url=f"imaps://{quote(account.user, safe='')}@{account.server.host}:{account.server.tls_port}",
        ca_file=str(account.server.ca_file),
        secret_id=secret,
        start="all",
        after=after,
        created_at=now,
    ).execute()
    MailboxAddress.insert(address="support@desk.example", mailbox_id=mailbox).execute()


def _digest(mail: bytes) -> str:
    return hashlib.sha256(mail).hexdigest()


def _title(mail: bytes) -> str:
    return next(line for line in mail.decode("latin-1").splitlines() if line.startswith("Subject:"))


def _inside(desk: Desk) -> Counter[str]:
    """Return how often each mail, by the SHA-256 of its octets, is in a message or in quarantine."""
    rows = [*desk.database.execute(_IN_MESSAGES).fetchall(), *desk.database.execute(_IN_QUARANTINE).fetchall()]
    return Counter(str(digest) for (digest,) in rows)


def _damage(desk: Desk) -> list[str]:
    """Return what is wrong inside: a blob that a row names and that cannot be read, a damaged SQLite file."""
    problems = []
    for (digest,) in desk.database.execute("SELECT sha256 FROM blob").fetchall():
        try:
            desk.blobs.get(digest)
        except Exception as fault:  # whatever it is, it is the finding
            problems.append(f"blob {digest[:12]}: {fault!r}")
    if desk.database.kind == "sqlite":
        verdicts = desk.database.execute("PRAGMA integrity_check").fetchall()
        verdicts += desk.database.execute("PRAGMA foreign_key_check").fetchall()
        problems += [str(row) for row in verdicts if row[0] != "ok"]
    return problems


def _counts(desk: Desk) -> Counts:
    one = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in _COUNTED)
    return {str(table): int(count) for table, count in desk.database.execute(one).fetchall()}


def _wait_until_alone(desk: Desk) -> None:
    """The server takes a moment to notice that a client was killed, and to undo what it was doing for it."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    limit = time.monotonic() + 10
    with desk.connected():
        while desk.database.execute(others).fetchone()[0]:
            assert time.monotonic() < limit, "somebody is still connected to the database"
            time.sleep(0.01)
