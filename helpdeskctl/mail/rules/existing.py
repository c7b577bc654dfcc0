"""A ticket was found: a merge hands on to its survivor, and what is closed for good goes on in a new ticket (TIC-7)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Add, or open a follow-up; automatic mail is filed where it belongs and reopens nothing."""
    noted = facts.noted
    if noted.ticket is None:
        return None
    ticket = facts.tickets[noted.ticket]
    if ticket.closed_for_good is not None and not noted.automatic:
        return Decision(
            decision="open",
            follow_up=ticket.survivor,
            reason=f"#{ticket.survivor} {ticket.closed_for_good}; a linked new ticket goes on",
            evidence=noted.evidence,
        )
    merged = f"; #{ticket.number} was merged into #{ticket.survivor}" if ticket.survivor != ticket.number else ""
    return Decision(
        decision="add",
        rule=noted.rule,
        ticket=ticket.survivor,
        reason=f"{noted.reason}{merged}",
        evidence=noted.evidence,
    )
