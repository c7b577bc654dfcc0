"""Blocked senders and subjects, and what is too large, wait in quarantine before anything else is asked (TIC-15)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine for a blocked address, domain (with those below it) or piece of a subject, and for size."""
    if facts.max_size is not None and facts.size > facts.max_size:
        return hold(Held.TOO_LARGE, evidence=f"{facts.size} bytes, the mailbox takes {facts.max_size}")
    for sender in mail.from_all:
        address = sender.address.casefold()
        if address in policy.blocked_addresses or _in_blocked_domain(address, policy.blocked_domains):
            return hold(Held.BLOCKED_SENDER, evidence=f"From: {sender.address}")
    if policy.blocked_subjects:
        subject = mail.subject.casefold()
        if any(pattern in subject for pattern in policy.blocked_subjects):
            return hold(Held.REJECTED_PATTERN, evidence=f"Subject: {mail.subject}")
    return None


def _in_blocked_domain(address: str, blocked: frozenset[str]) -> bool:
    if not blocked:
        return False
    labels = address.rpartition("@")[2].split(".")
    return any(".".join(labels[start:]) in blocked for start in range(len(labels)))
