"""What agents write: replies, taken back in time, and internal notes. Message, status and mail are one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import templates
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.delivery import State
from helpdeskctl.domain.lifecycle import Act, Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.domain.text import clean
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.mail import compose
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import (
    automatic,
    drafts,
    events,
    files,
    letters,
    macros,
    messages,
    news,
    outbox,
    queue,
    ticket_fields,
    ticket_people,
)
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.macros import Macro
from helpdeskctl.operations.messages import NewAttachment, NewMessage
from helpdeskctl.operations.outbox import Queued
from helpdeskctl.queries import article_inserts, outgoing
from helpdeskctl.queries.outgoing import About, Thread
from helpdeskctl.store import search
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Agent, Mailbox, Message, OutgoingMail, Signature, Status, Ticket

_TIMES = ("waiting_since", "message_at", "closed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A public answer. It goes to the requester and, unless `only_requester`, to everybody on the ticket.

    `cc` join the ticket, `bcc` do not and are seen by nobody. `status` overrides what the department sets after a
    reply; `canned` puts a canned reply before the text, `articles` links to help articles below it, `article_texts`
    their text (KB-3); `signature` is a key, else the usual one; `if_last` is the
    newest message its author has seen (TIC-11); `mailbox` the address to send from.
    """

    body: str = ""
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    status: str | None = None
    canned: str | None = None
    articles: Sequence[str] = ()
    article_texts: Sequence[str] = ()
    signature: str | None = None
    no_signature: bool = False
    attachments: Sequence[NewAttachment] = ()
    undo_seconds: int = 0
    if_last: int | None = None
    mailbox: str | None = None
    only_requester: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An internal message; no customer ever sees it."""

    body: str
    attachments: Sequence[NewAttachment] = ()
    if_last: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way: `outgoing_id` is its outbox row, `held_until` the end of the undo window."""

    number: int
    message_id: int
    outgoing_id: int
    to: tuple[str, ...]
    status: str
    held_until: datetime | None = None


@transaction
def reply(desk: Desk, actor: Actor, number: int, new: Reply) -> Sent:
    """Answer a ticket: the message, its mail, and the status after it.

    Refused where no mailbox sends (DEP-4), NewerMessages when something arrived that the author has not seen,
    NotPermitted without the right or for somebody else's signature, InvalidInput for an empty text or a bad address.
    """
    ticket = rows.begin(desk, actor, number, Action.REPLY, if_last=new.if_last)
    about = outgoing.about(desk, number)
    macro = macros.macro(desk, actor, about, new.canned) if new.canned else None
    answer = _prepared(desk, actor, about, new, macro)
    before = _remembered(ticket)
    thread = outgoing.thread(desk, number)
    message_id = _stored(desk, actor, answer)
    queued = _posted(desk, actor, answer, message_id, thread)
    others: tuple[str, ...] = tuple(person.address for person in answer.cc)
    if about.link_only and not new.only_requester:
        box = answer.mailbox.id
        others = news.tell_viewers(desk, actor, about, message_id, mailbox_id=box, thread=thread, undo=answer.undo)
    rows.follow(desk, actor, ticket, Act.REPLY, status=new.status or (macro.status if macro else None))
    if macro is not None:
        macros.apply(desk, actor, number, macro)
    wrote(desk, actor, number, message_id)
    if new.undo_seconds:
        _remember(queued.id, before, new)
    return Sent(
        number,
        message_id,
        queued.id,
        (about.address, *others),
        Status.get(Status.id == ticket.status_id).key,
        desk.now() + answer.undo if answer.undo else None,
    )


@transaction
def undo(desk: Desk, actor: Actor, outgoing_id: int) -> Draft:
    """Take a reply back before it leaves (OUT-5): its message goes, the status returns, the text is a draft again.

    Refused once it has left, or a sender has it.
    """
    row = queue.locked(desk, actor, outgoing_id)
    message = Message.get_or_none(Message.id == row.message_id) if row.message_id else None
    kept = row.content.get("undo")
    number = row.ticket_id
    if row.state != State.HELD or message is None or kept is None or number is None:
        raise Refused(f"this reply cannot be taken back: it is {row.state}", subject=f"mail/{outgoing_id}")
    queue.cancel(desk, actor, outgoing_id)
    queue.silence(desk, number, message=message.id)
    search.drop_message(desk.database, message.id)
    Message.delete().where(Message.id == message.id).execute()
    _restore(desk, actor, number, message.id, kept["ticket"])
    draft = Draft(kind="reply", content=kept["draft"])
    if actor.kind == "agent":
        drafts.save(desk, actor, number, draft)
    return draft


