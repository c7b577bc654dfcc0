"""The tickets a mail names by tokens of ours, each with the header it stands in. Pure; nothing is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpdeskctl.domain.references import Token, TokenKeys, in_address, in_body, in_message_id
from helpdeskctl.mail.incoming import IncomingMail


def answered_ids(mail: IncomingMail) -> Iterator[tuple[str, str]]:
    """(Message-ID, header) of the mails this one answers: In-Reply-To, then References from the newest back."""
    yield from ((mail_id, "In-Reply-To") for mail_id in mail.in_reply_to)
    yield from ((mail_id, "References") for mail_id in reversed(mail.references))


def returned_ids(mail: IncomingMail) -> Iterator[tuple[str, str]]:
    """(Message-ID, where) of the mails that a bounce or complaint is about: those it returns, then those it answers."""
    yield from ((mail_id, "the mail returned") for mail_id in mail.returned_ids)
    if mail.report is not None:
        yield from ((mail_id, "the mail returned") for mail_id in mail.report.original_message_ids)
    yield from answered_ids(mail)


def tokens(mail: IncomingMail, keys: TokenKeys) -> Iterator[tuple[Token, str]]:
    """(token, evidence) in the order of MAIL-10: Message-IDs, plus addresses, body markers."""
    yield from signed(answered_ids(mail), keys)
    for address in (*mail.delivered_to, *(entry.address for entry in (*mail.to, *mail.cc))):
        if "+hd." in address and (token := in_address(address, keys)):
            yield token, f"To: {address}"
    if "[hd." in mail.text:
        yield from ((token, "a mark in the text") for token in in_body(mail.text, keys))


def signed(ids: Iterable[tuple[str, str]], keys: TokenKeys) -> Iterator[tuple[Token, str]]:
    """Those of `ids` that are ours, with `header: <id>` as evidence."""
    for mail_id, header in ids:
        if mail_id.startswith("<hd.") and (token := in_message_id(mail_id, keys)):
            yield token, f"{header}: {mail_id}"
