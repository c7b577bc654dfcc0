"""What the rules of incoming mail need to know: once a run what the desk has decided, then a few queries a mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Kind, reopening
from helpdeskctl.domain.permissions import Action, may
from helpdeskctl.domain.references import INSTALLATION_HEADER, TokenKeys, foreign_tags, in_message_id, tagged_numbers
from helpdeskctl.mail import named
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.facts import (
    NOBODY,
    DepartmentPolicy,
    Facts,
    Known,
    Named,
    Own,
    Part,
    Policy,
    Sender,
    Ticket,
)
from helpdeskctl.mail.verdicts import sender_proven
from helpdeskctl.queries import access, rules, settings
from helpdeskctl.queries.intake_lately import lately
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.orm import JOIN
from helpdeskctl.store.tables import (
    Agent,
    Block,
    Department,
    Mailbox,
    MailboxAddress,
    Message,
    MessageReference,
    Status,
    TicketAlias,
    TicketType,
    Topic,
)
from helpdeskctl.store.tables import (
    IncomingMail as LedgerRow,
)
from helpdeskctl.store.tables import (
    Ticket as TicketRow,
)

_REFUSED_KINDS = "attachment_types_refused"
_MOST_ALIASES = 50
_CONTACT = "SELECT c.id, c.merged_into_id, c.company_id, c.main_contact, c.mail_tickets, c.language FROM contact c"
_BY_ID = f"{_CONTACT} WHERE c.id = ?"
_BY_ADDRESS = f"{_CONTACT} JOIN contact_address a ON a.contact_id = c.id WHERE a.address = ?"
# Anybody can give many mails one Message-ID, or have many answer one: of each those in tickets of the sender, then
# the oldest, which were there before anybody could copy their id.
_MESSAGES_OF_IDS = (
    "SELECT id_sha256, ours, id, ticket_id, mail_id FROM"
    " (SELECT r.id_sha256, r.ours, m.id, m.ticket_id, m.mail_id, ROW_NUMBER() OVER (PARTITION BY r.id_sha256"
    " ORDER BY CASE WHEN t.contact_id = ? OR EXISTS (SELECT 1 FROM participant p WHERE p.ticket_id = t.id"
    " AND p.contact_id = ? AND p.state = 'active') THEN 0 ELSE 1 END, m.id) AS place"
    " FROM message_reference r JOIN message m ON m.id = r.message_id JOIN ticket t ON t.id = m.ticket_id"
    " WHERE r.id_sha256 IN ({})) alike WHERE place <= ? ORDER BY id DESC"
)
_MOST_ALIKE = 20  # messages of one Message-ID
_ACTIVE = (
    "SELECT ticket_id FROM participant WHERE ticket_id IN ({}) AND state = 'active'"
    " AND (contact_id = ? OR agent_id = ?)"
)


@dataclass(frozen=True, slots=True)
class Box:
    """A receiving mailbox as intake needs it. `after` is what happens on the server once a mail is stored.

    `holds_large`: what is larger than `max_size` waits in quarantine; else it stays on the server.
    """

    own: Own
    max_size: int
    after: str
    trust_headers_from: str | None
    holds_large: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for all mail of a run: policy, keys, mailboxes by id, active agents by address.

    `refused_kinds`: files of these kinds are kept and not handed out.
    """

    policy: Policy
    keys: TokenKeys
    boxes: Mapping[int, Box] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    refused_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the door knows of a mail: the mailbox it came in by, its size, and whether the ledger knows it already.

    `received_at` is None for mail whose time counts for nothing, as in an archive.
    """

    mailbox_id: int | None = None
    size: int = 0
    identity: str | None = None
    first: bool = True
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Person:
    """The contact and agent behind an address."""

    sender: Sender = NOBODY
    agent_id: int | None = None
    address: str = ""
    main_of: int | None = None  # the company whose main contact this is


def standing(desk: Desk, *, waived: frozenset[str] = frozenset()) -> Standing:
    """Read what the desk has decided: settings, departments, mailboxes, agents, blocks."""
    values = settings.several(desk, "ticket_prefix", "duplicates", "sender_tickets", "sender_minutes", _REFUSED_KINDS)
    boxes = {row.id: _box(row) for row in Mailbox.select()}
    listed: dict[tuple[str, bool], list[str]] = {}
    for row in Block.select():
        listed.setdefault((row.kind, bool(row.allow)), []).append(row.value.casefold())
    policy = Policy(
        installation=desk.config.installation,
        prefix=values["ticket_prefix"],
        one_ticket=values["duplicates"] == "one_ticket",
        own={row.address: boxes[row.mailbox_id].own for row in MailboxAddress.select()},
        departments={row.id: _department(row) for row in Department.select()},
        blocked_addresses=frozenset(listed.get(("address", False), ())),
        blocked_domains=frozenset(listed.get(("domain", False), ())),
        blocked_subjects=tuple(listed.get(("subject", False), ())),
        allowed_addresses=frozenset(listed.get(("address", True), ())),
        allowed_domains=frozenset(listed.get(("domain", True), ())),
        most_opened=values["sender_tickets"],
        opened_within=values["sender_minutes"],
        types={row.key: row.id for row in TicketType.select(TicketType.key, TicketType.id)},
        topics={row.key: row.id for row in Topic.select(Topic.key, Topic.id)},
        rules=rules.for_mail(desk),
        waived=waived,
    )
    agents = {row.address: row.id for row in Agent.select(Agent.address, Agent.id).where(Agent.active == 1)}
    return Standing(policy, token_keys(desk), boxes, agents, values[_REFUSED_KINDS])


def token_keys(desk: Desk) -> TokenKeys:
    """The keys by which our Message-IDs are signed."""
    return TokenKeys(desk.keys.current, desk.keys.derived("message-id"))


def gather(desk: Desk, known: Standing, mail: IncomingMail, arrival: Arrival) -> Facts:
    """The facts of one mail. A stranger's first mail costs one query, an answer three or four."""
    box = known.boxes.get(arrival.mailbox_id) if arrival.mailbox_id is not None else None
    own = box.own if box is not None else None
    if not arrival.first and (twin := _known(mail, arrival)):
        return Facts(mailbox=own, known=twin)
    person = _person(desk, known, mail.sender.address) if mail.sender else _Person()
    tokens = tuple(Named(t.ticket, t.message, evidence) for t, evidence in named.tokens(mail, known.keys))
    stored = _stored(desk, mail, person)
    references = tuple(_named(named.answered_ids(mail), stored))
    returned = (
        *(Named(t.ticket, t.message, evidence) for t, evidence in named.signed(named.returned_ids(mail), known.keys)),
        *(each for each in _named(named.returned_ids(mail), stored) if each.ours),
    )
    answered = {each.ticket for each in (*tokens, *references)}
    aliases: tuple[Named, ...] = ()
    if "#" in mail.subject:
        aliases = _aliases(mail.subject, known.policy.prefix)
        answered.update(tagged_numbers(mail.subject, known.policy.prefix), (each.ticket for each in aliases))
    numbers = answered.union(each.ticket for each in returned)  # a mail that brings one of ours back answers nothing
    tickets = _tickets(desk, numbers, person) if numbers else {}
    takes_part = any(t.part is not None and t.closed_for_good is None for t in map(tickets.get, answered) if t)
    contact_id = None if takes_part else person.sender.contact_id
    opened, repeated = lately(desk, known.policy, contact_id, mail, arrival.received_at)
    return Facts(
        mailbox=own,
        size=arrival.size,
        max_size=box.max_size if box is not None else None,
        own_message_id=mail.message_id is not None and in_message_id(mail.message_id, known.keys) is not None,
        sender=person.sender,
        tokens=tokens,
        references=references,
        returned=returned,
        aliases=aliases,
        tickets=tickets,
        proven=sender_proven(mail.headers, box.trust_headers_from if box is not None else None),
        opened=opened,
        repeated=repeated,
    )


