"""Mail that goes round in circles waits: through many servers, by another desk and back, the same again and again."""

from __future__ import annotations

from helpdeskctl.domain.loops import MOST_HOPS, MOST_REPEATED
from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine. Mail that came back with our mark alone is none of these: the rule `reflection` knows it."""
    hops = sum(name == "received" for name, _ in mail.headers.fields)
    if hops > MOST_HOPS:
        return hold(Held.LOOP, evidence=f"Received: {hops} times", detail="it went through too many servers")
    if policy.installation and policy.installation in mail.headers.all(INSTALLATION_HEADER)[1:]:
        detail = "another desk passed on what this desk wrote"
        return hold(Held.LOOP, evidence=f"{INSTALLATION_HEADER}: {policy.installation}", detail=detail)
    if facts.repeated >= MOST_REPEATED:
        detail = f"its sender said the very same {facts.repeated} times within the hour"
        return hold(Held.LOOP, evidence=f"Subject: {mail.subject}", detail=detail)
    return None
