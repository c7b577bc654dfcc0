"""The ticket's life: opened, spoken to by the customer, taken, assigned, closed, reopened (TIC-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Act, Kind, Policy, Verb, after, reopening
from helpdeskctl.domain.permissions import SYSTEM, Action, Actor, Role
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import events, messages, notices
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.queries import access
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Agent, Contact, Department, Link, Status, Team, Ticket, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """A ticket about to be opened. What is None comes from the topic, then the department (DEP-7).

    `origin` is mail, portal, phone, agent or import. An `archive` ticket keeps its own time and starts nothing.
    """

    subject: str
    department_id: int
    contact_id: int
    requester_address: str
    origin: str
    mailbox_id: int | None = None
    priority: int | None = None
    type_id: int | None = None
    topic_id: int | None = None
    language: str | None = None
    status: str | None = None
    proven: bool = True
    created_at: datetime | None = None
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket's number and the id of its first message."""

    number: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Received:
    """Where a customer's message went: the ticket, the message, whether it reopened, what it follows up on."""

    number: int
    message_id: int
    reopened: bool = False
    follows: int | None = None


_BIRTH = {"phone": Act.CREATED_BY_PHONE, "agent": Act.CREATED_BY_AGENT}


@transaction
def open_ticket(desk: Desk, actor: Actor, new: NewTicket, first: NewMessage) -> Opened:
    """Open a ticket with its first message. Refused when the department is archived."""
    department = steady.the(desk.database, Department, new.department_id)
    if department.archived_at is not None:
        raise Refused(
            f'department "{department.key}" is archived',
            hint=f"helpdeskctl department unarchive {department.key}",
            subject=f"department/{department.key}",
        )
    change = after(_BIRTH.get(new.origin, Act.CREATED_BY_CUSTOMER), Kind.NEW, Policy())
    status = rows.status_row(new.status) if new.status else rows.status_of_kind(desk, change.to or Kind.NEW)
    at = new.created_at or desk.now()
    columns = _columns(new, department, status, at)
    number = prepared.insert(Ticket, **columns)
    events.record(desk, actor, Verb.CREATED, ticket=number, data={"department": department.key, "origin": new.origin})
    first = replace(first, subject=first.subject or new.subject, created_at=first.created_at or new.created_at)
    row = Ticket(id=number, **columns)
    return Opened(number, messages.add(desk, number, first, archive=new.archive, ticket=row))


@transaction
def customer_message(desk: Desk, actor: Actor, number: int, new: NewMessage) -> Received:
    """A customer's message for a ticket, by mail or portal; the rights are the caller's to have asked.

    Goes to the survivor of a merge. A closed or billed ticket is reopened or followed up by a linked new one, as its
    department says (TIC-7, TIC-8). Automatic mail is filed and changes nothing.
    """
    ticket = rows.locked(desk, rows.survivor(number))
    if new.automatic:
        message_id = messages.add(desk, ticket.id, new, ticket=ticket)
        events.record(desk, actor, Verb.AUTOMATIC, ticket=ticket.id, data={"message": message_id})
        return Received(ticket.id, message_id)
    closed = steady.the(desk.database, Status, ticket.status_id).kind == Kind.CLOSED
    if goes_on_elsewhere(desk, ticket):
        return _follow_up(desk, actor, ticket, new)
    message_id = messages.add(desk, ticket.id, new, ticket=ticket)
    events.record(desk, actor, Verb.MESSAGE, ticket=ticket.id, data={"message": message_id})
    rows.follow(desk, actor, ticket, Act.CUSTOMER_MESSAGE)
    return Received(ticket.id, message_id, reopened=closed)


