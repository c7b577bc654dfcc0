"""Which mail a few header fields are about: for lists of mail that is not read."""

from __future__ import annotations

from helpdeskctl.mail import headers
from helpdeskctl.mail.addresses import mailboxes
from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.headers import Headers
from helpdeskctl.mail.message_ids import message_id


def names(header: bytes) -> tuple[str | None, str | None, str]:
    """Message-ID, the first address in From, and subject, as far as they can be read. Never raises."""
    try:
        fields = Headers(headers.split(header).fields)
        senders = mailboxes(fields.raw("from") or b"")
        return message_id(fields), senders[0].address if senders else None, fields.first("subject") or ""
    except (Bomb, ValueError, LookupError):  # the header of a bomb has no name
        return None, None, ""
