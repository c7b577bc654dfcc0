"""What writing a mail about a ticket needs to know: people, mailbox, thread, template, signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from helpdeskctl.desk import Desk
from helpdeskctl.domain import wording
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.templates import Template
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.mail.compose import Person
from helpdeskctl.queries import portal_people, settings
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    Company,
    Contact,
    ContactAddress,
    Department,
    Mailbox,
    Message,
    OutgoingMail,
    Participant,
    Signature,
    SignatureGrant,
    Status,
    Ticket,
)
from helpdeskctl.store.tables import Template as TemplateRow

_ANCESTORS = 60
_ANSWERED = (
    "SELECT 1 FROM contact_address WHERE contact_id = ? AND address = ? AND confirmed_at IS NOT NULL"
    " UNION ALL SELECT 1 FROM ticket t JOIN message m ON m.ticket_id = t.id"
    " JOIN incoming_mail i ON i.id = m.incoming_id"
    " WHERE t.contact_id = ? AND m.author_address = ? AND i.rule = 'token'"
    # Whoever else got mail of ours about the ticket has the same tokens, and can write them under any name.
    " AND NOT EXISTS (SELECT 1 FROM outgoing_mail o JOIN outgoing_recipient r ON r.outgoing_id = o.id"
    " WHERE o.ticket_id = t.id AND o.created_at <= m.created_at AND r.address <> m.author_address"
    " AND r.address NOT IN (SELECT address FROM agent)) LIMIT 1"
)
_BY_MESSAGE = (
    "SELECT m.mail_id, m.automatic, m.created_at, i.received_at, i.archive"
    " FROM message m LEFT JOIN incoming_mail i ON i.id = m.incoming_id WHERE m.id = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A ticket as its mails speak of it; names are in the language of its mails."""

    number: int
    subject: str
    language: str
    zone: ZoneInfo  # the reader's, else the desk's
    department_id: int
    department_key: str
    department: str
    personal: bool
    link_only: bool
    receipts: bool
    after_send: str
    signature_id: int | None
    mailbox_id: int | None
    contact_id: int
    contact_name: str | None
    address: str
    company: str | None
    owner: str | None
    status: str
    hidden: bool  # spam, or in a status that customers may not see: no automatic mail about it (TIC-4)
    proven: bool
    may_sign_in: bool
    merged_into: int | None
    unwanted: frozenset[str] = frozenset()  # the events of which the contact does not want to be told (OUT-3)

    @property
    def requester(self) -> Person:
        """Whom an answer goes to."""
        return Person(self.address, self.contact_name or "")


@dataclass(frozen=True, slots=True)
class Quotable:
    """A public message that an answer may quote."""

    author: str
    written: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an answer stands in its thread: the Message-ID it answers, those before, and what it quotes."""

    parent: str | None = None
    ancestors: tuple[str, ...] = ()
    last: Quotable | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A customer's message as its receipt needs it; `at` is when the desk's server had it."""

    mail_id: str | None
    at: datetime
    by_machine: bool
    archive: bool


def about(desk: Desk, number: int, *, language: str | None = None) -> About:
    """The ticket, as a mail in `language` speaks of it, else in its reader's. NotFound when there is none."""
    row = prepared.one(Ticket, id=number)
    if row is None:
        raise NotFound(f"no ticket #{number}", subject=f"ticket/{number}")
    known = settings.several(desk, "default_language", "languages", "portal_url", "timezone")
    department = steady.the(desk.database, Department, row.department_id)
    status = steady.the(desk.database, Status, row.status_id)
    shown = steady.the(desk.database, Status, row.show_as_id) if row.show_as_id is not None else status
    contact = prepared.the(Contact, row.contact_id)
    company = prepared.one(Company, id=row.company_id) if row.company_id is not None else None
    owner = prepared.one(Agent, id=row.assignee_id) if row.assignee_id is not None else None
    usual = known["default_language"]
    language = language or chosen(known, contact.language, row.language, department.language)
    today = desk.now().astimezone(ZoneInfo(known["timezone"])).date()
    return About(
        number=number,
        subject=row.subject,
        language=language,
        zone=zone(contact.timezone, known["timezone"]),
        department_id=department.id,
        department_key=department.key,
        department=named(department.names, language, usual) or department.name,
        personal=department.agent_id is not None,
        link_only=department.notify == "link",
        receipts=bool(department.receipt),
        after_send=department.after_send,
        signature_id=department.signature_id,
        mailbox_id=row.mailbox_id,
        contact_id=contact.id,
        contact_name=contact.name if contact.name.casefold() != row.requester_address else None,
        address=row.requester_address,
        company=company.name if company is not None else None,
        owner=owner.name if owner is not None else None,
        status=named(shown.customer_names, language, usual) or named(shown.names, language, usual) or shown.key,
        hidden=bool(row.spam or status.hidden),
        proven=bool(row.proven),
        may_sign_in=bool(known["portal_url"] and row.portal and not status.hidden and may_sign_in(contact, today)),
        merged_into=row.merged_into_id,
        unwanted=frozenset(event for event, wanted in contact.wants_mail.items() if not wanted),
    )