@transaction
def take(desk: Desk, actor: Actor, number: int, *, if_last: int | None = None, notify: bool | None = None) -> Change:
    """TIC-6: assign to the actor, set In progress, tell the contact (OUT-3)."""
    ticket = rows.begin(desk, actor, number, if_last=if_last)
    if actor.kind != "agent":
        raise Refused("only an agent can take a ticket", hint="--as AGENT")
    before = ticket.assignee_id
    rows.write(desk, ticket, assignee_id=actor.id)
    opened = rows.follow(desk, actor, ticket, Act.TAKE).to is not None
    if before == actor.id and not opened:
        return changed(number)
    events.record(desk, actor, Verb.TAKEN, ticket=number, data={"from": _label(before), "to": actor.label})
    if before != actor.id or notify:  # they know who has it
        notices.tell(desk, actor, number, "taken", notify=notify)
    return changed(number, "assignee", *(["status"] if opened else []))


@transaction
def assign(desk: Desk, actor: Actor, number: int, to: str, *, if_last: int | None = None) -> Change:
    """Assign to `me`, `nobody`, an agent's address or `team:KEY`. The status stays.

    NotFound for an unknown agent or team, Refused for one without a role in the department.
    """
    ticket = rows.begin(desk, actor, number, if_last=if_last)
    before = (ticket.assignee_id, ticket.team_id)
    agent_id, team_id = _target(actor, to)
    if agent_id is not None:
        refuse_without_role(agent_id, ticket.department_id)
    if before == (agent_id, team_id):
        return changed(number)
    words = {"from": _label(before[0]) or _team(before[1]), "to": _label(agent_id) or _team(team_id)}
    rows.write(desk, ticket, assignee_id=agent_id, team_id=team_id)
    events.record(desk, actor, Verb.ASSIGNED, ticket=number, data=words)
    return changed(number, "assignee" if team_id is None and before[1] is None else "team")


@transaction
def set_status(
    desk: Desk, actor: Actor, number: int, status: str, *, if_last: int | None = None, notify: bool | None = None
) -> Change:
    """Put the ticket into the status called `status`."""
    to = rows.status_row(status)
    ticket = rows.begin(desk, actor, number, Action.CHANGE, if_last=if_last)
    if not rows.enter(desk, actor, ticket, to):
        return changed(number)
    notices.tell(desk, actor, number, "closed" if to.kind == Kind.CLOSED else "status", notify=notify)
    return changed(number, "status")


@transaction
def close(desk: Desk, actor: Actor, number: int, *, if_last: int | None = None, notify: bool | None = None) -> Change:
    """Close, by an agent or by a customer who may. Closing a closed ticket changes nothing."""
    ticket = rows.begin(desk, actor, number, Action.CLOSE, if_last=if_last)
    if rows.follow(desk, actor, ticket, Act.CLOSE).to is None:
        return changed(number)
    notices.tell(desk, actor, number, "closed", notify=notify)
    return changed(number, "status")


@transaction
def reopen(desk: Desk, actor: Actor, number: int, *, notify: bool | None = None) -> Change:
    """Open again. Agents always may; a customer within the department's days (TIC-7), Refused after that."""
    ticket = rows.begin(desk, actor, number, Action.REOPEN)
    if actor.kind == "contact" and goes_on_elsewhere(desk, ticket):
        raise Refused("this ticket is closed for good; a new request is the way to go on", subject=f"ticket/{number}")
    if rows.follow(desk, actor, ticket, Act.REOPEN).to is None:
        return changed(number)
    notices.tell(desk, actor, number, "status", notify=notify)
    return changed(number, "status")


def goes_on_elsewhere(desk: Desk, ticket: Ticket) -> bool:
    """Whether a customer's message opens a linked new ticket instead (TIC-7, TIC-8)."""
    if ticket.billed:
        return True
    if steady.the(desk.database, Status, ticket.status_id).kind != Kind.CLOSED:
        return False
    policy = steady.the(desk.database, Department, ticket.department_id).reopen
    return reopening(policy, closed_at=ticket.closed_at or ticket.updated_at, now=desk.now()) == "follow_up"


def changed(number: int, *parts: str) -> Change:
    """The change of one ticket in the contract's words; `unchanged` when no part is named."""
    return Change("ticket", str(number), number, "updated" if parts else "unchanged", parts)


