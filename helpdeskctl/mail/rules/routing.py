"""The recipient decides the department; what fits none waits in quarantine, never nowhere (MAIL-18)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Own, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note mailbox and department: those it came in by if they are addressed, else the first of ours that is.

    In a catch-all mailbox the recipients alone decide. Archived departments take no mail: the next one addressed does.
    """
    if policy.otherwise is not None:
        return Decision(department_id=policy.otherwise, reason="an agent released it there", evidence="the release")
    places = _places(mail, facts, policy)
    if (named := facts.noted.department_id) is not None:  # by a trusted program
        there = [own for own, _ in places if own.department_id == named]
        places = [((there or [Own(0, named)])[0], "X-Helpdesk-Department")]
    if not places:
        return hold(Held.NO_DEPARTMENT, evidence=f"To: {', '.join(_recipients(mail)) or '(none)'}")
    for own, evidence in places:
        department = policy.departments[own.department_id]
        if not department.archived:
            return Decision(
                mailbox_id=own.mailbox_id or None,
                department_id=own.department_id,
                reason=f"goes to {department.key}",
                evidence=evidence,
            )
    own, evidence = places[0]
    key = policy.departments[own.department_id].key
    return hold(Held.NO_DEPARTMENT, evidence=evidence, detail=f'the department "{key}" is archived')


def department(mail: IncomingMail, facts: Facts, policy: Policy) -> int | None:
    """The department that this mail goes to, of the copies that our mailboxes got."""
    answer = judge(mail, facts, policy)
    return answer.department_id if answer is not None else None


def _places(mail: IncomingMail, facts: Facts, policy: Policy) -> list[tuple[Own, str]]:
    """Mailboxes of ours that the mail is for, the likeliest first, each with what says so."""
    box = facts.mailbox
    if box is not None and box.catch_all:
        # Its server notes the catch-all itself as recipient of everything: that is to be read in To and Cc only.
        others = [(own, f"To: {to}") for to, own in _addressed(_recipients(mail), policy) if own != box]
        return others + [(own, f"To: {to}") for to, own in _addressed(_written(mail), policy) if own == box]
    found = [(own, f"To: {to}") for to, own in _addressed(_recipients(mail), policy)]
    if box is None:
        return found
    # Where each department gets its copy, a blind copy is one, too.
    if not found or not policy.one_ticket or box in (own for own, _ in found):
        return [(box, "the mailbox it came in by"), *found]
    return [*found, (box, "the mailbox it came in by")]


def _addressed(recipients: Iterable[str], policy: Policy) -> Iterator[tuple[str, Own]]:
    for address in recipients:
        own = policy.own.get(address.casefold()) or policy.own.get(_without_plus(address.casefold()))
        if own is not None:
            yield address, own


def _recipients(mail: IncomingMail) -> Iterator[str]:
    """Envelope recipients as servers note them, then those the sender wrote."""
    yield from mail.delivered_to
    yield from _written(mail)


def _written(mail: IncomingMail) -> Iterator[str]:
    yield from (entry.address for entry in (*mail.to, *mail.cc))


def _without_plus(address: str) -> str:
    local, at, domain = address.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
