"""What would become of a mail, and why (MAIL-8). Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.parse import identity
from helpdeskctl.mail.rules import Step
from helpdeskctl.mail.rules.automatic import is_bulk
from helpdeskctl.mail.rules.decision import UNREAD, Decision, Held
from helpdeskctl.mail.text import visible
from helpdeskctl.queries.intake import Arrival, Standing
from helpdeskctl.queries.rejudge import Judged, judged
from helpdeskctl.store.tables import IncomingMail as LedgerRow
from helpdeskctl.store.tables import Ticket


def explain(
    desk: Desk, known: Standing, name: str, raw: bytes, *, mailbox_id: int | None = None, anew: bool = False
) -> Mapping[str, Any]:
    """The object of `mail explain`: the mail as read, the decision, and what each rule said with its evidence.

    `anew`: as if it had never come; else the ledger may know it, and it is a duplicate.
    """
    arrival = _arrival(raw, mailbox_id, desk.now())
    if anew and not arrival.first:
        before = LedgerRow.get(LedgerRow.identity == arrival.identity, LedgerRow.first == 1)
        found = judged(desk, known, raw, replace(arrival, first=True), itself=before.message_id)
    else:
        found = judged(desk, known, raw, arrival)
    return {"file": name, **_mail(found.mail), **told(known, found), "defects": found.mail.defects}


def _arrival(raw: bytes, mailbox_id: int | None, now: datetime) -> Arrival:
    digest = identity(raw).hex()
    first = not LedgerRow.select().where(LedgerRow.identity == digest, LedgerRow.first == 1).exists()
    return Arrival(mailbox_id=mailbox_id, size=len(raw), identity=digest, first=first, received_at=now)


def _mail(mail: IncomingMail) -> Mapping[str, Any]:
    return {
        "message_id": mail.message_id,
        "from": _address(mail.sender) if mail.sender is not None else None,
        "to": [_address(entry) for entry in mail.to],
        "cc": [_address(entry) for entry in mail.cc],
        "reply_to": mail.reply_to[0].address if mail.reply_to else None,
        "subject": mail.subject,
        "date": mail.date,
        "text": mail.text,
        "visible": visible(mail.text, mail.folds),
        "attachments": [
            {"filename": each.filename, "size": len(each.content), "type": each.content_type, "inline": each.inline}
            for each in mail.attachments
        ],
    }


def told(known: Standing, found: Judged) -> Mapping[str, Any]:
    """The part of the object that says what would become of a mail, by which rule, and how that came about."""
    decision = found.decision
    return {
        "class": _class(found.mail, decision),
        "decision": decision.decision,
        "ticket": decision.ticket,
        "department": _department(known, decision),
        "rule": decision.rule or UNREAD,
        "reason": decision.reason,
        "trail": [line for step in found.judgement.trail for line in _steps(step)],
    }


def _department(known: Standing, decision: Decision) -> str | None:
    """Where a new ticket opens, or where the ticket is that the mail goes to."""
    number = decision.department_id
    if decision.ticket is not None:
        number = Ticket.get(Ticket.id == decision.ticket).department_id
    policy = known.policy.departments.get(number or 0)
    return policy.key if policy is not None else None


def _class(mail: IncomingMail, decision: Decision) -> str:
    if decision.decision == "bounce" or decision.held is Held.BACKSCATTER:
        return "bounce"
    if decision.decision == "complaint":
        return "complaint"
    return "automatic" if decision.automatic or is_bulk(mail.headers) else "normal"


def _steps(step: Step) -> Iterator[Mapping[str, str]]:
    """A line for what a rule said; of the desk's own rules each that held has a line."""
    answer = step.answer
    if answer is None:
        yield {"rule": step.rule, "answer": "pass", "evidence": ""}
        return
    for ran in answer.ran:
        yield {"rule": step.rule, "answer": f"noted: {ran}", "evidence": ran.evidence}
    if answer.decision is not None or not answer.ran:
        word = answer.decision or "noted"
        yield {"rule": step.rule, "answer": f"{word}: {answer.reason}", "evidence": answer.evidence}


def _address(entry: Address) -> Mapping[str, str]:
    return {"address": entry.address, "name": entry.name}