def refuse_without_role(agent_id: int, department_id: int) -> None:
    """AGT-1: who is assigned or mentioned needs a role in the department; in a personal one only its owner has it."""
    agent = Agent.get(Agent.id == agent_id)
    department = Department.get(Department.id == department_id)
    if department.agent_id is not None:
        fits = department.agent_id == agent_id
    else:
        fits = agent.admin or access.roles(agent_id).get(department_id) in {Role.AGENT, Role.LEAD}
    if not (agent.active and fits):
        why = "does not work in" if agent.active else "is inactive and cannot work in"
        raise Refused(
            f"{agent.address} {why} {department.key}",
            hint=f"helpdeskctl department member add {department.key} {agent.address}",
            subject=f"agent/{agent.address}",
        )


def _columns(new: NewTicket, department: Department, status: Status, at: datetime) -> dict[str, Any]:
    topic = prepared.the(Topic, new.topic_id) if new.topic_id else None
    given: Sequence[Any] = (topic, department) if topic is not None else (department,)
    contact = prepared.the(Contact, new.contact_id)

    def default(name: str) -> Any:
        return next((value for each in given if (value := getattr(each, name, None)) is not None), None)

    return {
        "subject": new.subject or "(no subject)",
        "department_id": department.id,
        "status_id": status.id,
        "priority": new.priority or default("priority") or 3,
        "assignee_id": default("assignee_id"),
        "team_id": default("team_id"),
        "contact_id": new.contact_id,
        "requester_address": new.requester_address.casefold(),
        "company_id": contact.company_id,
        "type_id": new.type_id or default("type_id"),
        "topic_id": new.topic_id,
        "mailbox_id": new.mailbox_id,
        "language": new.language or contact.language or default("language"),
        "origin": new.origin,
        "proven": new.proven,
        "closed_at": at if status.kind == Kind.CLOSED else None,
        "created_at": at,
        "updated_at": at,
    }


def _follow_up(desk: Desk, actor: Actor, before: Ticket, new: NewMessage) -> Received:
    who = actor.acting_for
    opened = open_ticket(
        desk,
        actor,
        NewTicket(
            subject=new.subject or before.subject,
            department_id=before.department_id,
            contact_id=who.id if who and who.id else new.contact_id or before.contact_id,
            requester_address=who.address if who else new.author_address or before.requester_address,
            origin="portal" if new.kind == "portal" else "mail",
            mailbox_id=before.mailbox_id,
            type_id=before.type_id,
            topic_id=before.topic_id,
            language=before.language,
        ),
        new,
    )
    Link.insert(ticket_id=opened.number, other_id=before.id, kind="follow_up").execute()
    events.record(desk, SYSTEM, Verb.LINKED, ticket=opened.number, data={"to": before.id, "kind": "follow_up"})
    return Received(opened.number, opened.message_id, follows=before.id)


def _target(actor: Actor, to: str) -> tuple[int | None, int | None]:
    """(agent id, team id) of an assignment as people type it."""
    if to == "nobody":
        return None, None
    if to == "me":
        if actor.kind != "agent":
            raise Refused('"me" needs an agent', hint="--as AGENT")
        return actor.id, None
    if to.startswith("team:"):
        team = Team.get_or_none(Team.key == to[5:])
        if team is None:
            raise NotFound(f'no team "{to[5:]}"', hint="helpdeskctl team list", subject=f"team/{to[5:]}")
        return None, team.id
    agent = Agent.get_or_none(Agent.address == to.casefold())
    if agent is None:
        raise NotFound(f'no agent "{to}"', hint="helpdeskctl agent list", subject=f"agent/{to}")
    return agent.id, None


def _label(agent_id: int | None) -> str | None:
    row = Agent.get_or_none(Agent.id == agent_id) if agent_id else None
    return row.address if row else None


def _team(team_id: int | None) -> str | None:
    row = Team.get_or_none(Team.id == team_id) if team_id else None
    return f"team:{row.key}" if row else None
