"""Why somebody may or may not do something to a ticket: the permission table's own sentences."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor, Relation, may
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access, threads
from helpdeskctl.store.tables import Agent, ContactAddress


@dataclass(frozen=True, slots=True)
class Explained:
    """One line: the action, the answer, the sentence behind it, and the relation that grants it."""

    action: Action
    allowed: bool
    why: str
    relation: Relation | None


def explain(desk: Desk, actor: Actor, address: str, number: int) -> tuple[Explained, ...]:
    """What the agent or contact with `address` may do to a ticket. NotFound unless `actor` may read its notes."""
    facts = threads.seen(desk, actor, number, Action.SEE_NOTES)
    person = whom(desk, address)
    verdicts = [(action, may(person, action, facts)) for action in Action]
    return tuple(Explained(action, verdict.allowed, verdict.why, verdict.relation) for action, verdict in verdicts)


def whom(desk: Desk, address: str) -> Actor:
    """The agent or else the contact with this address. NotFound when nobody has it."""
    address = address.strip().casefold()
    if Agent.get_or_none(Agent.address == address) is not None:
        return access.agent_actor(desk, address)
    owner = ContactAddress.get_or_none(ContactAddress.address == address)
    if owner is None:
        raise NotFound(f'nobody has the address "{address}"', hint="helpdeskctl agent list; helpdeskctl contact list")
    return access.contact_actor(desk, owner.contact_id)
