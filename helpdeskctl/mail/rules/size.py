"""What is larger than its mailbox takes waits unread, and its sender is told (MAIL-19)."""

from __future__ import annotations

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import automatic
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Quarantine; the sender is to be told unless a program wrote it. Of such a mail only the header was read."""
    if facts.max_size is None or facts.size <= facts.max_size:
        return None
    return Decision(
        decision="quarantine",
        held=Held.TOO_LARGE,
        reason="it is larger than the mailbox takes",
        evidence=f"{facts.size} bytes, the mailbox takes {facts.max_size}",
        answer=mail.sender is not None and automatic.judge(mail, facts, policy) is None,
    )