@transaction
def cancel(desk: Desk, actor: Actor, outgoing_id: int) -> Change:
    """Keep a mail from leaving: a held reply is taken back whole, of any other only the mail."""
    row = queue.locked(desk, actor, outgoing_id)
    if row.state == State.HELD and row.message_id is not None and row.content.get("undo") is not None:
        undo(desk, actor, outgoing_id)
        return Change("mail", str(outgoing_id), outgoing_id, "updated", ("state",))
    return queue.cancel(desk, actor, outgoing_id)


@transaction
def note(desk: Desk, actor: Actor, number: int, new: Note) -> int:
    """Add an internal note; returns its message id. NewerMessages and NotPermitted as `reply`."""
    rows.begin(desk, actor, number, Action.NOTE, if_last=new.if_last)
    files.refuse_too_much(desk, new.attachments)
    message_id = messages.add(
        desk,
        number,
        NewMessage(
            kind="note",
            direction="internal",
            body=text_of(new.body),
            agent_id=actor.id if actor.kind == "agent" else None,
            author_name=actor.name or actor.label,
            author_address=actor.label if actor.kind == "agent" else "",
            attachments=tuple(new.attachments),
        ),
    )
    events.record(desk, actor, Verb.NOTED, ticket=number, data={"message": message_id})
    wrote(desk, actor, number, message_id)
    return message_id


def text_of(body: str) -> str:
    """What somebody typed, as it is kept. InvalidInput when nothing is left of it."""
    text = clean(body).strip("\n")
    if not text.strip():
        raise InvalidInput("the text is empty; nothing was sent", hint="-m TEXT or --body-file FILE")
    return text


def wrote(desk: Desk, actor: Actor, number: int, message_id: int) -> None:
    """An agent's own words are read by them, and no draft any more."""
    if actor.kind == "agent":
        drafts.discard(desk, actor, number)
        ticket_fields.mark_read(desk, actor, number, message_id)


def signed(desk: Desk, actor: Actor, about: About, key: str | None) -> tuple[Signature | None, str | None]:
    """The signature's row and its text with the values in place."""
    row = outgoing.signature(desk, actor, about, key)
    if row is None:
        return None, None
    given = letters.values(desk, about, actor, agent_address=actor.label if actor.kind == "agent" else None)
    given["agent.name"] = actor.name or None  # in full: what a signature says is the admin's to write
    return row, templates.fill(row.body, {name: given.get(name) for name in templates.names("signature")})


