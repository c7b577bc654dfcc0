"""Everything else is a new request."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Open."""
    return Decision(decision="open", reason="nothing it names is a ticket of its sender")
