"""A complaint of a mail service (RFC 5965) is recorded: it is about a mail of ours and asks for no answer.

Some services send what is none by the letter: the mail alone with a subject of theirs, the report as plain text, or
the wish to get no more of the kind. Who forwards spam by hand is a person.
"""

from __future__ import annotations

import re

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy

_LOOP = re.compile(
    r"(?:fbl|feedback[-_.]?(?:loop|report)?|complaints?|scomp|staff|arf)@|@(?:[\w-]{1,60}\.)?(?:fbl|arf|feedback)\.",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"complaint about message from|(?:e-?mail )?feedback report|abuse report|spam (?:complaint|report)", re.IGNORECASE
)
_REPORT = re.compile(r"^feedback-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_BEGINNING = 2_000
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "text/rfc822-header")


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Complaint, filed in the ticket of the mail that it returns where that is one of ours."""
    evidence = sign(mail)
    if evidence is None:
        return None
    named = next(iter(facts.returned), None)
    return Decision(
        decision="complaint",
        reason="a recipient's mail service reports a complaint",
        evidence=named.evidence if named else evidence,
        ticket=facts.tickets[named.ticket].survivor if named and named.ticket in facts.tickets else None,
        message=named.message if named else None,
        automatic=True,
        no_answer=True,
    )


def sign(mail: IncomingMail) -> str | None:
    """What makes this mail a complaint, None when it is none."""
    if mail.feedback:
        return "Content-Type: multipart/report; report-type=feedback-report"
    if (mail.headers.first("x-apple-unsubscribe") or "").lower() == "true":
        return "X-Apple-Unsubscribe: true"
    if _LOOP.search(mail.sender.address if mail.sender is not None else ""):
        return _by_a_loop(mail)
    return None


def _by_a_loop(mail: IncomingMail) -> str | None:
    if _REPORT.search(mail.text[:_BEGINNING]):
        return "Feedback-Type in the text"
    brought_back = any(part.content_type in _RETURNED for part in mail.attachments)
    return f"Subject: {mail.subject}" if brought_back and _SUBJECT.search(mail.subject) else None
