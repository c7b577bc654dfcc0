"""Our own mail come back is recorded and nothing else: a list, a redirect or an echo brought it (MAIL-20)."""

from __future__ import annotations

from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Reflected, where the Message-ID is signed by us or our installation stands in the header."""
    if facts.own_message_id:
        return _reflected(f"Message-ID: {mail.message_id}")
    installation = mail.headers.first(INSTALLATION_HEADER)
    if installation and installation == policy.installation:
        return _reflected(f"{INSTALLATION_HEADER}: {installation}")
    return None


def _reflected(evidence: str) -> Decision:
    return Decision(decision="reflected", reason="this desk sent it itself", evidence=evidence)
