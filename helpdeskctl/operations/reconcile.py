"""The server's folder against the ledger: every mail that is on one side only, by name (MAIL-25). Writes nothing.

Under the folder's present UIDVALIDITY UIDs are compared. Where that changed and the folder was not read anew, UIDs say
nothing: Message-IDs are compared, and the content of mail without one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.mail import fetch
from helpdeskctl.mail.fetch import Folder, Named
from helpdeskctl.mail.parse import identity
from helpdeskctl.operations import intake, intake_cursor
from helpdeskctl.store.tables import IncomingMail, Mailbox, MailboxFolder

_AT_ONCE = 500  # mails asked for in one go
_LONGEST = 3600.0  # seconds that one mailbox may take
_STAYS = ("keep", "seen", "flag")  # what is done with stored mail that leaves it where it is
_UNSETTLED = ("left", "failed", "received")

Kind = Literal["missing", "unread", "gone", "left", "failed", "received", "skipped", "agreed"]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A mail that is on one side only, or how many mails agree or were skipped (`count`).

    `missing`: on the server, passed by the reading, and without a row; `unread`: the next fetch reads it; `gone`: it
    has its row and left the server, though `after` keeps it; `left`, `failed`, `received`: a row that is not settled.
    """

    mailbox: str
    kind: Kind
    count: int = 1
    uid: int | None = None
    id: int | None = None
    message_id: str | None = None
    sender: str | None = None
    subject: str | None = None
    received_at: datetime | None = None
    reason: str | None = None


def reconcile(desk: Desk, mailbox: Mailbox, *, progress: Progress = lambda _words: None) -> Iterator[Finding]:
    """What is on one side only, and the counts of the rest last.

    Raises what `mail.fetch.connected` raises, NotFound where the folder is gone.
    """
    with fetch.connected(intake_cursor.login(desk, mailbox, longest=_LONGEST)) as session:
        folder = session.open(mailbox.folder, readonly=True)
        yield from _Comparison(desk, mailbox, session, folder, progress).findings()


def receiving(addresses: Sequence[str]) -> list[Mailbox]:
    """The receiving mailboxes, all or those named. NotFound and Refused as `intake.fetch`."""
    return intake.receiving(addresses)


