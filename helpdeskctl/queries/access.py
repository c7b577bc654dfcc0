"""Actors as the database knows them, and the permission table as a WHERE clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor, Role, Scope, TicketFacts, strongest
from helpdeskctl.errors import NotFound, NotPermitted
from helpdeskctl.store import compiled, prepared
from helpdeskctl.store.orm import SQL, Expression
from helpdeskctl.store.tables import (
    Agent,
    Contact,
    ContactAddress,
    Department,
    DepartmentRole,
    Participant,
    Status,
    TeamMember,
    Ticket,
)

Condition = Expression | SQL
FACTS: tuple[Any, ...] = (
    Ticket.id, Ticket.department_id, Ticket.contact_id, Ticket.requester_address, Ticket.company_id, Ticket.portal,
    Ticket.customer_may_close, Ticket.billed, Ticket.spam, Ticket.proven,
    Department.agent_id.alias("personal_agent_id"), Status.hidden.alias("status_hidden"),
)  # fmt: skip
"""What the permission table goes by, of a ticket joined to its department and status."""


def agent_actor(desk: Desk, address: str, *, reason: str | None = None) -> Actor:
    """The agent with this address, with all roles. NotFound, or NotPermitted when inactive."""
    row = Agent.get_or_none(Agent.address == address.casefold())
    if row is None:
        raise NotFound(f'no agent "{address}"', hint="helpdeskctl agent list", subject=f"agent/{address}")
    if not row.active:
        raise NotPermitted(f"agent {row.address} is not active", subject=f"agent/{row.address}")
    personal = Department.select(Department.id).where(Department.agent_id == row.id).tuples().first()
    return Actor(
        "agent",
        row.id,
        row.address,
        row.name,
        admin=row.admin,
        roles=roles(row.id),
        personal=personal[0] if personal else None,
        reason=reason,
        language=row.language,
        timezone=row.timezone,
    )


def roles(agent_id: int) -> dict[int, Role]:
    """Department id -> strongest role of an agent, own or through a team; in a personal one nobody has a role."""
    teams = TeamMember.select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)
    rows = (
        DepartmentRole.select(DepartmentRole.department_id, DepartmentRole.role)
        .join(Department, on=(Department.id == DepartmentRole.department_id))
        .where((DepartmentRole.agent_id == agent_id) | DepartmentRole.team_id.in_(teams), Department.agent_id.is_null())
    )
    found: dict[int, list[Role]] = {}
    for row in rows:
        found.setdefault(row.department_id, []).append(Role(row.role))
    return {department: strongest(several) for department, several in found.items()}


def contact_actor(desk: Desk, contact_id: int) -> Actor:
    """A customer with the addresses that are confirmed. NotFound when there is no such contact."""
    row = prepared.one(Contact, id=contact_id)
    if row is None or row.merged_into_id is not None:
        raise NotFound("no such contact", subject=f"contact/{contact_id}")
    return actor_of(row)


def actor_of(row: Contact) -> Actor:
    """The same for a contact that was read already and is no merged one."""
    return actor_with(row, prepared.every(ContactAddress, contact_id=row.id))


def actor_with(row: Any, addresses: Sequence[Any]) -> Actor:
    """The same with the addresses, which were read already, too."""
    main = next((a.address for a in addresses if a.main), row.name)
    return Actor(
        "contact",
        row.id,
        main,
        row.name,
        addresses=frozenset(a.address for a in addresses if a.confirmed_at is not None),
        company_id=row.company_id if row.main_contact else None,
        language=row.language or "en",
        timezone=row.timezone or "UTC",
    )


def ticket_facts(desk: Desk, number: int) -> TicketFacts:
    """What the permission table needs to know of one ticket. NotFound when it does not exist."""
    row = compiled.first(_facts, number)
    if row is None:
        raise NotFound(f"no ticket #{number}", hint="helpdeskctl ticket list", subject=f"ticket/{number}")
    return facts_of(row)


def facts_of(row: Any) -> TicketFacts:
    """The same of a row that was read already, with all `FACTS`."""
    people = compiled.rows(_people, row.id)
    return TicketFacts(
        row.id,
        row.department_id,
        row.personal_agent_id,
        row.contact_id,
        row.requester_address,
        row.company_id,
        participants=frozenset(p.contact_id for p in people if p.contact_id),
        viewers=frozenset(p.contact_id for p in people if p.contact_id and p.may_view),
        status_hidden=bool(row.status_hidden),
        portal=row.portal,
        may_close=row.customer_may_close,
        billed=row.billed,
        spam=row.spam,
        proven=row.proven,
    )


def _facts(number: int) -> Any:
    return (
        Ticket.select(*FACTS)
        .join(Department, on=(Department.id == Ticket.department_id))
        .join(Status, on=(Status.id == Ticket.status_id))
        .where(Ticket.id == number)
    )


def _people(number: int) -> Any:
    return Participant.select(Participant.contact_id, Participant.may_view).where(
        Participant.ticket_id == number, Participant.state == "active", Participant.contact_id.is_null(False)
    )


def within(scope: Scope) -> Condition:
    """`scope` as a condition on `Ticket`: what a list shows, the detail opens, and nothing else."""
    return _CONDITIONS[scope.kind](scope)


def visible(actor: Actor, action: Action = Action.SEE) -> Condition:
    """The tickets to which `actor` may do `action`, as a condition on `Ticket`."""
    return within(permissions.scope(actor, action))


def _common(scope: Scope) -> Condition:
    foreign = Department.select(Department.id).where(
        Department.agent_id.is_null(False), Department.agent_id != scope.personal_of
    )
    return Ticket.department_id.not_in(foreign)


def _customers(scope: Scope) -> Condition:
    """Three ways to a ticket, each by its own index; as alternatives in one WHERE Postgres would read every ticket."""
    theirs: Any = Ticket.alias()
    ways = theirs.select(theirs.id).where(
        theirs.contact_id == scope.contact_id, theirs.requester_address.in_(sorted(scope.addresses))
    )
    ways = ways.union_all(
        Participant.select(Participant.ticket_id).where(
            Participant.contact_id == scope.contact_id, Participant.state == "active", Participant.may_view == 1
        )
    )
    if scope.company_id is not None:
        companys: Any = Ticket.alias()
        ways = ways.union_all(companys.select(companys.id).where(companys.company_id == scope.company_id))
    return Ticket.id.in_(ways) & _shown_to_customers()


def _shown_to_customers() -> Condition:
    hidden = Status.select(Status.id).where(Status.hidden == 1)
    return (Ticket.portal == 1) & (Ticket.proven == 1) & (Ticket.spam == 0) & Ticket.status_id.not_in(hidden)


_CONDITIONS: Mapping[str, Callable[[Scope], Condition]] = {
    "all": lambda scope: SQL("1 = 1"),
    "nothing": lambda scope: SQL("1 = 0"),
    "common": _common,
    "departments": lambda scope: Ticket.department_id.in_(sorted(scope.departments)),
    "link": lambda scope: (Ticket.id == scope.ticket) & _shown_to_customers(),
    "customer": _customers,
}
