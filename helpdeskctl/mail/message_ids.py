"""Message-IDs as they stand in fields (RFC 5322 section 3.6.4), also where relays and programs broke them."""

from __future__ import annotations

import re

from helpdeskctl.domain.text import clean_line
from helpdeskctl.mail.bounds import MAX_REFERENCES
from helpdeskctl.mail.headers import Headers

_BRACKETED = re.compile(rb"<[^<>\s]{1,990}>")
_BARE = re.compile(rb"[^<>\s@]{1,500}@[^<>\s@]{1,400}")


def message_id(headers: Headers) -> str | None:
    """The mail's own id as sent, in brackets; None when there is none or it cannot be used."""
    value = headers.raw("message-id") or b""
    found = _bracketed(value)
    bare = _BARE.fullmatch(value.strip(b"<> \t"))
    return found[0] if found else f"<{_text(bare[0])}>" if bare else None


def referenced(headers: Headers, name: str) -> tuple[str, ...]:
    """The ids in the fields called `name`, each once, in order. Endless lists lose their middle."""
    ids = tuple(dict.fromkeys(found for value in headers.all_raw(name) for found in _bracketed(value)))
    return ids if len(ids) <= MAX_REFERENCES else ids[:1] + ids[1 - MAX_REFERENCES :]


def _bracketed(value: bytes) -> list[str]:
    # Relays fold long ids in two: where no id is whole, white space counts for nothing.
    found = _BRACKETED.findall(value) or (_BRACKETED.findall(b"".join(value.split())) if b"<" in value else [])
    return [_text(i) for i in found]


def _text(message_id: bytes) -> str:
    return clean_line(message_id.decode("utf-8", "replace"))
