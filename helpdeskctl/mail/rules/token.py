"""A signed token says which message of ours is answered; it counts only for who takes part in the ticket (MAIL-10)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy
from helpdeskctl.mail.rules.places import place


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note the ticket of the first token: In-Reply-To, References newest first, plus address, body marker."""
    return place(facts, facts.tokens)
