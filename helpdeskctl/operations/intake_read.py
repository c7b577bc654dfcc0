"""The second step of intake: a mail is read and its files are made safe. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from helpdeskctl.desk import Desk
from helpdeskctl.mail import reading, virus
from helpdeskctl.mail.incoming import IncomingMail as Mail
from helpdeskctl.mail.reading import Parsed
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.salvage import header_only, salvage
from helpdeskctl.operations.intake_keep import Received
from helpdeskctl.store.blobs import Kept
from helpdeskctl.store.tables import IncomingMail


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading made of a mail: the mail with its files' bytes already safe, or why it cannot be read.

    `verdict` is a decision that stands without any rule; `fault` is one of ours, to be tried again.
    """

    received: Received
    mail: Mail
    files: tuple[Kept, ...] = ()
    verdict: Decision | None = None
    fault: Exception | None = None


def read_all(desk: Desk, received: Sequence[Received], *, salvaged: bool = False) -> list[Reading]:
    """Parse mails and keep their files. `salvaged`: they cannot be read and were released all the same.

    StorageFailed when their files cannot be kept, TryAgain while the virus scanner is away.
    """
    scan = virus.scanner(desk.config.mail)
    found = [
        Parsed(salvage(each.raw)) if salvaged else _read(each, None if each.scanned else scan) for each in received
    ]
    # Before the transaction: a slow disk must not hold the database's lock.
    kept = iter(
        desk.blobs.keep_all([file.content for each in found if _is_read(each) for file in each.mail.attachments])
    )
    return [
        Reading(one, each.mail, tuple(islice(kept, len(each.mail.attachments))))
        if _is_read(each)
        else Reading(one, each.mail, verdict=each.verdict, fault=each.fault)
        for one, each in zip(received, found, strict=True)
    ]


def _read(received: Received, scan: virus.Scan | None) -> Parsed:
    if received.size is not None:
        return Parsed(header_only(received.raw, received.size))
    found = reading.read(received.raw, scan)
    if found.verdict is None or found.verdict.held is not Held.MALWARE or not _is_copy(received):
        return found
    # Its first copy lies in quarantine: a second look at it is nobody's work.
    return replace(found, verdict=replace(found.verdict, decision="duplicate", held=None))


def _is_copy(received: Received) -> bool:
    """Whether an earlier mail is the same; mail that bears the mark of a desk is not `first` and may be none."""
    if received.first:
        return False
    alike = IncomingMail.identity == received.identity, IncomingMail.first == 1, IncomingMail.id != received.ledger_id
    return bool(IncomingMail.select().where(*alike).exists())


def _is_read(found: Parsed) -> bool:
    return found.verdict is None and found.fault is None
