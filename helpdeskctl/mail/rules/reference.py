"""A Message-ID that we stored, the customer's own or a colleague's, leads to its ticket for who takes part there."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy
from helpdeskctl.mail.rules.places import place


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note the ticket of the newest mail answered, In-Reply-To before References."""
    return place(facts, facts.references)
