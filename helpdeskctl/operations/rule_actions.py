"""What the desk's own rules do to a ticket that a mail has just opened, and the note of every rule that held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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


def carry_out(desk: Desk, decision: Decision, *, ledger_id: int, ticket: int | None) -> None:
    """Assign, mark as spam, close, and write down which rules held for the mail; nobody is told.

    In the present transaction. Whoever may not work in the department any more gets nothing, and the note says so.
    """
    failed: dict[str, str] = {}
    if ticket is not None:
        failed = _assigned(desk, decision, ticket)
        _finish(desk, decision, ticket)
    for each in decision.ran:
        _note(desk, each, failed, ledger_id=ledger_id, ticket=ticket)


def _assigned(desk: Desk, decision: Decision, ticket: int) -> dict[str, str]:
    """Give the ticket to whom the rules say; the action that this cannot be done for, and why."""
    if decision.assign is None:
        return {}
    try:
        tickets.assign(desk, _by(decision.ran, "assign"), ticket, decision.assign)
    except HelpdeskError as why:  # raised before anything was written
        return {f"assign:{decision.assign}": why.message}
    return {}


def _finish(desk: Desk, decision: Decision, ticket: int) -> None:
    if decision.spam:
        Ticket.update(spam=True).where(Ticket.id == ticket).execute()
        events.record(desk, _by(decision.ran, "spam"), Verb.SPAM, ticket=ticket)
    if decision.close:
        tickets.close(desk, _by(decision.ran, "close"), ticket, notify=False)


def _note(desk: Desk, ran: Ran, failed: dict[str, str], *, ledger_id: int, ticket: int | None) -> None:
    did = [each for each in ran.did if each not in failed]
    prepared.insert(RuleRun, rule_id=ran.rule_id, incoming_id=ledger_id, ticket_id=ticket, actions=did, at=desk.now())
    data: dict[str, Any] = {"rule": ran.key, "did": did, "evidence": ran.evidence[:_EVIDENCE]}
    if not_done := {each: failed[each] for each in ran.did if each in failed}:
        data["not_done"] = not_done
    subject = ("mail", str(ledger_id)) if ticket is None else None
    events.record(desk, SYSTEM, Verb.RULE, ticket=ticket, subject=subject, data=data)


def _by(ran: tuple[Ran, ...], action: str) -> Actor:
    """The system in the name of the last rule that does this."""
    named = [each.key for each in ran if any(did.partition(":")[0] == action for did in each.did)]
    return replace(SYSTEM, label=f"rule {named[-1]}" if named else SYSTEM.label)
