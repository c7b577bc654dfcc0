"""What is misconfigured or about to break (OPS-4): one check is one function in the tuple of its area.

A check looks at one thing and yields a `Finding` for each that is wrong, with the command that mends it; nothing when
all is well. It changes nothing, asks no server, and is fast on a large desk. Its docstring is what it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError, InvalidInput, NotPermitted
from helpdeskctl.store import schema


class Level(IntEnum):
    """How bad it is. NOTE: worth knowing; WARNING: will break, or breaks a little; ERROR: is broken."""

    OK = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """As it is typed and shown."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a sentence that names the object, and the command that mends it. `object`: `kind/key`."""

    level: Level
    text: str
    mend: str | None = None
    object: str | None = None


Check = Callable[[Desk], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Examined:
    """One finding of one check; a check without any has one that is OK."""

    area: str
    check: str
    finding: Finding


def areas() -> dict[str, tuple[Check, ...]]:
    """Every check by its area, in the order they are made."""
    from helpdeskctl.queries import doctor_house, doctor_mail, doctor_portal

    return {
        "config": doctor_house.CONFIG,
        "db": doctor_house.DB,
        "mail": doctor_mail.CHECKS,
        "portal": doctor_portal.CHECKS,
        "cron": doctor_house.CRON,
    }


def examine(desk: Desk, only: Sequence[str] = ()) -> Iterator[Examined]:
    """Make the checks of these areas, or all. InvalidInput for an area that is none.

    While the schema does not fit, only what needs no tables is looked at.
    """
    known = areas()
    if unknown := [area for area in only if area not in known]:
        raise InvalidInput(f'no checks called "{unknown[0]}"', hint=f"--only {','.join(known)}")
    fits = schema.version(desk.database) == schema.newest()
    for area in only or known:
        if fits or area in ("config", "db"):
            for check in known[area]:
                yield from _made(desk, area, check)


def _made(desk: Desk, area: str, check: Check) -> Iterator[Examined]:
    name = getattr(check, "__name__", "").strip("_")
    try:
        found = list(check(desk))
    except HelpdeskError as fault:
        level = Level.ERROR if isinstance(fault, NotPermitted) else Level.WARNING
        found = [Finding(level, f"{name.replace('_', ' ')} cannot be looked at: {fault.message}", fault.hint)]
    for finding in found or [Finding(Level.OK, (check.__doc__ or name).split("\n")[0].rstrip("."))]:
        yield Examined(area, name, finding)
