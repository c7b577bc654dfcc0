"""`[Support#1001]` in the subject leads to the ticket for who takes part there; equal subjects never do (MAIL-10).

What another desk called it before it moved in here counts last.
"""

from __future__ import annotations

from helpdeskctl.domain.references import tagged_numbers
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Named, Policy
from helpdeskctl.mail.rules.places import place


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note the first ticket tagged, by our own tag or by another desk's."""
    if "#" not in mail.subject:
        return None
    numbers = tagged_numbers(mail.subject, policy.prefix)
    tagged = (Named(number, 0, f"Subject: {mail.subject}") for number in numbers)
    return place(facts, (*tagged, *facts.aliases))
