"""A mail as the rest of the program sees it: frozen values, cleaned text, nothing that can fail when read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from helpdeskctl.mail.headers import Headers


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. `address` passed the strict check of mail/addresses, its domain casefolded; never empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the body. `filename` is cleaned, never empty and only ever shown, never a path.

    `content_type` is what the sender says, lower case; `content_id` stands without brackets.
    """

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines of the text that a reader may fold away, counted from 0, both ends included. Never cut."""

    kind: Literal["quote", "signature"]
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one recipient (RFC 3464 section 2.3); `action` and `status` as the server says, lower case."""

    address: str
    action: str
    status: str
    diagnostic: str
    original_address: str = ""
    """What we had written to, where the report says that it was another address."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery status notification, and the Message-IDs of the mail it returns."""

    recipients: tuple[RecipientReport, ...] = ()
    original_message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """What `parse` makes of the raw bytes."""

    message_id: str | None
    """`<…>` as sent; None when missing or unusable."""
    sender: Address | None
    """Set only where there is exactly one From with exactly one mailbox; else the mail is unidentified."""
    from_all: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    delivered_to: tuple[str, ...]
    """Addresses of Delivered-To, X-Original-To and Envelope-To."""
    return_path: str | None
    """`""` is the null path, None a mail without Return-Path."""
    subject: str
    subject_raw: bytes
    date: datetime | None
    """Aware, UTC; None when missing or absurd."""
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    """Message-IDs with their brackets, oldest first."""
    text: str
    """What a person reads: the text part, or HTML turned into text."""
    html: str | None
    """Sanitized; `cid:` images kept, remote images held back in `data-remote-src`."""
    folds: tuple[Fold, ...]
    attachments: tuple[Attachment, ...]
    report: DeliveryReport | None
    feedback: bool
    """A complaint in the form of RFC 5965."""
    headers: Headers
    priority: Literal["low", "normal", "high"] | None
    language: str | None
    size: int
    defects: tuple[str, ...]
    """What was wrong with the mail and read in spite of it, a short phrase each."""
    returned_ids: tuple[str, ...] = ()
    """Message-IDs of the mails that are attached or returned in this one."""
