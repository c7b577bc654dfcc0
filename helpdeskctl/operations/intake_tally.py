"""What one run did with mail, counted in the words of the command line's contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

COUNTED = (
    "opened", "added", "duplicate", "reflected", "bounce", "complaint", "ignored", "refused", "quarantined", "left",
    "failed",
)  # fmt: skip
_OF_DECISION = {"open": "opened", "add": "added", "ignore": "ignored", "refuse": "refused", "quarantine": "quarantined"}


@dataclass(slots=True)
class Tally:
    """How many mails came to which end."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, words: Iterable[str]) -> None:
        """Count decisions, `left` and `failed`."""
        self.counts.update(_OF_DECISION.get(word, word) for word in words)

    @property
    def fetched(self) -> int:
        """All of them."""
        return sum(self.counts[name] for name in COUNTED)

    def as_row(self) -> Mapping[str, int]:
        """`fetched` and its parts, in the contract's order."""
        return {"fetched": self.fetched} | {name: self.counts[name] for name in COUNTED}


@dataclass(frozen=True, slots=True)
class MailboxReport:
    """What a run did for one mailbox. `note`: why it was not read, where that is no error (another run has it)."""

    address: str
    tally: Tally
    seconds: float = 0.0
    error: Exception | None = None
    note: str | None = None
    busy: bool = False

    def as_row(self) -> Mapping[str, object]:
        """The object of the contract."""
        error = str(getattr(self.error, "message", self.error)) if self.error is not None else None
        return {"address": self.address, **self.tally.as_row(), "seconds": round(self.seconds, 3), "error": error}


def total(reports: Iterable[MailboxReport]) -> Tally:
    """The sum of several."""
    whole = Tally()
    for report in reports:
        whole.counts.update(report.tally.counts)
    return whole
