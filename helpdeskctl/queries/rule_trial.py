"""What a rule would do with mail: with past one, raw from the ledger, or with files. Nothing is written (MAIL-17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.domain.rules import Ran, Rule
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.mail.bounds import MAX_BYTES
from helpdeskctl.queries import ledger, rejudge, threads
from helpdeskctl.queries.intake import Arrival, Standing, standing
from helpdeskctl.queries.rejudge import Judged
from helpdeskctl.store.tables import IncomingMail, Message

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Past:
    """A mail to try a rule on: `row` is the ledger's, or `file` where it is. `raw` is None when it is not kept.

    `huge`: it is more than is ever read as a whole, so that no rule is asked about it.
    """

    raw: bytes | None
    row: Any = None
    file: str | None = None
    huge: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A mail that the rule would hold for: its number in the ledger and its ticket, where it has them."""

    id: int | None
    file: str | None
    received_at: datetime | None
    sender: str | None
    subject: str
    ticket: int | None
    did: tuple[str, ...]
    evidence: str


@dataclass(slots=True)
class Trial:
    """One rule on its own, tried on mail one by one; the counts grow while `matches` is read."""

    desk: Desk
    rule: Rule
    tried: int = 0
    matched: int = 0
    gone: int = 0
    unreadable: int = 0
    known: Standing = field(init=False)

    def __post_init__(self) -> None:
        present = standing(self.desk)
        self.known = replace(present, policy=replace(present.policy, rules=(self.rule,)))

    def matches(self, mails: Iterable[Past]) -> Iterator[Match]:
        """Those for which the rule would hold as the desk is now, and what it would do."""
        for past in mails:
            if past.raw is None:
                self.gone += not past.huge
                self.unreadable += past.huge
                self.tried += past.huge
                continue
            self.tried += 1
            found = self._judged(past, past.raw)
            self.unreadable += not found.whole
            for ran in found.decision.ran:
                self.matched += 1
                yield _match(past, found, ran)

    def _judged(self, past: Past, raw: bytes) -> Judged:
        if past.row is not None:
            return rejudge.of_ledger(self.desk, self.known, past.row, raw)
        return rejudge.judged(self.desk, self.known, raw, Arrival(size=len(raw)))


def last(desk: Desk, actor: Actor, count: int) -> Iterator[Past]:
    """The newest mails of the ledger that the actor may see, whatever became of them."""
    return (_of_row(desk, row) for row in islice(_newest(desk, actor), count))


def of_ticket(desk: Desk, actor: Actor, number: int) -> Iterator[Past]:
    """The mails that lie in a ticket, oldest first. NotFound, also where the actor may not read its notes."""
    threads.seen(desk, actor, number, Action.SEE_NOTES)
    lying = Message.select(Message.incoming_id).where(Message.ticket_id == number, Message.incoming_id.is_null(False))
    rows = IncomingMail.select().where(IncomingMail.id.in_(lying)).order_by(IncomingMail.id)
    return (_of_row(desk, row) for row in list(rows))


def _newest(desk: Desk, actor: Actor) -> Iterator[Any]:
    before = 2**62
    rows = IncomingMail.select().where(IncomingMail.state != "left").order_by(IncomingMail.id.desc()).limit(_PAGE)
    while page := list(rows.where(IncomingMail.id < before)):
        before = page[-1].id
        yield from (row for row in page if ledger.may_see(desk, actor, row))


def _of_row(desk: Desk, row: Any) -> Past:
    if row.raw_sha256 is None or row.size > MAX_BYTES:
        return Past(None, row, huge=row.raw_sha256 is not None)
    try:
        return Past(desk.blobs.get(row.raw_sha256), row)
    except HelpdeskError:  # the ledger says that it is kept; that it is not is no fault of the rule
        return Past(None, row)


def _match(past: Past, found: Judged, ran: Ran) -> Match:
    mail, row = found.mail, past.row
    return Match(
        id=row.id if row is not None else None,
        file=past.file,
        received_at=(row.received_at or row.created_at) if row is not None else mail.date,
        sender=mail.sender.address if mail.sender is not None else None,
        subject=mail.subject,
        ticket=row.ticket_id if row is not None else None,
        did=ran.did,
        evidence=ran.evidence,
    )
