"""Handing a message on to somebody who takes no part in the ticket, and sending one of ours once more (OUT-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references, wording
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import events, files, messages, outbox, replies
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.messages import NewAttachment, NewMessage
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.operations.replies import Sent
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.queries.outgoing import About
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Attachment, Message, OutgoingMail, Status, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A message handed on: `message` is its id, else the customer's newest; `body` goes above it.

    `attachments` go instead of the message's own files.
    """

    to: Sequence[str]
    message: int | None = None
    body: str = ""
    cc: Sequence[str] = ()
    signature: str | None = None
    no_signature: bool = False
    mailbox: str | None = None
    attachments: Sequence[NewAttachment] | None = None


@transaction
def forward(desk: Desk, actor: Actor, number: int, new: Forward) -> Sent:
    """Mail a public message with its files to somebody else; the ticket keeps that as an internal message.

    They do not join the ticket. Refused for an internal note, which never leaves, and where no mailbox sends;
    NotFound for a message that is not in the ticket.
    """
    ticket = rows.begin(desk, actor, number, Action.REPLY)
    about = outgoing.about(desk, number)
    mailbox = outgoing.sending_mailbox(desk, about, address=new.mailbox)
    message = _message(number, new.message)
    to, cc = replies.usable(new.to), replies.usable(new.cc)
    if not to:
        raise InvalidInput("forwarded to nobody", hint=f"helpdeskctl ticket forward {number} --to ADDRESS")
    attached = _files(message.id) if new.attachments is None else list(new.attachments)
    files.refuse_too_much(desk, attached)
    signature = (
        None if new.no_signature or not new.body.strip() else replies.signed(desk, actor, about, new.signature)[1]
    )
    kept = _kept(actor, about, new, message, to=to, cc=cc)
    message_id = messages.add(desk, number, kept)
    letter = Letter(
        to=[Person(address) for address in to],
        cc=[Person(address) for address in cc],
        subject=_subject(desk, about),
        text=_text(desk, about, new.body, signature, message),
        files=attached,
    )
    queued = outbox.enqueue(
        desk, letter, mailbox_id=mailbox.id, event="forward", ticket=number, message=message_id, fixed_id=True
    )
    Message.update(mail_id=queued.mail_id).where(Message.id == message_id).execute()
    messages.remember_id(message_id, queued.mail_id, ours=True)
    data = {"message": message.id, "to": [*to, *cc]}
    events.record(desk, actor, Verb.FORWARDED, ticket=number, data=data)
    replies.wrote(desk, actor, number, message_id)
    return Sent(number, message_id, queued.id, (*to, *cc), _status(ticket))


@transaction
def resend(desk: Desk, actor: Actor, number: int, message_id: int, *, to: Sequence[str] = ()) -> Sent:
    """Send a message of ours once more, as it was, to those in To and Cc or to `to` alone.

    It gets a Message-ID of its own: servers throw a second mail with a known one away. NotFound for a message that
    is not in the ticket, Refused for one that never was a mail.
    """
    ticket = rows.begin(desk, actor, number, Action.REPLY)
    _in_ticket(number, message_id)
    earlier: OutgoingMail | None = (
        OutgoingMail.select()
        .where(OutgoingMail.message_id == message_id, OutgoingMail.automatic == 0)
        .order_by(OutgoingMail.id.desc())
        .first()
    )
    if earlier is None:
        raise Refused(f"message {message_id} was not sent by this desk", subject=f"ticket/{number}")
    mailbox = outgoing.sending_mailbox(desk, outgoing.about(desk, number))
    letter = outbox.letter_of(earlier)
    if to:
        letter = replace(letter, to=[Person(address) for address in replies.usable(to)], cc=())
    queued = outbox.enqueue(desk, letter, mailbox_id=mailbox.id, event=earlier.event, ticket=number, message=message_id)
    messages.remember_id(message_id, queued.mail_id, ours=True)
    sent_to = tuple(person.address for person in (*letter.to, *letter.cc))
    events.record(desk, actor, Verb.RESENT, ticket=number, data={"message": message_id, "to": list(sent_to)})
    return Sent(number, message_id, queued.id, sent_to, _status(ticket))


def _status(ticket: Ticket) -> str:
    return Status.get(Status.id == ticket.status_id).key


def _message(number: int, message_id: int | None) -> Message:
    """The message to hand on: a public one."""
    if message_id is not None:
        message = _in_ticket(number, message_id)
        if message.direction == "internal":
            raise Refused(f"message {message_id} is internal: it never leaves the desk", subject=f"ticket/{number}")
        return message
    newest: Message | None = (
        Message.select()
        .where(Message.ticket_id == number, Message.direction == "in")
        .order_by(Message.id.desc())
        .first()
    )
    if newest is None:
        raise NotFound(f"#{number} has no message of a customer", subject=f"ticket/{number}")
    return newest


def _in_ticket(number: int, message_id: int) -> Message:
    message: Message | None = Message.get_or_none(Message.id == message_id, Message.ticket_id == number)
    if message is None:
        raise NotFound(
            f"#{number} has no message {message_id}",
            hint=f"helpdeskctl ticket show {number} --thread",
            subject=f"ticket/{number}",
        )
    return message


def _files(message_id: int) -> list[NewAttachment]:
    there = Attachment.select().where(
        Attachment.message_id == message_id, Attachment.deleted_at.is_null(), Attachment.withheld.is_null()
    )
    return [
        NewAttachment(row.filename, row.content_type, row.size, row.sha256, bool(row.inline), row.content_id)
        for row in there.order_by(Attachment.id)
    ]


def _kept(
    actor: Actor, about: About, new: Forward, message: Message, *, to: Sequence[str], cc: Sequence[str]
) -> NewMessage:
    """What the ticket keeps of it: internal, for customers are not to read whom we ask."""
    said = f"{new.body.strip()}\n\n" if new.body.strip() else ""
    agent = actor.kind == "agent"
    return NewMessage(
        kind="note",
        direction="internal",
        body=f"{said}(message {message.id} forwarded to {', '.join([*to, *cc])})",
        agent_id=actor.id if agent else None,
        author_name=actor.name if agent else about.department,
        author_address=actor.label if agent else "",
        recipients={"to": list(to), "cc": list(cc)},
    )


def _subject(desk: Desk, about: About) -> str:
    return f"Fwd: {references.tag(about.number, settings.get(desk, 'ticket_prefix'))} {about.subject}"


def _text(desk: Desk, about: About, body: str, signature: str | None, message: Message) -> str:
    author = f"{message.author_name} <{message.author_address}>" if message.author_name else message.author_address
    zone = outgoing.zone(None, settings.get(desk, "timezone"))
    written: datetime = (message.sent_at or message.created_at).astimezone(zone)
    head = wording.of(outgoing.house_language(desk, about)).forwarded(author, written, message.subject or about.subject)
    said = [body.strip()] if body.strip() else []
    signed = [f"-- \n{signature.strip()}"] if signature and signature.strip() else []
    return "\n\n".join([*said, *signed, "\n".join(head), message.body])
