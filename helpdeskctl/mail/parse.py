"""Raw bytes to `IncomingMail`. Pure and bounded: no I/O, time linear in the mail.

The MIME tree is cut here and not by `email` of the standard library: its parser has no bounds, and a count made
before it would have to predict what it does (docs/decisions/002).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import Literal

from helpdeskctl.mail import addresses, bodies, notices, quotes, reports
from helpdeskctl.mail.bounds import (
    MAX_BYTES,
    MAX_RECIPIENTS,
    MAX_SUBJECT_CHARACTERS,
    Bomb,
    hold,
)
from helpdeskctl.mail.charsets import is_default
from helpdeskctl.mail.headers import Block, Headers, decode_words, split
from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.message_ids import message_id, referenced
from helpdeskctl.mail.parts import Tree

_BEFORE_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:>?From [^\n]*\n)*+")
_CHARSET = re.compile(rb"charset\*?=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_PRIORITIES: dict[str, Literal["low", "normal", "high"]] = {
    "1": "high",
    "2": "high",
    "3": "normal",
    "4": "low",
    "5": "low",
    "high": "high",
    "urgent": "high",
    "normal": "normal",
    "low": "low",
    "non-urgent": "low",
}
DOUBLED = b"\r\r\n"
"""A line end as broken relays write it."""


def parse(raw: bytes) -> IncomingMail:
    """The mail in `raw`, whatever state it is in; its `defects` say what was read in spite of a fault.

    Raises mail.bounds.Bomb, and nothing else, for a mail over bounds.
    """
    hold(len(raw), MAX_BYTES, "bytes")
    size = len(raw)
    raw = _with_line_ends(raw)
    block = split(raw, _start(raw))
    headers = Headers(block.fields, _charset(raw))
    _hold_recipients(headers)
    tree = Tree(raw, headers.charset)
    root = tree.root(block)
    body = bodies.read(root)
    notice = notices.read(headers, body.text)
    from_all = [entry for value in headers.all_raw("from") for entry in addresses.entries(value, headers.charset)]
    return IncomingMail(
        message_id=message_id(headers),
        sender=_sender(headers, from_all),
        from_all=tuple(entry for entry in from_all if entry),
        reply_to=_addresses(headers, "reply-to"),
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        delivered_to=addresses.addresses_in(
            value for name in ("delivered-to", "x-original-to", "envelope-to") for value in headers.all_raw(name)
        ),
        return_path=_return_path(headers),
        subject=(headers.first("subject") or "")[:MAX_SUBJECT_CHARACTERS],
        subject_raw=headers.raw("subject") or b"",
        date=_date(headers),
        in_reply_to=referenced(headers, "in-reply-to"),
        references=referenced(headers, "references"),
        text=body.text,
        html=body.html,
        folds=quotes.folds(body.text),
        attachments=body.attachments,
        report=notice.report if notice else reports.delivery(root),
        feedback=notice.report is None if notice else reports.is_feedback(root),
        headers=headers,
        priority=_priority(headers),
        language=_language(headers),
        size=size,
        defects=tuple(dict.fromkeys((*block.defects, *tree.defects, *body.defects))),
        returned_ids=notice.message_ids if notice else reports.returned_ids(root, body.text),
    )


def identity(raw: bytes) -> bytes:
    """SHA-256 over Message-ID, From, Date, raw Subject and the body (MAIL-6): equal for one mail come twice.

    White space in the fields, the kind of line ends, and line ends at the very end do not count: relays, mbox files
    and servers differ in them. Never raises.
    """
    digest, body = identity_of_header(raw)
    digest.update(with_plain_ends(body).rstrip(b"\n").replace(b"\n", b"\r\n"))
    return digest.digest()


def identity_of_header(raw: bytes) -> tuple[hashlib._Hash, bytes]:
    """The first half of `identity`: what the header adds to it, and the body as it came."""
    raw = _with_line_ends(raw)
    try:
        block = split(raw, _start(raw))
    except Bomb:
        block = Block((), 0)
    headers = Headers(block.fields)
    digest = hashlib.sha256()
    for name in ("message-id", "from", "date", "subject"):
        value = b" ".join((headers.raw(name) or b"").split())
        digest.update(b"%d:%b" % (len(value), value))
    return digest, raw[block.body :]


def with_plain_ends(body: bytes) -> bytes:
    """The lines of `body` with LF alone at their ends."""
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _with_line_ends(raw: bytes) -> bytes:
    """Mail of ancient systems ends lines with CR alone; broken relays write CR CR LF."""
    if b"\n" not in raw:
        return raw.replace(b"\r", b"\n")
    return raw.replace(DOUBLED, b"\r\n") if DOUBLED in raw[:10_000] else raw


def _start(raw: bytes) -> int:
    """Where the header begins: behind a byte order mark, empty lines and the separator lines of mbox files."""
    found = _BEFORE_HEADER.match(raw)
    return found.end() if found else 0


def _charset(raw: bytes) -> str | None:
    """What raw 8-bit header text is likely to be in: a charset named near the top that is not everybody's default."""
    labels = (label.decode("ascii") for label in _CHARSET.findall(raw, 0, 20_000))
    return next((label for label in labels if not is_default(label)), None)


def _hold_recipients(headers: Headers) -> None:
    hold(
        sum(value.count(b"@") for name, value in headers.fields if name in ("from", "to", "cc", "bcc", "reply-to")),
        MAX_RECIPIENTS,
        "recipients",
    )


def _addresses(headers: Headers, name: str) -> tuple[Address, ...]:
    return tuple(found for value in headers.all_raw(name) for found in addresses.mailboxes(value, headers.charset))


def _sender(headers: Headers, entries: list[Address | None]) -> Address | None:
    if len(headers.all_raw("from")) != 1 or len(entries) != 1:
        return None
    return entries[0]


def _return_path(headers: Headers) -> str | None:
    value = headers.raw("return-path")
    if value is None:
        return None
    if value.strip(b"<> \t").lower() in (b"", b"mailer-daemon"):
        return ""
    return next((found.address for found in addresses.mailboxes(value)), None)


def _date(headers: Headers) -> datetime | None:
    value = decode_words(headers.raw("date") or b"")[:200]
    try:
        parts = parsedate_tz(value)
        # A date without a zone counts as UTC, not as the zone of this machine.
        moment = datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0) if parts else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return moment if moment and 1980 <= moment.year < 2100 else None


def _priority(headers: Headers) -> Literal["low", "normal", "high"] | None:
    for name in ("x-priority", "importance", "priority", "x-msmail-priority"):
        words = (headers.first(name) or "").lower().split()
        if words and words[0] in _PRIORITIES:
            return _PRIORITIES[words[0]]
    return None


def _language(headers: Headers) -> str | None:
    value = (headers.first("content-language") or "").split(",")[0].strip()
    return value.lower() if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", value) else None
