"""Tickets taken out of the desk: lines of a table, mbox, a page to read or print (REP-3).

Everything is made ticket by ticket, so that an export of any size takes no more memory than one ticket.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.text import clean_line, printable
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.mail.compose import File, OutgoingMail, Person, ascii_address, compose
from helpdeskctl.queries import ticket_objects
from helpdeskctl.queries.messages import MessageView
from helpdeskctl.queries.threads import TicketDetail, show
from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.store.tables import IncomingMail

COLUMNS = (
    "number", "subject", "status", "priority", "department", "assignee", "team", "requester", "requester_name",
    "company", "language", "tags", "participants", "created_at", "updated_at", "waiting_since", "closed_at",
)  # fmt: skip
_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_NOBODY = "unknown@invalid"  # RFC 6761: no address of anybody
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,980}>")


def details(desk: Desk, actor: Actor, rows: Iterable[TicketRow]) -> Iterator[TicketDetail]:
    """The tickets of a list with their messages, one at a time."""
    return (show(desk, actor, row.number) for row in rows)


def table(desk: Desk, actor: Actor, rows: Iterable[TicketRow]) -> Iterator[dict[str, Any]]:
    """A flat line a ticket, with `COLUMNS`; lists are joined by blanks."""
    for ticket in ticket_objects.of_rows(desk, actor, rows):
        yield {name: " ".join(ticket[name]) if isinstance(ticket[name], list) else ticket[name] for name in COLUMNS}


def raw(desk: Desk, message: MessageView) -> bytes:
    """The mail of a message, byte by byte as it came. NotFound when it is kept no more, or was no mail from outside."""
    found = IncomingMail.get_or_none(IncomingMail.id == message.incoming_id) if message.incoming_id else None
    if found is None or found.raw_sha256 is None:
        raise NotFound(
            f"message {message.id} has no raw mail (any more)",
            hint=f"helpdeskctl ticket show {message.number} --thread",
            subject=f"message/{message.id}",
        )
    return desk.blobs.get(found.raw_sha256)


def mbox(desk: Desk, details: Iterable[TicketDetail]) -> Iterator[bytes]:
    """Every message as a mail, in the form mboxrd: the bytes that came where they are kept, else what they said."""
    for detail in details:
        for message in detail.messages:
            mail = _mail(desk, detail, message).replace(b"\r\n", b"\n")
            yield f"From {_address(message.author)} {message.at:%a %b %d %H:%M:%S %Y}\n".encode()
            yield _FROM_LINE.sub(rb">\1", mail).rstrip(b"\n") + b"\n\n"


def page(details: Iterable[TicketDetail]) -> Iterator[str]:
    """One HTML page with all threads, that loads nothing and runs nothing."""
    yield _HEAD
    for detail in details:
        row = detail.row
        facts = [row.status, row.priority.key, row.department, row.assignee or "-", row.requester, *detail.tags]
        yield f"<article><h2>#{row.number} {_text(row.subject)}</h2><p>{_text(' · '.join(facts))}</p>\n"
        for message in detail.messages:
            note = " · internal note" if message.direction == "internal" else ""
            who = f"{message.author_name} <{message.author}>" if message.author else message.kind
            when = f"{message.at:%Y-%m-%d %H:%M} UTC"
            yield f'<section class="{message.direction}"><h3>{_text(who)} · {when}{note}</h3>\n'
            yield f"<pre>{_text(message.text)}</pre>\n"
            files = [f"{file.filename} ({file.size} bytes)" for file in message.attachments if file.deleted_at is None]
            yield f"<p>{_text(', '.join(files))}</p></section>\n" if files else "</section>\n"
        yield "</article>\n"
    yield "</main></body></html>\n"


_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tickets</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:1rem/1.5 sans-serif;max-width:50rem;margin:auto}pre{white-space:pre-wrap;font:inherit}
.internal{border-left:.3rem solid;padding-left:.7rem}h3{font-size:1rem}</style></head><body><main>
"""


def _text(text: str) -> str:
    return html.escape(printable(text))


def _mail(desk: Desk, detail: TicketDetail, message: MessageView) -> bytes:
    try:
        return raw(desk, message)
    except NotFound:
        pass
    mark = "[internal note] " if message.direction == "internal" else ""
    given = message.mail_id if message.mail_id and _MESSAGE_ID.fullmatch(message.mail_id) else None
    return compose(
        OutgoingMail(
            message_id=given or f"<message-{message.id}@{desk.config.installation}>",
            date=message.at,
            sender=Person(_address(message.author), clean_line(message.author_name)),
            to=[Person(_address(address)) for address in message.recipients.get("to", ())] or [Person(_NOBODY)],
            cc=[Person(_address(address)) for address in message.recipients.get("cc", ())],
            subject=clean_line(f"{mark}{message.subject or detail.row.subject}"),
            text=message.text,
            files=list(_files(desk, message)),
        )
    )


def _files(desk: Desk, message: MessageView) -> Iterator[File]:
    for file in message.attachments:
        if file.at_hand:
            yield File(file.filename, file.content_type, desk.blobs.get(file.sha256), file.inline, file.content_id)


def _address(address: str) -> str:
    try:
        return ascii_address(address)
    except InvalidInput:
        return _NOBODY