def chosen(known: Mapping[str, Any], *wanted: str | None) -> str:
    """The language of a mail: the first wanted one that the desk offers, else the desk's own."""
    usual: str = known["default_language"]
    return next((code for code in wanted if code and code in known["languages"]), usual)


def language_of(address: str) -> str | None:
    """The language of whoever has an address, if it is known."""
    row = prepared.one(ContactAddress, address=address.strip().casefold())
    return prepared.the(Contact, row.contact_id).language if row is not None else None


def house_language(desk: Desk, about: About) -> str:
    """The language in which a department speaks to somebody whose own it does not know."""
    department = steady.the(desk.database, Department, about.department_id)
    return chosen(settings.several(desk, "default_language", "languages"), department.language)


def zone(own: str | None, usual: str) -> ZoneInfo:
    """The time zone somebody chose, else the desk's."""
    try:
        return ZoneInfo(own or usual)
    except (KeyError, ValueError, OSError):  # a name that this machine does not know
        return ZoneInfo(usual)


def named(names: Mapping[str, str], language: str, usual: str) -> str | None:
    """The text in a language, else in the desk's own, else in English."""
    return names.get(language) or names.get(usual) or names.get("en")


def may_sign_in(contact: Contact, today: date) -> bool:
    """Whether the portal is open to a contact today."""
    return bool(contact.portal_access) and in_period(contact, today)


def in_period(contact: Contact, today: date) -> bool:
    """Whether today is one of the days for which a contact has access; the first and the last are, too (CON-1)."""
    first, last = contact.portal_from, contact.portal_until
    return (first or "") <= today.isoformat() and (not last or today.isoformat() <= last)


def people(desk: Desk, number: int) -> list[Person]:
    """Who takes part besides the requester and gets mail, by their main address.

    Whom a customer has named gets it by the address that was named, without a name: all recipients read what stands
    there, and neither is theirs to learn from us.
    """
    rows: Any = (
        Participant.select(Participant.contact_id, Contact.name, ContactAddress.address)
        .join(Contact, on=(Contact.id == Participant.contact_id))
        .join(ContactAddress, on=((ContactAddress.contact_id == Contact.id) & (ContactAddress.main == 1)))
        .where(Participant.ticket_id == number, Participant.state == "active", Participant.muted == 0)
        .order_by(Participant.id)
        .tuples()
    )
    people = list(rows)
    named = portal_people.named(number) if people else {}
    found = []
    for contact, name, address in people:
        last = next(iter(named.get(contact, [])[-1:]), None)
        theirs = last.address if last is not None and last.by_customer else None
        found.append(Person(theirs or address, name if theirs is None and name.casefold() != address else ""))
    return found


def thread(desk: Desk, number: int) -> Thread:
    """The public messages of a ticket as a thread: its newest that has a Message-ID is the parent."""
    rows = list(
        Message.select()
        .where(Message.ticket_id == number, Message.direction.in_(["in", "out"]), Message.kind != "system")
        .order_by(Message.id.desc())
        .limit(_ANCESTORS)
    )
    from_people = [row for row in rows if not row.automatic]
    ids = [row.mail_id for row in reversed(from_people) if row.mail_id]
    answered = next((row.mail_id for row in from_people if row.direction == "in" and row.mail_id), None)
    parent = answered or (ids[-1] if ids else None)
    last = from_people[0] if from_people else None
    return Thread(
        parent,
        tuple(each for each in ids if each != parent),
        Quotable(last.author_name or last.author_address, last.created_at, _own_words(last)) if last else None,
    )


def _own_words(message: Message) -> str:
    """A message without what it quotes itself: the thread has that already."""
    folded = {n for kind, first, last in message.folds if kind == "quote" for n in range(first, last + 1)}
    return "\n".join(line for n, line in enumerate(message.body.split("\n")) if n not in folded)


def sending_mailbox(desk: Desk, about: About, *, address: str | None = None) -> Mailbox:
    """The mailbox an answer leaves from: the one asked for, the one the ticket came in by, the department's first.

    Refused when the department has none that sends (DEP-4), NotFound when it has not the one asked for.
    """
    rows = sending_mailboxes(desk, about)
    if not rows:
        raise Refused(
            f"department {about.department_key} has no mailbox that sends",
            hint=f"helpdeskctl mailbox create ADDRESS --department {about.department_key} --server HOST",
            subject=f"department/{about.department_key}",
        )
    if address is not None:
        found = next((row for row in rows if row.address == address.casefold()), None)
        if found is None:
            raise NotFound(
                f"department {about.department_key} does not send from {address}",
                hint=f"known: {', '.join(row.address for row in rows)}",
                subject=f"mailbox/{address}",
            )
        return found
    return next((row for row in rows if row.id == about.mailbox_id), rows[0])


