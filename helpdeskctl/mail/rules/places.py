"""What the rules share that look for the ticket a mail belongs to (MAIL-10)."""

from __future__ import annotations

from collections.abc import Iterable

from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Named, Ticket

AN_AGENT_WROTE = "an agent's address answered by mail; kept as a customer's message"
A_STRANGER_WROTE = "an address that takes no part in the ticket names it"


def place(facts: Facts, candidates: Iterable[Named]) -> Decision | None:
    """Note the first ticket named in which the sender takes part, else the first named as one it may belong to.

    A ticket that an earlier rule found stays; tickets that are gone count for nothing.
    """
    if facts.noted.ticket is not None:
        return None
    stranger: tuple[Named, Ticket] | None = None
    for named in candidates:
        ticket = facts.tickets.get(named.ticket)
        if ticket is None:
            continue
        if ticket.part is not None:
            return _belongs(facts, named, ticket)
        stranger = stranger or (named, ticket)
    if stranger is None or facts.noted.may_belong is not None:
        return None
    return _may_belong(facts, *stranger)


def _belongs(facts: Facts, named: Named, ticket: Ticket) -> Decision:
    return Decision(
        ticket=ticket.number,
        reason=f"names #{ticket.number}, and the sender is its {ticket.part}",
        evidence=named.evidence,
        security=AN_AGENT_WROTE if facts.sender.agent else None,
    )


def _may_belong(facts: Facts, named: Named, ticket: Ticket) -> Decision:
    return Decision(
        may_belong=ticket.survivor,
        reason=f"names #{ticket.number}, but the sender takes no part in it",
        evidence=named.evidence,
        security=A_STRANGER_WROTE,
    )
