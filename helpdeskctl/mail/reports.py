"""Delivery reports (RFC 3464), complaints (RFC 5965) and the mails that come back in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpdeskctl.mail import addresses, returned
from helpdeskctl.mail.bounds import MAX_RECIPIENTS
from helpdeskctl.mail.headers import Headers, split
from helpdeskctl.mail.incoming import DeliveryReport, RecipientReport
from helpdeskctl.mail.message_ids import message_id
from helpdeskctl.mail.parts import Part

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_MAIL_TYPES = {
    "message/rfc822",
    "message/global",
    "message/rfc822-headers",
    "message/global-headers",
    "text/rfc822-headers",
}
_FIELD = re.compile(rb"[\w-]{1,60}:")
_EMPTY_LINE = re.compile(rb"\n[ \t]*\r?\n")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MAX_DIAGNOSTIC = 1_000
_BEGINNING = 2_000  # bytes of a part in which a complaint names its kind


def leaves(part: Part) -> Iterator[Part]:
    """The parts that hold something, in order."""
    if not part.children:
        yield part
    for child in part.children:
        yield from leaves(child)


def delivery(root: Part) -> DeliveryReport | None:
    """What the delivery-status parts say, or None where there is none."""
    statuses = [part for part in leaves(root) if part.content_type in _STATUS_TYPES]
    if not statuses:
        return None
    recipients = (found for part in statuses for found in _recipients(part))
    return DeliveryReport(tuple(recipients)[:MAX_RECIPIENTS], returned_ids(root))


def is_feedback(root: Part) -> bool:
    """Whether the mail is a complaint: a report of that type, a part of it, or a part that holds nothing else."""
    return root.parameters.get("report-type", "").lower() == "feedback-report" or any(
        part.content_type == "message/feedback-report" or _is_bare_feedback(part) for part in leaves(root)
    )


def _is_bare_feedback(part: Part) -> bool:
    """Whether a part of another type begins with the fields of a report (RFC 5965 section 3.1)."""
    beginning = part.body[:_BEGINNING].lstrip()
    if b"eedback-" not in beginning or not _FIELD.match(beginning):
        return False
    first = _EMPTY_LINE.split(beginning, 1)[0].lower().splitlines()
    return any(line.startswith(b"feedback-type:") for line in first) and any(
        line.startswith((b"user-agent:", b"version:")) for line in first
    )


def returned_ids(root: Part, text: str = "") -> tuple[str, ...]:
    """Message-IDs of the mails, or of their headers, that are attached to this one or written into its `text`."""
    found = (message_id(_headers(part.content)) for part in leaves(root) if part.content_type in _MAIL_TYPES)
    return tuple(dict.fromkeys(i for i in (*found, *returned.message_ids(text)) if i))


def _headers(content: bytes) -> Headers:
    return Headers(split(content.lstrip()).fields)


def _recipients(part: Part) -> Iterator[RecipientReport]:
    for group in _EMPTY_LINE.split(part.content, MAX_RECIPIENTS):
        fields = _headers(group)
        final, original = fields.raw("final-recipient"), fields.raw("original-recipient")
        if final is None and original is None:
            continue
        status = _STATUS.search(fields.first("status") or "")
        yield RecipientReport(
            address=_address(final) or _address(original),
            action=(fields.first("action") or "").lower().partition(" ")[0],
            status=status[0] if status else "",
            diagnostic=(fields.first("diagnostic-code") or "")[:_MAX_DIAGNOSTIC],
            original_address=_address(original),
        )


def _address(value: bytes | None) -> str:
    """The address of `rfc822; alice@example.org`."""
    if not value:
        return ""
    found = addresses.mailboxes(value.rpartition(b";")[2])
    return found[0].address if found else ""