def _box(row: Mailbox) -> Box:
    own = Own(row.id, row.department_id, row.address, bool(row.catch_all), bool(row.trusted))
    return Box(own, row.max_size, row.after, row.trust_headers_from, row.too_large == "quarantine")


def _department(row: Any) -> DepartmentPolicy:
    return DepartmentPolicy(row.key, row.unknown_senders, row.archived_at is not None)


def _known(mail: IncomingMail, arrival: Arrival) -> Known | None:
    """The ledger's first row of this identity, and the departments whose tickets hold a copy of the mail."""
    # A mail that bears the mark of a desk is judged by that before it is the copy of one that is not judged yet.
    marked = mail.headers.raw(INSTALLATION_HEADER) is not None
    settled = LedgerRow.state.not_in(("received", "failed")) if marked else LedgerRow.id > 0
    first = (
        LedgerRow.select(LedgerRow.id, LedgerRow.ticket_id, Mailbox.department_id)
        .join(Mailbox, JOIN.LEFT_OUTER, on=(Mailbox.id == LedgerRow.mailbox_id))
        .where(LedgerRow.identity == arrival.identity, LedgerRow.first == 1, settled)
        .tuples()
        .first()
    )
    if first is None:
        return None
    ledger_id, _, department_id = first
    departments = {department_id} if department_id is not None else set()
    if mail.message_id is not None:
        copies: Iterable[Any] = (
            Message.select(TicketRow.department_id)
            .join(MessageReference, on=(MessageReference.message_id == Message.id))
            .join(LedgerRow, on=(LedgerRow.id == Message.incoming_id))
            .join(TicketRow, on=(TicketRow.id == Message.ticket_id))
            .where(MessageReference.id_sha256 == _hash(mail.message_id), LedgerRow.identity == arrival.identity)
            .tuples()
        )
        departments.update(department for (department,) in copies)
    return Known(ledger_id, frozenset(departments))


