"""The first step of intake: raw mail and its row of the ledger are safe before anything looks inside (MAIL-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.mail.parse import identity
from helpdeskctl.store import prepared
from helpdeskctl.store.blobs import Kept
from helpdeskctl.store.orm import IntegrityError
from helpdeskctl.store.tables import IncomingMail, MailboxFolder

HEAD = 64 * 1024  # octets of a mail that is too large to be read: its header
_MARK = INSTALLATION_HEADER.lower().encode()
_RACES = 5  # another process may take in the same mail at the same moment; each try sees more


@dataclass(frozen=True, slots=True)
class Source:
    """The door mail comes through: a folder of a mailbox, or none of them (pipe, import). `archive`: MAIL-9."""

    mailbox_id: int | None = None
    folder: str | None = None
    uidvalidity: int | None = None
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as a door hands it over; `received_at` is when the desk's server got it."""

    raw: bytes
    received_at: datetime
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Large:
    """A mail that is too large to be in hand: its bytes are kept already, `head` is what it begins with."""

    head: bytes
    blob: Kept
    identity: str
    received_at: datetime
    uid: int


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A mail that stays on the server: only its row is kept."""

    uid: int
    size: int
    received_at: datetime
    reason: str
    sender: str | None = None
    subject: str | None = None
    head: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail of the ledger that is to be judged. `first`: nothing of its identity was here before.

    `size` is that of the whole mail where `raw` is only its beginning, because it is too large to be read.
    `scanned`: the virus scanner was asked about it already, or shall not be.
    """

    ledger_id: int
    raw: bytes
    size: int | None = None
    identity: str
    first: bool
    received_at: datetime
    mailbox_id: int | None = None
    archive: bool = False
    attempts: int = 1
    scanned: bool = False


def keep(
    desk: Desk,
    source: Source,
    letters: Sequence[Letter],
    *,
    large: Sequence[Large] = (),
    left: Sequence[LeftBehind] = (),
    up_to: int | None = None,
) -> list[Received]:
    """Store the bytes, then one transaction: their rows, and the cursor moved to UID `up_to`.

    A mail whose UID has its row already is passed over. Attempts are counted from here: the mails are judged next.
    StorageFailed when the disk is full; then nothing is written and the cursor stands.
    """
    blobs = desk.blobs.keep_all([letter.raw for letter in letters])
    kept = [_Bytes(each, blob, identity(each.raw).hex()) for each, blob in zip(letters, blobs, strict=True)]
    kept += [_Bytes(Letter(each.head, each.received_at, each.uid), each.blob, each.identity) for each in large]
    kept.sort(key=lambda each: each.letter.uid or 0)
    for _ in range(_RACES - 1):
        try:
            return desk.database.transact(lambda: _write(desk, source, kept, left, up_to))
        except IntegrityError:
            continue
    return desk.database.transact(lambda: _write(desk, source, kept, left, up_to))


@dataclass(frozen=True, slots=True)
class _Bytes:
    letter: Letter
    blob: Kept
    identity: str


def _write(
    desk: Desk, source: Source, kept: Sequence[_Bytes], left: Sequence[LeftBehind], up_to: int | None
) -> list[Received]:
    taken = _uids_taken(source, [each.letter.uid for each in kept] + [each.uid for each in left])
    fresh = [each for each in kept if each.letter.uid is None or each.letter.uid not in taken]
    desk.blobs.name_all([each.blob for each in fresh], now=desk.now())
    known = _identities_known([each.identity for each in fresh])
    rows = []
    for each in fresh:
        claims = each.identity not in known and not _says_ours(each.letter.raw)
        rows.append(_row(desk, source, each, first=claims))
        if claims:
            known.add(each.identity)
    ids = prepared.insert_all(IncomingMail, rows)
    received = [_received(*each) for each in zip(ids, rows, fresh, strict=True)]
    if leaving := [_left_row(desk, source, each) for each in left if each.uid not in taken]:
        IncomingMail.insert_many(leaving).execute()
    if up_to is not None:
        _move_cursor(source, up_to)
    return received


def _says_ours(raw: bytes) -> bool:
    """Whether a mail bears the mark of a desk: until it is judged it claims no identity.

    Whoever has a mail of ours can put its mark on a copy of somebody else's, to have the true one called a duplicate.
    """
    end = raw.find(b"\n\r\n", 0, HEAD)
    return _MARK in raw[: end if end >= 0 else HEAD].lower()


def _uids_taken(source: Source, uids: Sequence[int | None]) -> set[int]:
    if source.folder is None or not uids:
        return set()
    rows = IncomingMail.select(IncomingMail.uid).where(
        IncomingMail.mailbox_id == source.mailbox_id,
        IncomingMail.folder == source.folder,
        IncomingMail.uidvalidity == source.uidvalidity,
        IncomingMail.uid.in_(uids),
    )
    return {row.uid for row in rows if row.uid is not None}


def _identities_known(identities: Sequence[str]) -> set[str]:
    rows = IncomingMail.select(IncomingMail.identity).where(
        IncomingMail.identity.in_(identities), IncomingMail.first == 1
    )
    return {row.identity for row in rows if row.identity is not None} if identities else set()


def _row(desk: Desk, source: Source, mail: _Bytes, *, first: bool) -> dict[str, Any]:
    return {
        "mailbox_id": source.mailbox_id,
        "folder": source.folder,
        "uidvalidity": source.uidvalidity,
        "uid": mail.letter.uid,
        "identity": mail.identity,
        "first": first,
        "state": "received",
        "attempts": 1,
        "acknowledged": source.folder is None,
        "archive": source.archive,
        "size": mail.blob.size,
        "raw_sha256": mail.blob.sha256,
        "received_at": mail.letter.received_at,
        "created_at": desk.now(),
    }


def _left_row(desk: Desk, source: Source, mail: LeftBehind) -> dict[str, Any]:
    return {
        "mailbox_id": source.mailbox_id,
        "folder": source.folder,
        "uidvalidity": source.uidvalidity,
        "uid": mail.uid,
        "first": False,
        "state": "left",
        "reason": mail.reason,
        "acknowledged": True,
        "size": mail.size,
        "sender": mail.sender,
        "subject": mail.subject,
        "received_at": mail.received_at,
        "created_at": desk.now(),
    }


def _received(ledger_id: int, row: Mapping[str, Any], mail: _Bytes) -> Received:
    return Received(
        ledger_id=ledger_id,
        raw=mail.letter.raw,
        size=None if len(mail.letter.raw) == mail.blob.size else mail.blob.size,
        identity=mail.identity,
        first=row["first"],
        received_at=mail.letter.received_at,
        mailbox_id=row["mailbox_id"],
        archive=row["archive"],
    )


def _move_cursor(source: Source, up_to: int) -> None:
    MailboxFolder.update(last_uid=up_to).where(
        MailboxFolder.mailbox_id == source.mailbox_id,
        MailboxFolder.folder == source.folder,
        MailboxFolder.uidvalidity == source.uidvalidity,
        MailboxFolder.last_uid < up_to,
    ).execute()
