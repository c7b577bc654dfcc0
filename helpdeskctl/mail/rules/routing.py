"""The recipient decides the department; what fits none waits in quarantine, never nowhere (MAIL-18)."""

from __future__ import annotations

from collections.abc import Iterator

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Own, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note mailbox and department: those it came in by if they are addressed, else the first of ours that is."""
    found = dict(_addressed(mail, policy))
    own, evidence = facts.mailbox, "the mailbox it came in by"
    if own is None or (found and own.mailbox_id not in (other.mailbox_id for other in found.values())):
        address, own = next(iter(found.items()), ("", own))
        evidence = f"To: {address}"
    if policy.otherwise is not None:
        return Decision(department_id=policy.otherwise, reason="an agent released it there", evidence="the release")
    if own is None:
        return hold(Held.NO_DEPARTMENT, evidence=f"To: {', '.join(_recipients(mail)) or '(none)'}")
    department = policy.departments[own.department_id]
    if department.archived:
        return hold(Held.NO_DEPARTMENT, evidence=evidence, detail=f'the department "{department.key}" is archived')
    return Decision(
        mailbox_id=own.mailbox_id,
        department_id=own.department_id,
        reason=f"goes to {department.key}",
        evidence=evidence,
    )


def _addressed(mail: IncomingMail, policy: Policy) -> Iterator[tuple[str, Own]]:
    for address in _recipients(mail):
        own = policy.own.get(address.casefold()) or policy.own.get(_without_plus(address.casefold()))
        if own is not None:
            yield address, own


def _recipients(mail: IncomingMail) -> Iterator[str]:
    """Envelope recipients as servers note them, then those the sender wrote."""
    yield from mail.delivered_to
    yield from (entry.address for entry in (*mail.to, *mail.cc))


def _without_plus(address: str) -> str:
    local, at, domain = address.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
