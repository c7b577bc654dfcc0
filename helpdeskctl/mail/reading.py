"""Raw bytes to a mail or to the reason why not, within bounds of size, nesting and CPU. Never raises."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.mail.time_limit import OutOfTime, within

CPU_SECONDS = 10.0  # for one mail; the slowest real ones take a tenth of a second


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail. With a `verdict`, which stands without any rule, or a `fault` of ours it is what could be saved of it."""

    mail: IncomingMail
    verdict: Decision | None = None
    fault: Exception | None = None


def read(raw: bytes) -> Parsed:
    """Parse one mail."""
    try:
        return Parsed(within(CPU_SECONDS, lambda: parse(raw)))
    except Bomb as bomb:
        return Parsed(salvage(raw), hold(Held.BOMB, detail=bomb.reason))
    except OutOfTime:
        return Parsed(salvage(raw), hold(Held.TIME_OUT))
    except Exception as fault:  # whatever a mail does to the parser, it must not stop the next mail
        return Parsed(salvage(raw), fault=fault)
