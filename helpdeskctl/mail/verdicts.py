"""What one's own mail server found out about a mail (BOX-9). Believed only where the mailbox names that server."""

from __future__ import annotations

import re

from helpdeskctl.mail.headers import Headers

_COMMENT = re.compile(r"\([^()]*\)")
_SPAM = ("x-spam-flag", "x-spam-status", "x-spam")  # SpamAssassin, rspamd
_DMARC = re.compile(r"\bdmarc\s*=\s*(pass|fail)\b", re.IGNORECASE)


def sender_proven(headers: Headers, host: str | None) -> bool | None:
    """Whether DMARC passed, by the Authentication-Results headers (RFC 8601) that `host` wrote; None: unknown.

    Servers write one for each of their checks. Where a forged one is among them, the worse verdict counts.
    """
    if host is None:
        return None
    found = [_dmarc(value, host) for value in headers.all("authentication-results")]
    return False if False in found else True if True in found else None


def _dmarc(value: str, host: str) -> bool | None:
    results = _COMMENT.sub(" ", value)
    server = results.partition(";")[0].split()
    if not server or server[0].casefold() != host.casefold():
        return None
    verdict = _DMARC.search(results)
    return None if verdict is None else verdict[1].lower() == "pass"


def is_spam(headers: Headers, host: str | None) -> bool:
    """Whether the server that `host` names called it spam."""
    if host is None:
        return False
    return any((headers.first(name) or "").strip().casefold().startswith("yes") for name in _SPAM)
