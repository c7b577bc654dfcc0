"""Whom a new ticket is for: who wrote the mail, but for programs and agents that pass on somebody's words (MAIL-14)."""

from __future__ import annotations

import re
from collections.abc import Collection

from helpdeskctl.domain.loops import is_nobody
from helpdeskctl.mail.addresses import mailboxes
from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.headers import Headers, split
from helpdeskctl.mail.incoming import Address, IncomingMail

UNIDENTIFIED = Address("unidentified@invalid", "Unidentified sender")
"""Stands for whoever wrote a mail that names nobody, once an agent released it (RFC 2606: never a real address)."""

_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|doorst|vs|vb|הועבר|ส่งต่อ)\s*:", re.IGNORECASE)
_FROM_LINE = re.compile(
    r"^[>* \t]*(?:from|von|de|van|fra|מאת|จาก)\s?:[* \t]*([^\n]{3,300})$", re.IGNORECASE | re.MULTILINE
)
_MOST_TEXT = 20_000  # characters in which the header of a forwarded mail is looked for


def requester(mail: IncomingMail, own_addresses: Collection[str], agents: Collection[str] = ()) -> Address:
    """From; Reply-To where From is a web form's (an address of ours, or one that nobody reads).

    A mail that an agent forwards is for whoever wrote it first. A released mail without a usable From falls back to
    Reply-To and Return-Path. Names that lead to ourselves, and several at once, are not followed.
    """
    reply_to = _one(mail.reply_to, own_addresses)
    if mail.sender is None:
        return reply_to or (Address(mail.return_path) if mail.return_path else UNIDENTIFIED)
    address = mail.sender.address.casefold()
    if address in agents:
        return _one(_first_writer(mail), {*own_addresses, *agents}) or mail.sender
    is_form = address in own_addresses or is_nobody(address)
    return reply_to if is_form and reply_to is not None else mail.sender


def _one(addresses: tuple[Address, ...], own_addresses: Collection[str]) -> Address | None:
    if len(addresses) != 1 or addresses[0].address.casefold() in own_addresses:
        return None
    return addresses[0]


def _first_writer(mail: IncomingMail) -> tuple[Address, ...]:
    """Who wrote the mail that is forwarded: by the mail attached, or by the first header quoted in the text."""
    if not _FORWARDED.match(mail.subject):
        return ()
    for attachment in mail.attachments:
        if attachment.content_type == "message/rfc822":
            return _written_by(attachment.content)
    line = _FROM_LINE.search(mail.text[:_MOST_TEXT])
    return mailboxes(line[1].encode()) if line else ()


def _written_by(raw: bytes) -> tuple[Address, ...]:
    try:
        headers = Headers(split(raw.lstrip()).fields)
    except Bomb:
        return ()
    return tuple(found for value in headers.all_raw("from") for found in mailboxes(value))