def usable(addresses: Sequence[str]) -> list[str]:
    """Addresses as typed, each once. InvalidInput for one of our own, or one that mail cannot go to."""
    own = automatic.own_addresses()
    found = list(dict.fromkeys(address.strip().casefold() for address in addresses))
    for address in found:
        compose.ascii_address(address)
        if address in own:
            raise InvalidInput(f"{address} is an address of this desk", hint="move the ticket: ticket department N K")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A reply with everything decided and nothing written yet."""

    about: About
    mailbox: Mailbox
    body: str
    cc: Sequence[Person]
    bcc: Sequence[str]
    files: tuple[NewAttachment, ...]
    signature: Signature | None
    signature_text: str | None
    undo: timedelta


def _prepared(desk: Desk, actor: Actor, about: About, new: Reply, macro: Macro | None) -> _Answer:
    if about.link_only and (new.cc or new.bcc):
        raise InvalidInput(f"department {about.department_key} mails links only: nobody can be copied in")
    attached = (*new.attachments, *(macro.files if macro else ()))
    files.refuse_too_much(desk, attached)
    row, text = (None, None) if new.no_signature else signed(desk, actor, about, new.signature)
    return _Answer(
        about=about,
        mailbox=outgoing.sending_mailbox(desk, about, address=new.mailbox),
        body=text_of("\n\n".join(_pieces(desk, about, new, macro))),
        cc=[] if about.link_only else _copies(desk, actor, about, new),
        bcc=usable(new.bcc),
        files=attached,
        signature=row,
        signature_text=text,
        undo=timedelta(seconds=new.undo_seconds),
    )


def _pieces(desk: Desk, about: About, new: Reply, macro: Macro | None) -> list[str]:
    """What the text is made of: the canned reply, what was written, the articles."""
    links = [article_inserts.named(desk, about.number, key).link for key in new.articles]
    texts = [article_inserts.named(desk, about.number, key).text for key in new.article_texts]
    return [piece for piece in (macro.text.strip() if macro else "", new.body.strip("\n"), *texts, *links) if piece]


def _stored(desk: Desk, actor: Actor, answer: _Answer) -> int:
    agent = actor.kind == "agent"
    message = NewMessage(
        kind="reply",
        direction="out",
        body=answer.body,
        agent_id=actor.id if agent else None,
        author_name=actor.name if agent else answer.about.department,
        author_address=actor.label if agent else answer.mailbox.address,
        recipients={"to": [answer.about.address], "cc": [person.address for person in answer.cc]},
        attachments=answer.files,
    )
    message_id = messages.add(desk, answer.about.number, message)
    to = [answer.about.address, *(person.address for person in answer.cc)]
    events.record(desk, actor, Verb.REPLIED, ticket=answer.about.number, data={"message": message_id, "to": to})
    if answer.signature is not None and agent:
        Agent.update(last_signature_id=answer.signature.id).where(Agent.id == actor.id).execute()
    return message_id


def _posted(desk: Desk, actor: Actor, answer: _Answer, message_id: int, thread: Thread) -> Queued:
    about = answer.about
    given = letters.values(desk, about, actor, message_text=answer.body)
    if (answer.cc or answer.bcc) and (url := given["ticket.url"]):
        given["ticket.url"] = url.partition("?")[0]  # it names the requester, who is not its only reader (POR-5)
    enclosed = letters.Enclosed()
    if about.link_only:
        _refuse_without_link(about, given["ticket.url"])
    else:
        enclosed = letters.Enclosed(
            cc=answer.cc,
            bcc=answer.bcc,
            files=answer.files,
            signature=answer.signature_text,
            quotation=thread.last,
        )
    event = "news" if about.link_only else "reply"
    queued = outbox.enqueue(
        desk,
        letters.about_ticket(desk, about, event, given, thread=thread, enclosed=enclosed),
        mailbox_id=answer.mailbox.id,
        event="reply",
        ticket=about.number,
        message=message_id,
        fixed_id=True,
        undo=answer.undo,
    )
    Message.update(mail_id=queued.mail_id).where(Message.id == message_id).execute()
    messages.remember_id(message_id, queued.mail_id, ours=True)
    return queued


def _copies(desk: Desk, actor: Actor, about: About, new: Reply) -> list[Person]:
    """Who gets a copy: everybody on the ticket and those named now, who join it."""
    there = [] if new.only_requester else outgoing.people(desk, about.number)
    known = {about.address, *(person.address for person in there)}
    named = [address for address in usable(new.cc) if address not in known]
    for address in named:
        ticket_people.participate(desk, actor, about.number, address)
    return [*(p for p in there if p.address != about.address), *(Person(address) for address in named)]


def _refuse_without_link(about: About, url: str | None) -> None:
    """A department that mails links only (OUT-2) needs a portal that the requester may enter."""
    if url is None:
        raise Refused(
            f"department {about.department_key} mails links only, and {about.address} has no way into the portal",
            hint=f"helpdeskctl contact portal {about.address} --on, or department edit --notify full",
            subject=f"ticket/{about.number}",
        )


def _remembered(ticket: Ticket) -> dict[str, Any]:
    """The columns that a reply changes, as JSON keeps them."""
    times = {name: getattr(ticket, name) for name in _TIMES}
    return {"status_id": ticket.status_id, "show_as_id": ticket.show_as_id} | {
        name: value.isoformat() if value else None for name, value in times.items()
    }


def _remember(outgoing_id: int, before: dict[str, Any], new: Reply) -> None:
    """Keep with the mail what taking it back needs."""
    row = OutgoingMail.get(OutgoingMail.id == outgoing_id)
    draft = {
        "body": new.body,
        "cc": list(new.cc),
        "bcc": list(new.bcc),
        "status": new.status,
        "canned": new.canned,
        "signature": new.signature,
        "no_signature": new.no_signature,
        "mailbox": new.mailbox,
        "only_requester": new.only_requester,
        "attachments": [asdict(file) for file in new.attachments],
    }
    content = row.content | {"undo": {"ticket": before, "draft": draft}}
    OutgoingMail.update(content=content).where(OutgoingMail.id == outgoing_id).execute()


def _restore(desk: Desk, actor: Actor, number: int, message_id: int, before: Mapping[str, Any]) -> None:
    """Put the ticket back as it was, unless somebody has spoken since."""
    ticket = rows.locked(desk, number)
    newer = Message.select().where(Message.ticket_id == number, Message.id > message_id, Message.kind != "system")
    if newer.exists():
        return
    rows.enter(desk, actor, ticket, Status.get(Status.id == before["status_id"]))
    times = {name: datetime.fromisoformat(before[name]) if before[name] else None for name in _TIMES}
    rows.write(desk, ticket, show_as_id=before["show_as_id"], **times)
