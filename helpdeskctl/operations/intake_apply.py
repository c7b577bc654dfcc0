"""The last step of intake: a decision is carried out, in the transaction that also settles the ledger's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.domain.attachment_types import refused
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.lifecycle import Priority, Verb
from helpdeskctl.domain.loops import OLDEST_ANSWERED
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.domain.references import foreign_tags
from helpdeskctl.mail.cuts import with_cuts
from helpdeskctl.mail.incoming import Address, Fold, IncomingMail
from helpdeskctl.mail.requester import requester
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.verdicts import is_spam, sender_proven
from helpdeskctl.operations import (
    automatic,
    bounces,
    contacts,
    events,
    messages,
    notices,
    rule_actions,
    ticket_fields,
    tickets,
)
from helpdeskctl.operations.intake_people import bring_people
from helpdeskctl.operations.intake_read import Reading
from helpdeskctl.operations.messages import NewAttachment, NewMessage
from helpdeskctl.operations.tickets import NewTicket
from helpdeskctl.queries.intake import Standing
from helpdeskctl.store.tables import Link, Quarantine, Ticket, TicketAlias

_PRIORITIES = {"low": Priority.LOW, "normal": None, "high": Priority.HIGH}
_MAY_BELONG = "may_belong"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mail ended, if in a ticket."""

    ticket: int | None = None
    message: int | None = None


NOWHERE = Placed()


@dataclass(frozen=True, slots=True)
class Case:
    """One mail with its decision, and the desk it is carried out on."""

    desk: Desk
    known: Standing
    reading: Reading
    decision: Decision

    @property
    def mail(self) -> IncomingMail:
        """What was read."""
        return self.reading.mail

    @property
    def archive(self) -> bool:
        """Whether it is old mail: tickets closed, with its own dates, and nothing sent."""
        return self.reading.received.archive


def apply(case: Case) -> Placed:
    """Do what the decision says, in the present transaction."""
    act = _ACTS.get(case.decision.decision or "")
    placed = act(case) if act is not None else NOWHERE
    if case.decision.ran:
        ledger_id = case.reading.received.ledger_id
        rule_actions.carry_out(case.desk, case.decision, ledger_id=ledger_id, ticket=placed.ticket)
    return placed


def _open(case: Case) -> Placed:
    """A new ticket, or one that follows up on a closed one; people in Cc take part, the requester gets a receipt."""
    follows = case.decision.follow_up is not None
    person = _writer(case) if follows else _requester(case)
    placed = _follow_up(case, person) if follows else _new_ticket(case, person)
    _tag(case, placed.ticket)
    _remember_ancestors(case, placed)
    if case.archive and placed.ticket is not None:
        _remember_names(case, placed.ticket)
    _note_where_it_may_belong(case, placed, person)
    if case.decision.spam:  # a rule says so, and marks it
        return placed
    if _called_spam(case):
        _mark_spam(case, placed)
        return placed
    if not case.decision.automatic:
        # What goes on with a ticket is a later mail of it: whoever wrote it brings nobody in (MAIL-15).
        bring_people(
            case.desk, case.known, case.mail, placed.ticket or 0, requester=person.address, opening=not follows
        )
    if placed.ticket is not None and placed.message is not None and _may_be_confirmed(case):
        notices.receipt(case.desk, placed.ticket, placed.message)
    return placed


def _may_be_confirmed(case: Case) -> bool:
    """What is known of a receipt without looking at its ticket; the rest is asked where it is written."""
    if case.archive or case.decision.automatic or case.decision.no_answer or case.decision.close:
        return False
    if case.decision.may_belong is not None:
        return False  # it answers a mail of ours: a robot that changes its name would get one each time
    if case.desk.now() - case.reading.received.received_at > OLDEST_ANSWERED:
        return False
    mailbox_id = case.decision.mailbox_id
    return mailbox_id is None or not automatic.has_stopped(case.desk, mailbox_id)


def _new_ticket(case: Case, person: Address) -> Placed:
    contact_id = _contact(case, person)
    department_id = case.decision.department_id
    assert department_id is not None  # noqa: S101  # routing decides it before any rule can open
    new = NewTicket(
        subject=case.mail.subject,
        department_id=department_id,
        contact_id=contact_id,
        requester_address=person.address,
        origin="import" if case.archive else "mail",
        mailbox_id=case.decision.mailbox_id,
        priority=case.decision.priority or _PRIORITIES[case.mail.priority or "normal"],
        type_id=case.decision.type_id,
        topic_id=case.decision.topic_id,
        language=case.decision.language or _language(case.mail),
        status="closed" if case.archive else None,
        created_at=_own_time(case),
        archive=case.archive,
    )
    opened = tickets.open_ticket(case.desk, _actor(person, contact_id), new, _message(case, person, contact_id))
    return Placed(opened.number, opened.message_id)


