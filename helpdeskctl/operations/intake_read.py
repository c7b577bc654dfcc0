"""The second step of intake: a mail is read, within bounds of size, nesting and CPU. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.mail.time_limit import OutOfTime, within
from helpdeskctl.operations.intake_keep import Received
from helpdeskctl.store.blobs import Kept

CPU_SECONDS = 10.0  # for one mail; the slowest real ones take a tenth of a second


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


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail; with a `verdict` or a `fault` only what could be saved of it."""

    mail: IncomingMail
    verdict: Decision | None = None
    fault: Exception | None = None


def parsed(raw: bytes) -> Parsed:
    """Parse one mail, within bounds. Never raises for what a mail does."""
    try:
        return Parsed(within(CPU_SECONDS, lambda: parse(raw)))
    except Bomb as bomb:
        return Parsed(salvage(raw), hold(Held.BOMB, detail=bomb.reason))
    except OutOfTime:
        return Parsed(salvage(raw), hold(Held.TIME_OUT))
    except Exception as fault:  # whatever a mail does to the parser, it must not stop the next mail
        return Parsed(salvage(raw), fault=fault)


def read(desk: Desk, received: Received, *, salvaged: bool = False) -> Reading:
    """Parse one mail and keep its files. `salvaged`: it cannot be read and was released all the same.

    StorageFailed when its files cannot be kept.
    """
    found = Parsed(salvage(received.raw)) if salvaged else parsed(received.raw)
    if found.verdict is not None or found.fault is not None:
        return Reading(received, found.mail, verdict=found.verdict, fault=found.fault)
    # Before the transaction: a slow disk must not hold the database's lock.
    files = tuple(desk.blobs.keep(attachment.content) for attachment in found.mail.attachments)
    return Reading(received, found.mail, files)
