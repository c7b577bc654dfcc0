"""Who may do what: one table (AGT-1, CON-2, DEP-2, DEP-3).

An actor stands in one or more *relations* to a ticket; `RIGHTS` says what each relation allows. `may` asks it for one
ticket, `scope` describes all tickets an actor sees, for the WHERE clause of lists (`queries/access.py`). A test holds
the two against each other over the whole matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What an agent is in a department, own or by a team; the strongest counts."""

    READER = "reader"
    AGENT = "agent"
    LEAD = "lead"


STRENGTH = {Role.READER: 1, Role.AGENT: 2, Role.LEAD: 3}


class Action(StrEnum):
    """What can be done to a ticket or within a department."""

    SEE = "see"  # public messages, files, status; search and export
    SEE_NOTES = "see notes"
    REPLY = "reply"
    NOTE = "note"
    CHANGE = "change"  # take, assign, every field, tags, merge, split, snooze, move, link, time, people, share
    CLOSE = "close"
    REOPEN = "reopen"
    RATE = "rate"
    PEOPLE = "people"  # add and remove people on the ticket
    MUTE = "mute"  # leave it out of one's own lists, and get no more mail about it
    COLLEAGUES = "colleagues"  # see the company's people, invite them, close the portal to them
    CREATE = "create"
    DELETE = "delete"
    BLOCK = "block"
    RELEASE = "release"  # the department's quarantine
    SET_UP = "set up"  # the department's members, canned replies, signatures, filters


class Relation(StrEnum):
    """How an actor stands to a ticket."""

    SYSTEM = "system"
    ADMIN = "admin"
    OWNER = "owner of the personal department"
    LEAD = "lead"
    AGENT = "agent"
    READER = "reader"
    REQUESTER = "requester"
    MAIN_CONTACT = "main contact"
    VIEWER = "participant who may view"
    PARTICIPANT = "participant"
    DELEGATE = "delegate"
    LINK = "link holder"


_EVERYTHING = frozenset(Action)
_READER = frozenset({Action.SEE, Action.SEE_NOTES})
_AGENT = _READER | {
    Action.REPLY, Action.NOTE, Action.CHANGE, Action.CLOSE, Action.REOPEN, Action.PEOPLE, Action.CREATE, Action.RELEASE,
}  # fmt: skip
_AGENT_LEAD = _AGENT | {Action.DELETE, Action.BLOCK, Action.SET_UP}
_CUSTOMERS_OWN = frozenset({Action.RATE, Action.MUTE, Action.COLLEAGUES})
_COMPANYS = frozenset({Action.SEE, Action.REPLY, Action.CLOSE, Action.REOPEN, Action.PEOPLE})

RIGHTS: Mapping[Relation, frozenset[Action]] = {
    Relation.SYSTEM: _EVERYTHING,
    Relation.ADMIN: _EVERYTHING - _CUSTOMERS_OWN,
    Relation.OWNER: _AGENT_LEAD,
    Relation.LEAD: _AGENT_LEAD,
    Relation.AGENT: _AGENT,
    Relation.READER: _READER,
    Relation.REQUESTER: _COMPANYS | {Action.RATE},
    Relation.MAIN_CONTACT: _COMPANYS | {Action.MUTE, Action.COLLEAGUES},
    Relation.VIEWER: frozenset({Action.SEE, Action.REPLY, Action.MUTE}),
    Relation.PARTICIPANT: frozenset(),  # mail in and out only
    Relation.DELEGATE: frozenset(),  # CON-6: the relations of the person stand beside this one, and they decide
    Relation.LINK: frozenset({Action.SEE, Action.REPLY}),
}
"""The table."""

NEVER: Mapping[Action, Relation] = {Action.MUTE: Relation.REQUESTER}
"""Who stands so to a ticket may not, whatever else they are: nobody misses the answers to a request of their own."""

