"""Blocked senders and subjects wait in quarantine before anything else is asked (TIC-15), unless they are allowed.

The list speaks of addresses and of domains with those below them; what it says of the smaller one counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.requester import requester
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine for a blocked address, domain or piece of a subject; a remark for who is always let in."""
    for sender in _senders(mail, policy):
        says = _says(sender.address.casefold(), facts, policy)
        if says is not None and says[0] == "block":
            return hold(Held.BLOCKED_SENDER, evidence=f"From: {sender.address}", detail=f"{says[1]} is blocked")
    if is_allowed(mail, facts, policy):
        return Decision(reason="the sender is on the allow list", evidence=f"From: {mail.from_all[0].address}")
    subject = mail.subject.casefold() if policy.blocked_subjects else ""
    if any(pattern in subject for pattern in policy.blocked_subjects):
        return hold(Held.REJECTED_PATTERN, evidence=f"Subject: {mail.subject}")
    return None


def is_allowed(mail: IncomingMail, facts: Facts, policy: Policy) -> bool:
    """Whether the sender is always let in. Not where our own server says that somebody else wrote it (BOX-9)."""
    if mail.sender is None or not (policy.allowed_addresses or policy.allowed_domains):
        return False
    says = _says(mail.sender.address.casefold(), facts, policy)
    return says is not None and says[0] == "allow"


def _senders(mail: IncomingMail, policy: Policy) -> tuple[Address, ...]:
    """Who wrote it: From, and whom a web form's Reply-To names."""
    if not (mail.reply_to and (policy.blocked_addresses or policy.blocked_domains)):
        return mail.from_all
    return (*mail.from_all, requester(mail, policy.own))


def _says(address: str, facts: Facts, policy: Policy) -> tuple[str, str] | None:
    """`block` or `allow` and by which entry of the list; None where it says nothing of this address."""
    forged = facts.proven is False
    if address in policy.blocked_addresses:
        return "block", address
    if address in policy.allowed_addresses and not forged:
        return "allow", address
    for domain in _domains(address) if policy.blocked_domains or policy.allowed_domains else ():
        if domain in policy.blocked_domains:
            return "block", domain
        if domain in policy.allowed_domains and not forged:
            return "allow", domain
    return None


def _domains(address: str) -> Iterator[str]:
    """The domain of an address and those above it, the smallest first."""
    labels = address.rpartition("@")[2].split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))
