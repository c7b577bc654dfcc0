"""Raw bytes to a mail or to the reason why not, within bounds of size, nesting and CPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.mail.time_limit import OutOfTime, within
from helpdeskctl.mail.virus import Scan, ScanFailed, TooLargeToScan

CPU_SECONDS = 10.0  # for one mail; the slowest real ones take a tenth of a second
VIRUS = "virus"
"""Stands for the rule where the virus scanner decided, before any was asked."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail. With a `verdict`, which stands without any rule, or a `fault` of ours it is what could be saved of it."""

    mail: IncomingMail
    verdict: Decision | None = None
    fault: Exception | None = None


def read(raw: bytes, scan: Scan | None = None) -> Parsed:
    """Scan and parse one mail. Never raises, but TryAgain while the virus scanner is away."""
    stopped = _scanned(raw, scan) if scan is not None else None
    if stopped is not None:
        return stopped
    try:
        return Parsed(within(CPU_SECONDS, lambda: parse(raw)))
    except Bomb as bomb:
        return Parsed(salvage(raw), hold(Held.BOMB, detail=bomb.reason))
    except OutOfTime:
        return Parsed(salvage(raw), hold(Held.TIME_OUT))
    except Exception as fault:  # whatever a mail does to the parser, it must not stop the next mail
        return Parsed(salvage(raw), fault=fault)


def _scanned(raw: bytes, scan: Scan) -> Parsed | None:
    try:
        signature = scan(raw)
    except ScanFailed as fault:
        return Parsed(salvage(raw), fault=fault)
    except TooLargeToScan as too_large:
        return Parsed(salvage(raw), replace(hold(Held.TOO_LARGE, detail=too_large.message), rule=VIRUS))
    if signature is None:
        return None
    return Parsed(salvage(raw), replace(hold(Held.MALWARE, evidence=signature), rule=VIRUS))
