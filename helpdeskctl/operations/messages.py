"""Adding a message to a ticket: the row, its files, its Message-ID, and what the ticket remembers of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.store import prepared, search
from helpdeskctl.store.tables import Attachment, Message, MessageReference, Ticket


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file whose bytes are already in the blob store. `filename` is for show and never a path.

    `withheld`: why nobody is handed it, though it is kept.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str | None = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One entry of a ticket, about to be written; every text in it is cleaned already.

    `kind` is mail, portal, reply, note, phone or system; `direction` in, out or internal. `created_at` is given only
    for the messages of an archive, which keep their own time.
    """

    kind: str
    direction: str
    body: str
    contact_id: int | None = None
    agent_id: int | None = None
    author_name: str = ""
    author_address: str = ""
    subject: str = ""
    html: str | None = None
    folds: Sequence[Sequence[Any]] = ()
    mail_id: str | None = None
    recipients: Mapping[str, Sequence[str]] = field(default_factory=dict)
    automatic: bool = False
    sender_proven: bool | None = None
    incoming_id: int | None = None
    sent_at: datetime | None = None
    created_at: datetime | None = None
    attachments: tuple[NewAttachment, ...] = ()

    @property
    def from_customer(self) -> bool:
        """Whether a person on the customer's side spoke: it waits for an answer and is unread."""
        return self.direction == "in" and not self.automatic


def add(desk: Desk, number: int, new: NewMessage, *, archive: bool = False, ticket: Ticket | None = None) -> int:
    """Write `new` into ticket `number`, in the present transaction; returns the message's id.

    Moves the ticket's times: a customer's message makes it wait (unless it waits already), an agent's public reply
    ends the waiting; either ends a "status for customers" (TIC-3). An archive moves nothing but the newest time.
    `ticket`: its row, where the caller has it in hand.
    """
    at = new.created_at or desk.now()
    message_id = _insert(number, new, at)
    ticket = ticket or prepared.the(Ticket, number)
    if new.attachments:
        Attachment.insert_many([_attachment(message_id, each) for each in new.attachments]).execute()
    if new.mail_id:
        remember_id(message_id, new.mail_id, ours=new.direction == "out")
    _touch(ticket, message_id, new, at, archive=archive)
    _index(desk, message_id, ticket, new, first_time=True)
    return message_id


def remember_id(message_id: int, mail_id: str, *, ours: bool) -> None:
    """Let later mail find this message by a Message-ID, ours or theirs (MAIL-10)."""
    prepared.insert_once(MessageReference, id_sha256=hash_of_id(mail_id), message_id=message_id, ours=ours)


def hash_of_id(mail_id: str) -> str:
    """What stands for a Message-ID in the index: ids may be longer than an index row."""
    return hashlib.sha256(mail_id.strip().encode("utf-8", "surrogateescape")).hexdigest()


def attach(message_id: int, new: NewAttachment) -> None:
    """Add a file to a stored message, in the present transaction; the caller indexes the message anew."""
    Attachment.insert(**_attachment(message_id, new)).execute()


def reindex(desk: Desk, message_id: int, *, subject: str | None = None) -> None:
    """Index a stored message anew, after it moved to another ticket or its ticket was renamed to `subject`."""
    row = Message.get(Message.id == message_id)
    names = tuple(
        NewAttachment(a.filename, a.content_type, a.size, a.sha256)
        for a in Attachment.select().where(Attachment.message_id == message_id, Attachment.deleted_at.is_null())
    )
    stored = NewMessage(
        kind=row.kind, direction=row.direction, body=row.body, subject=f"{row.subject}\n{subject or ''}",
        author_name=row.author_name, author_address=row.author_address, attachments=names,
    )  # fmt: skip
    _index(desk, message_id, Ticket.get(Ticket.id == row.ticket_id), stored)


def _index(desk: Desk, message_id: int, ticket: Ticket, new: NewMessage, *, first_time: bool = False) -> None:
    """Make the message findable: subject, text, author and the names of its files."""
    words = [new.subject, new.body, new.author_name, new.author_address, *(a.filename for a in new.attachments)]
    search.index_message(
        desk.database,
        message_id=message_id,
        ticket_id=ticket.id,
        department_id=ticket.department_id,
        text="\n".join(words),
        new=first_time,
    )


def _insert(number: int, new: NewMessage, at: datetime) -> int:
    return prepared.insert(
        Message,
        ticket_id=number,
        kind=new.kind,
        direction=new.direction,
        contact_id=new.contact_id,
        agent_id=new.agent_id,
        author_name=new.author_name,
        author_address=new.author_address,
        subject=new.subject,
        body=new.body,
        html=new.html,
        folds=[list(fold) for fold in new.folds],
        mail_id=new.mail_id,
        recipients={name: list(addresses) for name, addresses in new.recipients.items()},
        automatic=new.automatic,
        sender_proven=new.sender_proven,
        incoming_id=new.incoming_id,
        sent_at=new.sent_at,
        created_at=at,
    )


def _attachment(message_id: int, new: NewAttachment) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "filename": new.filename,
        "content_type": new.content_type,
        "size": new.size,
        "sha256": new.sha256,
        "inline": new.inline,
        "content_id": new.content_id,
        "withheld": new.withheld,
    }


def _touch(ticket: Ticket, message_id: int, new: NewMessage, at: datetime, *, archive: bool) -> None:
    changes: dict[str, Any] = {"updated_at": at}
    if new.kind != "system":
        changes["message_at"] = at
    if not archive and new.from_customer:
        waiting = ticket.waiting_since or at
        changes |= {"last_customer_message_id": message_id, "show_as_id": None, "waiting_since": waiting}
    elif not archive and new.direction == "out" and not new.automatic:
        changes |= {"waiting_since": None, "show_as_id": None}
    prepared.update(Ticket, ticket.id, **changes)
