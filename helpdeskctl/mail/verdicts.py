"""What one's own mail server found out about a mail (BOX-9). Believed only where the mailbox names that server."""

from __future__ import annotations

import re

from helpdeskctl.mail.headers import Headers

_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"\bdmarc\s*=\s*(pass|fail)\b", re.IGNORECASE)


def sender_proven(headers: Headers, host: str | None) -> bool | None:
    """Whether DMARC passed, by the first Authentication-Results header (RFC 8601) if `host` wrote it; None: unknown."""
    first = headers.first("authentication-results")
    if host is None or first is None:
        return None
    results = _COMMENT.sub(" ", first)
    server = results.partition(";")[0].split()
    if not server or server[0].casefold() != host.casefold():
        return None
    found = _DMARC.search(results)
    return None if found is None else found[1].lower() == "pass"


def is_spam(headers: Headers, host: str | None) -> bool:
    """Whether the server that `host` names called it spam."""
    if host is None:
        return False
    flag = (headers.first("x-spam-flag") or "").strip().casefold()
    status = (headers.first("x-spam-status") or "").strip().casefold()
    return flag == "yes" or status.startswith("yes")
