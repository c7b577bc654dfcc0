"""A style sheet of an admin: nothing in it may load something; what it looks like is theirs to judge."""

from __future__ import annotations

import re

from helpdeskctl.errors import InvalidInput

LARGEST = 20_000
"""Octets; the portal's own has half of that."""
_LOADS = re.compile(r"@import|@charset|</|\\|image-set\(|url\(\s*(?!['\"]?/(?!/))", re.IGNORECASE)


def checked(data: bytes) -> str:
    """The text of a style sheet. InvalidInput for what is no UTF-8, too large, or loads something from elsewhere."""
    if len(data) > LARGEST:
        raise InvalidInput(f"the style sheet has {len(data):,} octets; it may have {LARGEST:,}")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the style sheet is not UTF-8 (octet {error.start})") from error
    if not text or "\0" in text:
        raise InvalidInput("the style sheet is empty, or none")
    if found := _LOADS.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise InvalidInput(
            f"line {line} of the style sheet has {found[0].strip()}", hint="no @import, no escapes, url(/…) only"
        )
    return text