def _follow_up(case: Case, person: Address) -> Placed:
    contact_id = _contact(case, person)
    assert case.decision.follow_up is not None  # noqa: S101  # asked by the caller
    message = _message(case, person, contact_id)
    received = tickets.customer_message(case.desk, _actor(person, contact_id), case.decision.follow_up, message)
    return Placed(received.number, received.message_id)


def _add(case: Case) -> Placed:
    """A message for a ticket that its sender takes part in."""
    person = _writer(case)
    contact_id = _contact(case, person)
    message = _message(case, person, contact_id)
    number = case.decision.ticket
    assert number is not None  # noqa: S101  # the decision to add names it
    if case.archive:
        _remember_names(case, number)
        return Placed(number, messages.add(case.desk, number, message, archive=True))
    received = tickets.customer_message(case.desk, _actor(person, contact_id), number, message)
    _note_security(case, received.number, person)
    if not case.decision.automatic:
        _raise_priority(case, received.number)
        _tag(case, received.number)
        bring_people(case.desk, case.known, case.mail, received.number, requester=person.address, opening=False)
    return Placed(received.number, received.message_id)


def _returned(case: Case) -> Placed:
    """A bounce or complaint is filed in the ticket of the mail it is about; nobody is told by mail."""
    if case.decision.ticket is None:
        return NOWHERE
    sender = case.mail.sender or next(iter(case.mail.from_all), Address("", "Mail delivery system"))
    message_id = messages.add(case.desk, case.decision.ticket, _message(case, sender, None), archive=case.archive)
    if case.decision.decision == "bounce":
        bounces.mark(case.desk, case.mail, ticket=case.decision.ticket, message_id=case.decision.message)
    else:
        data = {"message": message_id, "complaint": True}
        events.record(case.desk, SYSTEM, Verb.AUTOMATIC, ticket=case.decision.ticket, data=data)
    return Placed(case.decision.ticket, message_id)


def _hold(case: Case) -> Placed:
    box = case.known.boxes.get(case.reading.received.mailbox_id or 0)
    department_id = case.decision.department_id or (box.own.department_id if box is not None else None)
    held = {
        Quarantine.department_id: department_id,
        Quarantine.reason: (case.decision.held or Held.UNPROCESSABLE).value,
        Quarantine.detail: case.decision.evidence[:1000] or case.decision.reason[:1000],
        Quarantine.state: "held",
        Quarantine.at: case.desk.now(),
    }
    Quarantine.insert({Quarantine.incoming_id: case.reading.received.ledger_id, **held}).on_conflict(
        conflict_target=[Quarantine.incoming_id], update=held
    ).execute()
    if case.decision.held is Held.TOO_LARGE and box is not None:
        _answer(case, box.own.mailbox_id, limit=box.max_size)
    return NOWHERE


def _refuse(case: Case) -> Placed:
    _answer(case, case.decision.mailbox_id)
    return NOWHERE


def _answer(case: Case, mailbox_id: int | None, *, limit: int | None = None) -> None:
    """Tell the sender, once and within MAIL-22, where the decision says that a person waits for that."""
    sender = case.mail.sender
    if not case.decision.answer or sender is None or mailbox_id is None or case.archive:
        return
    received_at = case.reading.received.received_at
    notices.refusal(
        case.desk, sender.address, mailbox_id=mailbox_id, mail_id=case.mail.message_id, received_at=received_at,
        limit=limit,
    )  # fmt: skip


_ACTS: Mapping[str, Callable[[Case], Placed]] = {
    "open": _open,
    "add": _add,
    "bounce": _returned,
    "complaint": _returned,
    "quarantine": _hold,
    "refuse": _refuse,
}


def _requester(case: Case) -> Address:
    named = case.decision.requester
    if named is not None:
        return Address(named)
    box = case.known.boxes.get(case.reading.received.mailbox_id or 0)
    forged = sender_proven(case.mail.headers, box.trust_headers_from if box is not None else None) is False
    return requester(case.mail, case.known.policy.own, () if forged else case.known.agents)


def _writer(case: Case) -> Address:
    """Who speaks in a ticket that is there already: the sender, who takes part in it, never whom Reply-To names."""
    return case.mail.sender or requester(case.mail, case.known.policy.own)


def _contact(case: Case, person: Address) -> int:
    return contacts.known_or_new(case.desk, person.address, name=person.name, language=_language(case.mail))


def _actor(person: Address, contact_id: int) -> Actor:
    return Actor("contact", contact_id, person.address.casefold(), person.name)


