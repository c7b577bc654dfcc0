"""A mail that is here already is nothing new (MAIL-6)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import routing
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Duplicate, unless the desk wants a ticket in each department and this one has none yet."""
    known = facts.known
    if known is None:
        return None
    if not policy.one_ticket and routing.department(mail, facts, policy) not in {None, *known.departments}:
        return None
    return Decision(
        decision="duplicate",
        reason=f"the same mail stands in the ledger as {known.ledger_id}",
        evidence=f"Message-ID: {mail.message_id or '(none)'}",
    )
