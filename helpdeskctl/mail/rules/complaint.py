"""A complaint of a mail service (RFC 5965) is recorded: it is about a mail of ours and asks for no answer."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Complaint, filed in the ticket of the mail that it returns where that is one of ours."""
    if not mail.feedback:
        return None
    named = next(iter(facts.returned), None)
    return Decision(
        decision="complaint",
        reason="a recipient's mail service reports a complaint",
        evidence=named.evidence if named else "Content-Type: multipart/report; report-type=feedback-report",
        ticket=facts.tickets[named.ticket].survivor if named and named.ticket in facts.tickets else None,
        message=named.message if named else None,
        automatic=True,
        no_answer=True,
    )