def sending_mailboxes(desk: Desk, about: About) -> list[Mailbox]:
    """The mailboxes of the ticket's department that send, the default first (BOX-1)."""
    every = steady.every(desk.database, Mailbox, department_id=about.department_id)
    return [row for row in every if row.enabled and row.smtp_url]


def account_mailbox(desk: Desk) -> Mailbox:
    """The mailbox that mail about accounts leaves from: the first of a public department, else the first.

    Refused when no mailbox of the desk sends.
    """
    row: Mailbox | None = (
        _sending()
        .join(Department, on=(Department.id == Mailbox.department_id))
        .where(Department.agent_id.is_null())
        .order_by(Department.public.desc(), Mailbox.id)
        .first()
    )
    if row is None:
        raise Refused("no mailbox of this desk sends", hint="helpdeskctl mailbox create ADDRESS --department K")
    return row


def works(mailbox: Mailbox) -> bool:
    """Whether mail leaves by a mailbox, as far as is known: none waits that failed after the last one left."""
    own = OutgoingMail.mailbox_id == mailbox.id
    stuck = OutgoingMail.select(fn.max(OutgoingMail.created_at)).where(own, OutgoingMail.state == "deferred").scalar()
    left = OutgoingMail.select(fn.max(OutgoingMail.sent_at)).where(own).scalar()
    return stuck is None or (left is not None and left > stuck)


def _sending() -> Any:
    return Mailbox.select().where(Mailbox.enabled == 1, Mailbox.smtp_url.is_null(False)).order_by(Mailbox.id)


def template(desk: Desk, event: str, language: str, department_id: int | None = None) -> Template:
    """The mail of an event in a language: the department's own, the desk's own, the shipped one.

    What readers understand counts for more than what the desk wrote itself: its own text in another language is no
    answer to them.
    """
    own = steady.every(desk.database, TemplateRow, event=event)
    for row in sorted(own, key=lambda row: row.department_id is None):
        if row.language == language and row.department_id in (None, department_id):
            return Template(row.subject, row.body, row.html)
    return wording.shipped(event, language)


def signature(desk: Desk, actor: Actor, about: About, key: str | None) -> Signature | None:
    """The signature of a reply: the one asked for, the agent's last one, the department's; None without any.

    NotFound for an unknown key, NotPermitted where the agent may not use it (AGT-2).
    """
    if key is not None:
        row: Signature | None = Signature.get_or_none(Signature.key == key.casefold())
        if row is None:
            raise NotFound(f'no signature "{key}"', hint="helpdeskctl signature list", subject=f"signature/{key}")
        if not may_use(desk, actor, row):
            raise NotPermitted(
                f"{actor.label} may not use signature {row.key}",
                hint=f"helpdeskctl signature edit {row.key} --agent {actor.label}",
                subject=f"signature/{row.key}",
            )
        return row
    last = Agent.select(Agent.last_signature_id).where(Agent.id == actor.id).scalar() if actor.kind == "agent" else None
    for wanted in (last, about.signature_id):
        row = Signature.get_or_none(Signature.id == wanted) if wanted else None
        if row is not None and _fits(row, about) and may_use(desk, actor, row):
            return row
    return None


def answered_us(desk: Desk, contact_id: int, address: str) -> bool:
    """Whether the person at an address has shown to read what we send there: by a link, or by a signed token."""
    return desk.database.execute(_ANSWERED, (contact_id, address) * 2).fetchone() is not None


def answered(desk: Desk, message_id: int) -> Answered:
    """The message that a receipt answers."""
    mail_id, automatic, created_at, received_at, archive = desk.database.execute(_BY_MESSAGE, (message_id,)).fetchone()
    at = Message.created_at.python_value(received_at or created_at)  # type: ignore[no-untyped-call]  # untyped in the stubs
    return Answered(mail_id, at, by_machine=bool(automatic), archive=bool(archive))


def may_use(desk: Desk, actor: Actor, row: Signature) -> bool:
    """Whether an actor may sign so: as a member of the signature's department, or named (AGT-2)."""
    if actor.kind != "agent" or actor.admin:
        return True
    if row.department_id is not None and (row.department_id in actor.roles or row.department_id == actor.personal):
        return True
    granted = SignatureGrant.select().where(SignatureGrant.signature_id == row.id, SignatureGrant.agent_id == actor.id)
    return bool(granted.exists())


def signatures(desk: Desk, actor: Actor) -> list[str]:
    """The keys of the signatures an actor may use."""
    return [row.key for row in Signature.select().order_by(Signature.key) if may_use(desk, actor, row)]


def _fits(row: Signature, about: About) -> bool:
    """Whether a signature that nobody asked for is right here: of this department or of none, in this language."""
    return row.department_id in (None, about.department_id) and row.language in (None, about.language)


def shown_name(name: str, style: str, department: str) -> str:
    """An agent's name as customers read it: `style` is the setting agent_names."""
    return {"first": name.split(maxsplit=1)[0] if name.split() else "", "department": department}.get(style) or name
