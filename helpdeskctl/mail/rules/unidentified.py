"""Who does not say who wrote, or says so twice, is nobody: no ticket, contact or right hangs on a guess (L12)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine, unless there is exactly one From with exactly one usable mailbox."""
    if mail.sender is not None:
        return None
    return hold(Held.UNIDENTIFIED_SENDER, evidence=f"From: {', '.join(mail.headers.all('from')) or '(none)'}")
