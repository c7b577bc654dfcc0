"""Who opens many tickets within minutes is a program that runs wild or means harm: the rest waits for a person.

Answers to tickets are never counted, and neither are senders on the allow list.
"""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.blocked import is_allowed
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine once the sender has opened as many tickets as the desk allows."""
    if facts.opened < policy.most_opened or is_allowed(mail, facts, policy):
        return None
    noted = facts.noted.ticket
    if noted is not None and facts.tickets[noted].closed_for_good is None:
        return None
    sender = f"From: {mail.sender.address if mail.sender else '(nobody)'}"
    detail = f"its sender opened {facts.opened} tickets within {policy.opened_within} minutes"
    return hold(Held.RATE_LIMITED, evidence=sender, detail=detail)