def _person(desk: Desk, known: Standing, address: str) -> _Person:
    address = address.casefold()
    agent_id = known.agents.get(address)
    found = desk.database.execute(_BY_ADDRESS, (address,)).fetchone()
    while found is not None and found[1] is not None:
        found = desk.database.execute(_BY_ID, (found[1],)).fetchone()
    if found is None:
        return _Person(Sender(agent=agent_id is not None), agent_id, address)
    contact_id, _, company_id, main_contact, mail_tickets, language = found
    return _Person(
        Sender(contact_id, agent_id is not None, bool(mail_tickets), language),
        agent_id,
        address,
        company_id if main_contact else None,
    )


def _aliases(subject: str, prefix: str) -> tuple[Named, ...]:
    """The tickets that a desk which moved in here called as the subject says, the newest first."""
    tags = foreign_tags(subject, prefix)
    if not tags:
        return ()
    rows = (
        TicketAlias.select()
        .where(TicketAlias.tag.in_(tags))
        .order_by(TicketAlias.ticket_id.desc())
        .limit(_MOST_ALIASES)
    )
    return tuple(Named(row.ticket_id, 0, f"Subject: {subject}") for row in rows)


def _hash(mail_id: str) -> str:
    return hashlib.sha256(mail_id.strip().encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Stored:
    ticket: int
    message: int
    ours: bool
    direct: bool  # the message's own id, not one that it answers


def _stored(desk: Desk, mail: IncomingMail, person: _Person) -> Mapping[str, list[_Stored]]:
    """Message-IDs named in the mail -> the messages that have them."""
    ids = {mail_id for mail_id, _ in named.returned_ids(mail)}
    if not ids:
        return {}
    by_hash = {_hash(mail_id): mail_id for mail_id in ids}
    marks = ", ".join("?" * len(by_hash))
    contact_id = person.sender.contact_id or 0
    given = (contact_id, contact_id, *by_hash, _MOST_ALIKE)
    rows = desk.database.execute(_MESSAGES_OF_IDS.format(marks), given).fetchall()
    found: dict[str, list[_Stored]] = {}
    for id_sha256, ours, message, ticket, own_id in rows:
        mail_id = by_hash[id_sha256]
        found.setdefault(mail_id, []).append(_Stored(ticket, message, bool(ours), own_id == mail_id))
    return found


def _named(ids: Iterable[tuple[str, str]], stored: Mapping[str, list[_Stored]]) -> Iterator[Named]:
    """The stored messages behind `ids` in their order; those that only share an ancestor come last."""
    matches = [(each, f"{header}: {mail_id}") for mail_id, header in ids for each in stored.get(mail_id, ())]
    for direct in (True, False):
        for each, evidence in matches:
            if each.direct is direct:
                yield Named(each.ticket, each.message, evidence, each.ours)


def _tickets(desk: Desk, numbers: set[int], person: _Person) -> Mapping[int, Ticket]:
    """The tickets of these numbers, each with its survivor and how the person takes part in that."""
    rows: dict[int, Any] = {}
    wanted = {number for number in numbers if number < 2**63}
    while wanted:
        for row in _ticket_rows(wanted):
            rows[row.id] = row
        wanted = {row.merged_into_id for row in rows.values() if row.merged_into_id} - rows.keys()
    survivors = {number: _survivor(rows, number) for number in numbers & rows.keys()}
    parts = _parts(desk, [rows[number] for number in set(survivors.values())], person)
    return {
        number: Ticket(number, last, parts.get(last), _closed_for_good(desk, rows[last]), rows[last].department_id)
        for number, last in survivors.items()
    }


def _ticket_rows(numbers: Iterable[int]) -> Iterator[TicketRow]:
    for number in numbers:
        if (row := prepared.one(TicketRow, id=number)) is not None:
            yield row


def _survivor(rows: Mapping[int, Any], number: int) -> int:
    while (merged := rows[number].merged_into_id) is not None:
        number = merged
    return number


def _closed_for_good(desk: Desk, row: Any) -> str | None:
    if row.billed:
        return "is billed"
    if steady.the(desk.database, Status, row.status_id).kind != Kind.CLOSED:
        return None
    closed_at = row.closed_at or row.updated_at
    reopen = steady.the(desk.database, Department, row.department_id).reopen
    if reopening(reopen, closed_at=closed_at, now=desk.now()) == "reopen":
        return None
    return f"was closed on {closed_at:%Y-%m-%d}, too long ago to reopen"


def _parts(desk: Desk, tickets: list[Any], person: _Person) -> Mapping[int, Part]:
    """Ticket number -> how the person takes part (mail.md). To be in the same company is not enough."""
    if not person.sender.known:
        return {}
    people = _participating(desk, [ticket.id for ticket in tickets], person)
    parts: dict[int, Part] = {}
    for ticket in tickets:
        if person.sender.contact_id is not None and ticket.contact_id == person.sender.contact_id:
            parts[ticket.id] = "requester"
        elif ticket.id in people:
            parts[ticket.id] = "participant"
        elif person.main_of is not None and ticket.company_id == person.main_of:
            parts[ticket.id] = "main contact"
        elif person.agent_id is not None and _may_reply(desk, ticket.id, person):
            parts[ticket.id] = "agent"
    return parts


def _participating(desk: Desk, numbers: list[int], person: _Person) -> set[int]:
    marks = ", ".join("?" * len(numbers))
    who = (person.sender.contact_id, person.agent_id)
    return {number for (number,) in desk.database.execute(_ACTIVE.format(marks), (*numbers, *who)).fetchall()}


def _may_reply(desk: Desk, number: int, person: _Person) -> bool:
    actor = access.agent_actor(desk, person.address)
    return may(actor, Action.REPLY, access.ticket_facts(desk, number)).allowed
