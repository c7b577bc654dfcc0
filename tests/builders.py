"""Departments, people, tickets and messages for tests, in one line each.

Rows are written straight into the tables, so that a test can have any state, also such as no operation would leave.

    build = Builder(desk)
    ann = build.agent("ann@example.org", support="agent")     # makes the department, too
    number = build.ticket("Printer on fire", requester="alice@acme.example", body="Smoke!")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access
from helpdeskctl.store import search
from helpdeskctl.store.tables import (
    Agent,
    Attachment,
    Company,
    Contact,
    ContactAddress,
    Department,
    DepartmentRole,
    Mailbox,
    MailboxAddress,
    Message,
    Participant,
    Row,
    Status,
    Tag,
    Team,
    TeamMember,
    Ticket,
    TicketTag,
)

_BATCH = 500


class Builder:
    """Makes things on one desk. What is named twice is the same thing; everything returns its id."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- departments and agents -----------------------------------------------------------------------------------

    def department(self, key: str = "support", **columns: Any) -> int:
        """A department called like its key."""
        return self._once(Department, {"key": key}, name=key.capitalize(), created_at=self.desk.now(), **columns)

    def personal(self, address: str) -> int:
        """The personal department of an agent (DEP-2)."""
        agent = self.agent(address)
        return self._once(
            Department, {"key": f"agent:{address}"}, name=f"agent:{address}", agent_id=agent, created_at=self.desk.now()
        )

    def agent(self, address: str, *, admin: bool = False, **roles: str) -> int:
        """An agent; `support="lead"` gives a role in that department."""
        name = address.partition("@")[0].capitalize()
        agent = self._once(Agent, {"address": address}, name=name, admin=admin, created_at=self.desk.now())
        for department, role in roles.items():
            self._once(DepartmentRole, {"department_id": self.department(department), "agent_id": agent}, role=role)
        return agent

    def team(self, key: str, *members: str, **roles: str) -> int:
        """A team with its members; `support="agent"` gives it a role in that department."""
        team = self._once(Team, {"key": key}, name=key.capitalize())
        for address in members:
            TeamMember.insert(team_id=team, agent_id=self.agent(address)).on_conflict(
                action="NOTHING", conflict_target=[TeamMember.team_id, TeamMember.agent_id]
            ).execute()
        for department, role in roles.items():
            self._once(DepartmentRole, {"department_id": self.department(department), "team_id": team}, role=role)
        return team

    def actor(self, address: str, *, reason: str | None = None) -> Actor:
        """The agent as an actor, with the roles they have now."""
        return access.agent_actor(self.desk, address, reason=reason)

    def mailbox(self, address: str = "support@example.org", *, department: str = "support", **columns: Any) -> int:
        """A mailbox that could send and receive, at a server that is not there."""
        given = {"imap_url": "imap://mail.invalid", "smtp_url": "smtp://mail.invalid"} | columns
        mailbox = self._once(
            Mailbox,
            {"address": address},
            department_id=self.department(department),
            created_at=self.desk.now(),
            **given,
        )
        MailboxAddress.insert(address=address, mailbox_id=mailbox).on_conflict(
            action="NOTHING", conflict_target=[MailboxAddress.address]
        ).execute()
        return mailbox

    # -- customers ------------------------------------------------------------------------------------------------

    def company(self, key: str) -> int:
        """A company called like its key."""
        return self._once(Company, {"key": key}, name=key.capitalize(), created_at=self.desk.now())

    def contact(self, address: str, *, company: str | None = None, confirmed: bool = True, **columns: Any) -> int:
        """A contact with one address, which is confirmed unless told."""
        known = ContactAddress.get_or_none(ContactAddress.address == address)
        if known is not None:
            return int(known.contact_id)
        given = {"name": address.partition("@")[0].capitalize(), "origin": "mail"} | columns
        contact = self._insert(
            Contact,
            company_id=self.company(company) if company else None,
            created_at=self.desk.now(),
            **given,
        )
        ContactAddress.insert(
            address=address, contact_id=contact, main=True, confirmed_at=self.desk.now() if confirmed else None
        ).execute()
        return contact

    # -- tickets --------------------------------------------------------------------------------------------------

    def status(self, key: str, **columns: Any) -> int:
        """A status by its key; one that is not shipped is made, of kind open unless told."""
        given = {"kind": "open", "clock": "run", "names": {"en": key.capitalize()}} | columns
        return self._once(Status, {"key": key}, **given)

    def ticket(
        self,
        subject: str = "Printer on fire",
        *,
        requester: str = "alice@acme.example",
        department: str = "support",
        status: str = "new",
        body: str = "It is smoking again.",
        **columns: Any,
    ) -> int:
        """A ticket by mail with its first message; `assignee="ada@…"`, `company="acme"` and columns of the table."""
        now = columns.pop("created_at", self.desk.now())
        contact = self.contact(requester)
        company = columns.pop("company", None)
        assignee = columns.pop("assignee", None)
        given = {
            "subject": subject,
            "department_id": self.department(department),
            "status_id": self.status(status),
            "contact_id": contact,
            "requester_address": requester,
            "company_id": self.company(company) if company else None,
            "assignee_id": self.agent(assignee) if assignee else None,
            "origin": "mail",
            **dict.fromkeys(("created_at", "updated_at", "message_at", "waiting_since"), now),
        }
        number = self._insert(Ticket, **given | columns)
        first = self.message(number, body, author=requester, subject=subject, at=now)
        Ticket.update(last_customer_message_id=first).where(Ticket.id == number).execute()
        return number

    def message(
        self,
        number: int,
        body: str = "And another thing.",
        *,
        author: str = "alice@acme.example",
        agent: str | None = None,
        at: datetime | None = None,
        **columns: Any,
    ) -> int:
        """A message of the customer; with `agent`, that agent's reply, or `kind="note", direction="internal"`."""
        given: dict[str, Any] = {"kind": "mail", "direction": "in", "contact_id": self.contact(author)}
        if agent is not None:
            given = {"kind": "reply", "direction": "out", "agent_id": self.agent(agent)}
        address = agent or author
        given |= {"author_address": address, "author_name": address.partition("@")[0].capitalize()} | columns
        message = self._insert(Message, ticket_id=number, body=body, created_at=at or self.desk.now(), **given)
        self._index(message, number, f"{given.get('subject', '')}\n{body}\n{given['author_name']}\n{address}")
        return message

    def note(self, number: int, body: str, *, agent: str) -> int:
        """An internal note."""
        return self.message(number, body, agent=agent, kind="note", direction="internal")

    def attachment(self, message: int, filename: str = "photo.jpg", data: bytes = b"bytes", **columns: Any) -> int:
        """A file on a message, its bytes in the blob store."""
        sha256 = self.desk.blobs.put(data, now=self.desk.now())
        given = {"content_type": "image/jpeg", "size": len(data), "sha256": sha256} | columns
        return self._insert(Attachment, message_id=message, filename=filename, **given)

    def participant(self, number: int, address: str, **columns: Any) -> int:
        """A contact that takes part in the ticket."""
        return self._insert(Participant, ticket_id=number, contact_id=self.contact(address), **columns)

    def tag(self, number: int, key: str) -> None:
        """A tag on the ticket."""
        TicketTag.insert(ticket_id=number, tag_id=self._once(Tag, {"key": key})).execute()

    # -- by the thousand ------------------------------------------------------------------------------------------

    def many_tickets(
        self,
        count: int,
        *,
        departments: Iterable[str] = ("support", "billing"),
        messages: int = 1,
        words: Iterable[str] = ("printer", "invoice", "login", "contract"),
        **columns: Any,
    ) -> range:
        """`count` tickets of 50 requesters, a minute apart, each with so many messages, in few statements.

        Statuses, departments and subjects take turns. Returns the numbers.
        """
        contacts = [self.contact(f"customer{n}@many.example") for n in range(50)]
        places = [self.department(key) for key in departments]
        states = [row.id for row in Status.select(Status.id).order_by(Status.id)]
        subjects = [f"{word.capitalize()} trouble" for word in words]
        start = self.desk.now() - timedelta(minutes=count)

        def row(n: int) -> Mapping[str, Any]:
            at = start + timedelta(minutes=n)
            return {
                "subject": f"{subjects[n % len(subjects)]} {n}",
                "department_id": places[n % len(places)],
                "status_id": states[n % len(states)],
                "contact_id": contacts[n % 50],
                "requester_address": f"customer{n % 50}@many.example",
                "origin": "mail",
                "priority": 1 + n % 5,
                **dict.fromkeys(("created_at", "updated_at", "message_at", "waiting_since"), at),
            } | columns

        with self.desk.database.orm.atomic():
            before = Ticket.select().count() and max(
                t.id for t in Ticket.select(Ticket.id).order_by(-Ticket.id).limit(1)
            )
            self._in_batches(Ticket, [row(n) for n in range(count)])
            found = [t.id for t in Ticket.select(Ticket.id).where(Ticket.id > before).order_by(Ticket.id)]
            self._many_messages(found, subjects, contacts, messages, start)
        return range(found[0], found[-1] + 1)

    def _many_messages(
        self, numbers: list[int], subjects: list[str], contacts: list[int], each: int, start: datetime
    ) -> None:
        rows = [
            {
                "ticket_id": number,
                "kind": "mail",
                "direction": "in",
                "contact_id": contacts[at % 50],
                "author_address": f"customer{at % 50}@many.example",
                "subject": f"{subjects[at % len(subjects)]} {at}",
                "body": f"Message {n} about {subjects[at % len(subjects)]} number {at}.",
                "created_at": start + timedelta(minutes=at),
            }
            for n in range(each)
            for at, number in enumerate(numbers)
        ]
        self._in_batches(Message, rows)
        lying = Ticket.select(Ticket.id, Ticket.department_id).where(Ticket.id >= numbers[0])
        places = {ticket.id: ticket.department_id for ticket in lying}
        written = Message.select(Message.id, Message.ticket_id, Message.body).where(Message.ticket_id >= numbers[0])
        for message in list(written):
            search.index_message(
                self.desk.database,
                message_id=message.id,
                ticket_id=message.ticket_id,
                department_id=places[message.ticket_id],
                text=message.body,
            )

    # -- below ----------------------------------------------------------------------------------------------------

    def _index(self, message: int, number: int, text: str) -> None:
        department = Ticket.select(Ticket.department_id).where(Ticket.id == number).get().department_id
        search.index_message(
            self.desk.database, message_id=message, ticket_id=number, department_id=department, text=text
        )

    def _once(self, table: type[Row], key: Mapping[str, Any], **columns: Any) -> int:
        found: Any = table.get_or_none(**key)
        return int(found.id) if found is not None else self._insert(table, **key, **columns)

    def _insert(self, table: type[Row], **columns: Any) -> int:
        return int(table.insert(**columns).execute())

    def _in_batches(self, table: type[Row], rows: list[Any]) -> None:
        for at in range(0, len(rows), _BATCH):
            table.insert_many(rows[at : at + _BATCH]).execute()


def contact_of(address: str) -> Contact:
    """The contact, as stored now, who has an address."""
    return Contact.get(Contact.id == ContactAddress.get(ContactAddress.address == address).contact_id)
