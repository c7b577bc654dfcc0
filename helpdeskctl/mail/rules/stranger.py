"""Whether people nobody knows may open tickets is the department's to say (DEP-8); some contacts may not (CON-4).

Who is on the allow list is no stranger.
"""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.blocked import is_allowed
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Hold or refuse mail of strangers where the department wants it; refuse whom an agent told to use the portal."""
    sender = f"From: {mail.sender.address if mail.sender else '(nobody)'}"
    if not facts.sender.mail_tickets:
        return _refusal(facts, "this contact opens no tickets by mail", sender)
    if facts.sender.known or facts.noted.department_id is None or is_allowed(mail, facts, policy):
        return None
    match policy.departments[facts.noted.department_id].unknown_senders:
        case "hold":
            return hold(Held.UNKNOWN_SENDER_HELD, evidence=sender)
        case "reject":
            return _refusal(facts, "the department takes no mail of strangers", sender)
        case _:
            return None


def _refusal(facts: Facts, reason: str, evidence: str) -> Decision:
    silent = facts.noted.automatic or facts.noted.no_answer
    return Decision(decision="refuse", reason=reason, evidence=evidence, answer=not silent)