_OF_ROLE = {Role.READER: Relation.READER, Role.AGENT: Relation.AGENT, Role.LEAD: Relation.LEAD}
CUSTOMERS = frozenset(
    {
        Relation.REQUESTER, Relation.MAIN_CONTACT, Relation.VIEWER, Relation.PARTICIPANT, Relation.DELEGATE,
        Relation.LINK,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `kind` decides which of the rest is meant.

    An agent has `roles` (department id -> strongest role) and perhaps `personal`, the id of the personal department;
    an admin's `reason` opens personal departments of others (DEP-3). A contact has the `addresses` that are confirmed
    and `company_id` if they are its main contact; a delegate stays who they are, `acting_for` is the person on whose
    tickets they work (CON-6). A link holder has `ticket`.
    """

    kind: Literal["system", "agent", "contact", "link"]
    id: int | None = None
    label: str = "system"
    name: str = ""
    admin: bool = False
    roles: Mapping[int, Role] = field(default_factory=dict)
    personal: int | None = None
    reason: str | None = None
    addresses: frozenset[str] = frozenset()
    company_id: int | None = None
    ticket: int | None = None
    language: str = "en"
    timezone: str = "UTC"
    acting_for: Actor | None = None

    @property
    def person(self) -> Actor:
        """On whose tickets this actor works: their own, or those of whom they act for."""
        return self.acting_for or self

    @property
    def address(self) -> str:
        """The confirmed address a customer speaks by: the main one if it is confirmed. Without any, the label."""
        return self.label if self.label in self.addresses else min(self.addresses, default=self.label)


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What the table needs to know of a ticket. `personal_agent_id`: whose personal department it lies in, if any."""

    number: int
    department_id: int
    personal_agent_id: int | None
    contact_id: int
    requester_address: str
    company_id: int | None = None
    participants: frozenset[int] = frozenset()  # contact ids, active
    viewers: frozenset[int] = frozenset()  # those of them who may view
    status_hidden: bool = False
    portal: bool = True
    may_close: bool = True
    billed: bool = False
    spam: bool = False
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer and the sentence that explains it; `relation` is the one that granted, if any did."""

    allowed: bool
    why: str
    relation: Relation | None = None


def relations(actor: Actor, ticket: TicketFacts) -> frozenset[Relation]:
    """How `actor` stands to `ticket`: nothing here says yet what that allows."""
    if actor.kind == "system":
        return frozenset({Relation.SYSTEM})
    if actor.kind == "link":
        return frozenset({Relation.LINK}) if actor.ticket == ticket.number else frozenset()
    return _of_agent(actor, ticket) if actor.kind == "agent" else _of_contact(actor, ticket)


def may(actor: Actor, action: Action, ticket: TicketFacts) -> Verdict:
    """Whether `actor` may do `action` to `ticket`, and which line of the table decides."""
    found = relations(actor, ticket)
    if NEVER.get(action) in found:
        return Verdict(False, f"{_named(NEVER[action])} may not {action}")
    granting = next((r for r in RIGHTS if r in found and action in RIGHTS[r]), None)
    if granting is None:
        if not found:
            return Verdict(False, _no_relation(actor, ticket))
        return Verdict(False, f"{_named(*sorted(found))} may not {action}")
    if granting in CUSTOMERS and (closed := _closed_to_customers(action, ticket)):
        return Verdict(False, closed)
    return Verdict(True, f"{_named(granting)} may {action}", granting)


def may_in(actor: Actor, action: Action, department_id: int, personal_agent_id: int | None = None) -> Verdict:
    """The same for a department as a whole: create there, release its quarantine, set it up."""
    if actor.kind not in {"system", "agent"}:
        return Verdict(False, "only agents work in departments")
    return may(actor, action, TicketFacts(0, department_id, personal_agent_id, contact_id=0, requester_address=""))


def may_among(actor: Actor, action: Action, company_id: int | None) -> Verdict:
    """The same for a company as a whole: its people and how they use the portal. For agents that is set-up.

    No delegate: who acts for a main contact could make themselves one.
    """
    own = actor.kind == "contact" and actor.acting_for is None and actor.company_id is not None
    if own and actor.company_id == company_id:
        allowed = action in RIGHTS[Relation.MAIN_CONTACT]
        return Verdict(allowed, f"{_named(Relation.MAIN_CONTACT)} may{'' if allowed else ' not'} {action}")
    return Verdict(False, "only its main contacts look after a company's people here")


@dataclass(frozen=True, slots=True)
class Scope:
    """All tickets an actor sees, as a value.

    `all`: every ticket; `common`: every one but those in personal departments of agents other than `personal_of`;
    `departments`: those lying there; `customer`: own ones by confirmed `addresses`, those shared, their company's;
    `link`: one ticket.
    """

    kind: Literal["all", "common", "departments", "customer", "link", "nothing"]
    departments: frozenset[int] = frozenset()
    personal_of: int | None = None
    contact_id: int | None = None
    addresses: frozenset[str] = frozenset()
    company_id: int | None = None
    ticket: int | None = None


def scope(actor: Actor, action: Action = Action.SEE) -> Scope:
    """The tickets to which `actor` may do `action`; of customers only SEE is answered, the rest is up to the ticket."""
    if actor.kind == "system":
        return Scope("all")
    if actor.kind in {"link", "contact"} and action is not Action.SEE:
        return Scope("nothing")
    if actor.kind == "link":
        return Scope("link", ticket=actor.ticket)
    if actor.kind == "contact":
        who = actor.person
        return Scope("customer", contact_id=who.id, addresses=who.addresses, company_id=who.company_id)
    if actor.admin and action in RIGHTS[Relation.ADMIN]:
        return Scope("all") if actor.reason else Scope("common", personal_of=actor.id)
    allowed = {d for d, role in actor.roles.items() if action in RIGHTS[_OF_ROLE[role]]}
    if actor.personal is not None and action in RIGHTS[Relation.OWNER]:
        allowed.add(actor.personal)
    return Scope("departments", departments=frozenset(allowed))


def strongest(roles: list[Role]) -> Role:
    """The role that counts when an agent has several in one department, own and by teams."""
    return max(roles, key=lambda role: STRENGTH[role])


def _of_agent(actor: Actor, ticket: TicketFacts) -> frozenset[Relation]:
    if ticket.personal_agent_id is not None:
        if ticket.personal_agent_id == actor.id:
            return frozenset({Relation.OWNER})
        return frozenset({Relation.ADMIN}) if actor.admin and actor.reason else frozenset()
    found = {Relation.ADMIN} if actor.admin else set()
    if role := actor.roles.get(ticket.department_id):
        found.add(_OF_ROLE[role])
    return frozenset(found)


def _of_contact(actor: Actor, ticket: TicketFacts) -> frozenset[Relation]:
    found, who = set(), actor.person
    if who.id == ticket.contact_id and ticket.requester_address in who.addresses:
        found.add(Relation.REQUESTER)
    if who.company_id is not None and who.company_id == ticket.company_id:
        found.add(Relation.MAIN_CONTACT)
    if who.id in ticket.viewers:
        found.add(Relation.VIEWER)
    elif who.id in ticket.participants:
        found.add(Relation.PARTICIPANT)
    if found and actor.acting_for is not None:
        found.add(Relation.DELEGATE)
    return frozenset(found)


def _closed_to_customers(action: Action, ticket: TicketFacts) -> str | None:
    """Why a customer who has the right still may not, if so (TIC-1, TIC-4, TIC-8)."""
    if ticket.spam or ticket.status_hidden or not ticket.portal:
        return "this ticket is not shown to customers"
    if not ticket.proven:
        return "the requester's address is not confirmed yet"
    if ticket.billed and action not in {Action.SEE, Action.RATE, Action.MUTE}:
        return "this ticket is billed; a new request is the way to go on"
    if action is Action.CLOSE and not ticket.may_close:
        return "customers may not close this ticket"
    return None


def _named(*relations: Relation) -> str:
    """`an agent and lead`."""
    words = " and ".join(relations)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _no_relation(actor: Actor, ticket: TicketFacts) -> str:
    if actor.kind == "agent" and ticket.personal_agent_id is not None:
        return "it lies in another agent's personal department" + (": an admin says --reason" if actor.admin else "")
    if actor.kind == "agent":
        return "no role in its department"
    return "takes no part in it"