def _message(case: Case, person: Address, contact_id: int | None) -> NewMessage:
    mail, box = case.mail, case.known.boxes.get(case.decision.mailbox_id or case.reading.received.mailbox_id or 0)
    return NewMessage(
        kind="mail",
        direction="in",
        body=mail.text,
        contact_id=contact_id,
        author_name=person.name,
        author_address=person.address.casefold(),
        subject=mail.subject,
        html=mail.html,
        folds=[(fold.kind, fold.first_line, fold.last_line) for fold in _folds(case)],
        mail_id=mail.message_id,
        recipients={
            "to": [entry.address for entry in mail.to],
            "cc": [entry.address for entry in mail.cc],
        },
        automatic=case.decision.automatic,
        sender_proven=sender_proven(mail.headers, box.trust_headers_from if box is not None else None),
        incoming_id=case.reading.received.ledger_id,
        sent_at=mail.date,
        created_at=_own_time(case),
        attachments=_attachments(case),
    )


def _folds(case: Case) -> tuple[Fold, ...]:
    mail = case.mail
    return with_cuts(mail.text, mail.folds, case.decision.cuts) if case.decision.cuts else mail.folds


def _attachments(case: Case) -> tuple[NewAttachment, ...]:
    for kept in case.reading.files:
        case.desk.blobs.name(kept, now=case.desk.now())
    kinds = case.known.refused_kinds
    return tuple(
        NewAttachment(
            each.filename, each.content_type, kept.size, kept.sha256, each.inline, each.content_id,
            withheld=refused(each.filename, each.content_type, kinds),
        )
        for each, kept in zip(case.mail.attachments, case.reading.files, strict=True)
    )  # fmt: skip


def _own_time(case: Case) -> datetime | None:
    """What is imported as an archive keeps its own time (MAIL-9)."""
    return (case.mail.date or case.reading.received.received_at) if case.archive else None


def _language(mail: IncomingMail) -> str | None:
    language = (mail.language or "").partition("-")[0]
    return language if language in LANGUAGES else None


def _remember_ancestors(case: Case, placed: Placed) -> None:
    """A colleague who answers the same older mail is found by it, though that mail never came to us (MAIL-10)."""
    if placed.message is None or case.decision.automatic:
        return
    for mail_id in (*case.mail.references[:1], *case.mail.references[-5:], *case.mail.in_reply_to[:1]):
        messages.remember_id(placed.message, mail_id, ours=False)


def _remember_names(case: Case, number: int) -> None:
    """What the desk that an archive comes from called the ticket: answers to its mails are found by that (MAIL-10)."""
    for tag in foreign_tags(case.mail.subject, case.known.policy.prefix):
        TicketAlias.insert(tag=tag, ticket_id=number, source="mail").on_conflict(
            action="NOTHING", conflict_target=[TicketAlias.tag, TicketAlias.ticket_id]
        ).execute()


def _note_where_it_may_belong(case: Case, placed: Placed, person: Address) -> None:
    other = case.decision.may_belong
    if placed.ticket is None:
        return
    if other is not None:
        Link.insert(ticket_id=placed.ticket, other_id=other, kind=_MAY_BELONG, message_id=placed.message).execute()
        data = {"to": other, "kind": _MAY_BELONG}
        events.record(case.desk, SYSTEM, Verb.LINKED, ticket=placed.ticket, data=data)
    _note_security(case, placed.ticket, person)


def _note_security(case: Case, number: int, person: Address) -> None:
    if case.decision.security is None:
        return
    data = {"what": case.decision.security, "address": person.address, "evidence": case.decision.evidence[:500]}
    if case.decision.may_belong is not None:
        data["named"] = f"#{case.decision.may_belong}"
    events.record(case.desk, SYSTEM, "security", ticket=number, data=data)


def _raise_priority(case: Case, number: int) -> None:
    """MAIL-12: on a reply X-Priority and trusted programs may only raise."""
    wanted = max(Priority(case.decision.priority or 1), _PRIORITIES[case.mail.priority or "normal"] or Priority.LOWEST)
    if wanted is Priority.LOWEST:
        return
    row = Ticket.get(Ticket.id == number)
    if row.priority < wanted:
        Ticket.update(priority=wanted).where(Ticket.id == number).execute()
        data = {"from": Priority(row.priority).key, "to": wanted.key}
        events.record(case.desk, SYSTEM, Verb.PRIORITY, ticket=number, data=data)


def _tag(case: Case, number: int | None) -> None:
    if case.decision.tags and number is not None:
        ticket_fields.tag(case.desk, SYSTEM, number, add=case.decision.tags)


def _called_spam(case: Case) -> bool:
    box = case.known.boxes.get(case.decision.mailbox_id or 0)
    return is_spam(case.mail.headers, box.trust_headers_from if box is not None else None)


def _mark_spam(case: Case, placed: Placed) -> None:
    Ticket.update(spam=True).where(Ticket.id == placed.ticket).execute()
    events.record(case.desk, SYSTEM, Verb.SPAM, ticket=placed.ticket, data={"by": "the mail server"})
