"""What would become of a mail, and why (MAIL-8). Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.mail import reading
from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.parse import identity
from helpdeskctl.mail.rules import Judgement, Step, judge
from helpdeskctl.mail.rules.automatic import is_bulk
from helpdeskctl.mail.rules.decision import UNREAD, Decision, Held, hold
from helpdeskctl.mail.text import visible
from helpdeskctl.queries.intake import Arrival, Standing, gather
from helpdeskctl.store.tables import IncomingMail as LedgerRow


def explain(desk: Desk, known: Standing, name: str, raw: bytes, *, mailbox_id: int | None = None) -> Mapping[str, Any]:
    """The object of `mail explain`: the mail as read, the decision, and what each rule said with its evidence."""
    found = judged(desk, known, raw, _arrival(raw, mailbox_id, desk.now()))
    decision = told(known, found)
    return {"file": name, **_mail(found.mail), **decision, "defects": found.mail.defects}


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


def _decision(mail: IncomingMail, judgement: Judgement) -> Mapping[str, Any]:
    decision = judgement.decision
    return {
        "class": _class(mail, decision),
        "decision": decision.decision,
        "ticket": decision.ticket,
        "rule": decision.rule or UNREAD,
        "reason": decision.reason,
        "trail": [line for step in judgement.trail for line in _steps(step)],
    }


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
