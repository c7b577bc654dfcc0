"""The second step of intake: a mail is read and its files are made safe. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.mail import reading
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.reading import Parsed
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.operations.intake_keep import Received
from helpdeskctl.store.blobs import Kept


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading made of a mail: the mail with its files' bytes already safe, or why it cannot be read.

    `verdict` is a decision that stands without any rule; `fault` is one of ours, to be tried again.
    """

    received: Received
    mail: IncomingMail
    files: tuple[Kept, ...] = ()
    verdict: Decision | None = None
    fault: Exception | None = None


def read(desk: Desk, received: Received, *, salvaged: bool = False) -> Reading:
    """Parse one mail and keep its files. `salvaged`: it cannot be read and was released all the same.

    StorageFailed when its files cannot be kept.
    """
    found = Parsed(salvage(received.raw)) if salvaged else reading.read(received.raw)
    if found.verdict is not None or found.fault is not None:
        return Reading(received, found.mail, verdict=found.verdict, fault=found.fault)
    # Before the transaction: a slow disk must not hold the database's lock.
    files = tuple(desk.blobs.keep(attachment.content) for attachment in found.mail.attachments)
    return Reading(received, found.mail, files)
