"""What the desk's own rules do to a ticket that a mail has just opened, and the note of every rule that held."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.domain.rules import Ran
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.operations import events, tickets
from helpdeskctl.store import prepared
from helpdeskctl.store.tables import RuleRun, Ticket

_EVIDENCE = 500  # characters of a mail that an event keeps


def carry_out(desk: Desk, decision: Decision, number: int) -> None:
    """Assign, mark as spam, close; nobody is told. In the present transaction.

    Whoever may not work in the department any more gets nothing: the ticket stays as its department has it.
    """
    if decision.assign is not None:
        _assign(desk, decision.ran, number, decision.assign)
    if decision.spam:
        Ticket.update(spam=True).where(Ticket.id == number).execute()
        events.record(desk, _by(decision.ran, "spam"), Verb.SPAM, ticket=number)
    if decision.close:
        tickets.close(desk, _by(decision.ran, "close"), number, notify=False)


def note(desk: Desk, ran: tuple[Ran, ...], *, ledger_id: int, ticket: int | None) -> None:
    """Write down that these rules held for a mail, and what they did; in the present transaction."""
    for each in ran:
        prepared.insert(
            RuleRun,
            rule_id=each.rule_id,
            incoming_id=ledger_id,
            ticket_id=ticket,
            actions=list(each.did),
            at=desk.now(),
        )
        data = {"rule": each.key, "did": list(each.did), "evidence": each.evidence[:_EVIDENCE]}
        subject = ("mail", str(ledger_id)) if ticket is None else None
        events.record(desk, SYSTEM, Verb.RULE, ticket=ticket, subject=subject, data=data)


def _assign(desk: Desk, ran: tuple[Ran, ...], number: int, to: str) -> None:
    actor = _by(ran, "assign")
    try:
        tickets.assign(desk, actor, number, to)
    except HelpdeskError as why:  # raised before anything was written
        data = {"rule": actor.label, "not_assigned": to, "why": why.message}
        events.record(desk, SYSTEM, Verb.RULE, ticket=number, data=data)


def _by(ran: tuple[Ran, ...], action: str) -> Actor:
    """The system in the name of the last rule that did this."""
    named = [each.key for each in ran if any(did.partition(":")[0] == action for did in each.did)]
    return replace(SYSTEM, label=f"rule {named[-1]}" if named else SYSTEM.label)
