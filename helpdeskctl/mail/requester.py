"""Whom a new ticket is for: who wrote the mail, but for programs that write in somebody's name (MAIL-14)."""

from __future__ import annotations

from collections.abc import Collection

from helpdeskctl.domain.loops import is_nobody
from helpdeskctl.mail.incoming import Address, IncomingMail

UNIDENTIFIED = Address("unidentified@invalid", "Unidentified sender")
"""Stands for whoever wrote a mail that names nobody, once an agent released it (RFC 2606: never a real address)."""


def requester(mail: IncomingMail, own_addresses: Collection[str]) -> Address:
    """From; Reply-To where From is a web form's (an address of ours, or one that nobody reads).

    A released mail without a usable From falls back to Reply-To and Return-Path. A Reply-To that leads to ourselves
    or names several is not followed.
    """
    reply_to = _one(mail.reply_to, own_addresses)
    if mail.sender is None:
        return reply_to or (Address(mail.return_path) if mail.return_path else UNIDENTIFIED)
    is_form = mail.sender.address.casefold() in own_addresses or is_nobody(mail.sender.address)
    return reply_to if is_form and reply_to is not None else mail.sender


def _one(addresses: tuple[Address, ...], own_addresses: Collection[str]) -> Address | None:
    if len(addresses) != 1 or addresses[0].address.casefold() in own_addresses:
        return None
    return addresses[0]
