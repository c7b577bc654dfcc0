"""What the rules say of a mail now: of one in hand, or of one that the ledger has. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.mail import reading, virus
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import Judgement, Step, judge
from helpdeskctl.mail.rules.decision import UNREAD, Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Named
from helpdeskctl.queries.intake import Arrival, Standing, gather
from helpdeskctl.store.tables import IncomingMail as LedgerRow


@dataclass(frozen=True, slots=True)
class Judged:
    """A mail as it is read now, and the decision with its trail. `whole`: it can be read."""

    mail: IncomingMail
    judgement: Judgement
    whole: bool = True

    @property
    def decision(self) -> Decision:
        """What would become of it."""
        return self.judgement.decision


def judged(desk: Desk, known: Standing, raw: bytes, arrival: Arrival, *, itself: int | None = None) -> Judged:
    """Read and judge one mail. `itself`: the message it became, which is no reason for where it goes.

    TryAgain while the virus scanner is away.
    """
    parsed = reading.read(raw, virus.scanner(desk.config.mail))
    verdict = parsed.verdict
    if parsed.fault is not None:
        verdict = hold(Held.UNPROCESSABLE, detail=f"{type(parsed.fault).__name__}: {parsed.fault}")
    if verdict is not None:
        verdict = replace(verdict, rule=verdict.rule or UNREAD)
        return Judged(parsed.mail, Judgement(verdict, (Step(verdict.rule, verdict),)), whole=False)
    facts = gather(desk, known, parsed.mail, arrival)
    if itself is not None:
        facts = _without(facts, itself)
    return Judged(parsed.mail, judge(parsed.mail, facts, known.policy))


def of_ledger(desk: Desk, known: Standing, row: Any, raw: bytes) -> Judged:
    """What would become of a mail of the ledger if it came now, and had not come before.

    The second copy of a mail stays one. When it came counts for nothing: it is no flood to look at the past.
    """
    others = LedgerRow.select().where(LedgerRow.identity == row.identity, LedgerRow.first == 1, LedgerRow.id != row.id)
    first = row.first or not others.exists()
    arrival = Arrival(mailbox_id=row.mailbox_id, size=row.size, identity=row.identity, first=first)
    return judged(desk, known, raw, arrival, itself=row.message_id)


def _without(facts: Facts, message: int) -> Facts:
    def others(named: Iterable[Named]) -> tuple[Named, ...]:
        return tuple(each for each in named if each.message != message)

    return replace(facts, references=others(facts.references), tokens=others(facts.tokens))