@dataclass(slots=True)
class _Comparison:
    desk: Desk
    mailbox: Mailbox
    session: fetch.Mailbox
    folder: Folder
    progress: Progress
    agreed: int = 0
    skipped: int = 0
    rows: dict[int, int] = field(default_factory=dict)  # UID -> row
    on_server: set[bytes] = field(default_factory=set)  # Message-IDs, shortened; only where UIDs say nothing

    def findings(self) -> Iterator[Finding]:
        readings = list(self._readings())
        present = next((row for row in readings if row.uidvalidity == self.folder.uidvalidity), None)
        uids = self.session.after(0)
        self.rows = dict(self._rows_here())
        without = [uid for uid in uids if uid not in self.rows]
        self.agreed = len(uids) - len(without)
        changed = present is None and bool(readings)
        if changed:
            yield from self._by_content(without)
        else:
            yield from self._by_uid(without, present, readings)
        if self.mailbox.after in _STAYS:
            yield from self._gone_from_before() if changed else self._gone(set(uids))
        yield from self._unsettled()
        yield Finding(self.mailbox.address, "skipped", self.skipped)
        yield Finding(self.mailbox.address, "agreed", self.agreed)

    def _readings(self) -> Iterable[MailboxFolder]:
        here = MailboxFolder.mailbox_id == self.mailbox.id, MailboxFolder.folder == self.folder.name
        readings: Iterable[MailboxFolder] = MailboxFolder.select().where(*here).order_by(MailboxFolder.id)
        return readings

    def _rows_here(self) -> Iterator[tuple[int, int]]:
        rows: Any = IncomingMail.select(IncomingMail.uid, IncomingMail.id).where(
            IncomingMail.mailbox_id == self.mailbox.id,
            IncomingMail.folder == self.folder.name,
            IncomingMail.uidvalidity == self.folder.uidvalidity,
        )
        yield from rows.tuples().iterator()

    # -- on the server only --------------------------------------------------------------------------------------

    def _by_uid(
        self, without: Sequence[int], present: MailboxFolder | None, readings: Sequence[MailboxFolder]
    ) -> Iterator[Finding]:
        last = present.last_uid if present is not None else 0
        for named in self._named(without):
            if named.uid > last and (readings or self.mailbox.start != "now"):
                yield self._here("unread", named)
            elif self._was_skipped(named, readings):
                self.skipped += 1
            else:
                yield self._here("missing", named)

    def _was_skipped(self, named: Named, readings: Sequence[MailboxFolder]) -> bool:
        """Whether it was there before the mailbox started (BOX-7): by the server's own time, as the reading has it."""
        start = self.mailbox.start
        if start == "all" or not readings:
            return start == "now"
        first = readings[0]
        if start == "now" or first is not readings[-1]:
            return bool(first.skipped) and named.received_at < first.created_at
        return named.received_at < datetime.combine(date.fromisoformat(start), datetime.min.time(), UTC)

    def _by_content(self, uids: Sequence[int]) -> Iterator[Finding]:
        """All UIDs are new: a mail is here if its Message-ID is, and one without by what it is."""
        known = self._known_ids()
        readings = list(self._readings())
        for named in self._named(uids):
            if named.message_id is not None:
                self.on_server.add(_short(named.message_id))
            if self._is_known(named, known):
                self.agreed += 1
            elif self._was_skipped(named, readings):
                self.skipped += 1
            else:
                yield self._here("unread", named)

    def _known_ids(self) -> set[bytes]:
        rows: Any = IncomingMail.select(IncomingMail.mail_id).where(
            IncomingMail.mailbox_id == self.mailbox.id, IncomingMail.mail_id.is_null(False)
        )
        return {_short(mail_id) for (mail_id,) in rows.tuples().iterator()}

    def _is_known(self, named: Named, known: set[bytes]) -> bool:
        if named.message_id is not None:
            return _short(named.message_id) in known
        raw = self.session.bodies([named.uid]).get(named.uid)
        return raw is not None and IncomingMail.get_or_none(IncomingMail.identity == identity(raw).hex()) is not None

    def _named(self, uids: Sequence[int]) -> Iterator[Named]:
        for start in range(0, len(uids), _AT_ONCE):
            self.progress(f"{self.mailbox.address}: {start} of {len(uids)}")
            yield from self.session.named(uids[start : start + _AT_ONCE])
        self.progress("")

    def _here(self, kind: Kind, named: Named) -> Finding:
        return Finding(
            self.mailbox.address,
            kind,
            uid=named.uid,
            message_id=named.message_id,
            sender=named.sender,
            subject=named.subject,
            received_at=named.received_at,
        )

    # -- in the ledger only --------------------------------------------------------------------------------------

    def _gone(self, there: set[int]) -> Iterator[Finding]:
        gone = [row_id for uid, row_id in self.rows.items() if uid not in there]
        for start in range(0, len(gone), _AT_ONCE):
            some = IncomingMail.select().where(IncomingMail.id.in_(gone[start : start + _AT_ONCE]))
            yield from (self._row("gone", row) for row in some.order_by(IncomingMail.id))

    def _gone_from_before(self) -> Iterator[Finding]:
        for row in self._pages((IncomingMail.folder == self.folder.name) & IncomingMail.uid.is_null(False)):
            if row.mail_id is not None and _short(row.mail_id) not in self.on_server:
                yield self._row("gone", row)

    def _unsettled(self) -> Iterator[Finding]:
        for row in self._pages(IncomingMail.state.in_(_UNSETTLED)):
            yield self._row(row.state, row)

    def _pages(self, condition: Any) -> Iterator[Any]:
        last = 0
        theirs = IncomingMail.mailbox_id == self.mailbox.id
        query = IncomingMail.select().order_by(IncomingMail.id).limit(_AT_ONCE)
        while page := list(query.where(theirs, condition, IncomingMail.id > last)):
            yield from page
            last = page[-1].id

    def _row(self, kind: Kind, row: Any) -> Finding:
        return Finding(
            self.mailbox.address, kind, uid=row.uid, id=row.id, message_id=row.mail_id, sender=row.sender,
            subject=row.subject, received_at=row.received_at, reason=row.reason,
        )  # fmt: skip


def _short(message_id: str) -> bytes:
    """Eight octets for an id of any length: a folder of 100,000 mails fits into some megabytes."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).digest()[:8]


def ranges(uids: Iterable[int]) -> str:
    """UIDs as `mail fetch --uid` takes them: `17,19:25`."""
    parts: list[list[int]] = []
    for uid in sorted(uids):
        if parts and parts[-1][-1] == uid - 1:
            parts[-1] = [parts[-1][0], uid]
        else:
            parts.append([uid])
    return ",".join(":".join(map(str, part)) for part in parts)


def counts(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many of each kind."""
    found: dict[str, int] = {}
    for each in findings:
        found[each.kind] = found.get(each.kind, 0) + each.count
    return found
