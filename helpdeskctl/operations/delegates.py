"""People who act for others in the portal (CON-6): named by the person or by an agent, and taken back.

Naming is enough; who is named sees nothing before they can sign in themselves. A row keeps the addresses under which
the delegate was named, as that is all the person may learn of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.mail import addresses
from helpdeskctl.operations import automatic, contacts, events, rate_limits, sessions, setup
from helpdeskctl.queries import delegates, portal
from helpdeskctl.queries import setup as stored
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Delegate, PortalSession

MOST = 20
"""So many people may be named by one customer."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The session under its new secret; `remember`: it is one of those that last."""

    secret: str
    remember: bool


def name(desk: Desk, actor: Actor, address: str) -> None:
    """A customer names who may act for them. What happens does not depend on whether the address is known here.

    InvalidInput with one word: "address" for what is none, "own" for one of theirs or of the desk, "many" past `MOST`;
    TooMany past the limit.
    """
    checked = addresses.check(address.strip())
    if checked is None:
        raise InvalidInput("address")
    rate_limits.hit(desk, rate_limits.WRITES, str(actor.id))
    _name(desk, actor, checked.casefold())


@transaction
def take_back(desk: Desk, actor: Actor, address: str) -> None:
    """The customer takes it back; whoever acts for them just now is signed out. Unknown addresses change nothing."""
    rows = Delegate.select().where(Delegate.contact_id == actor.id)
    for row in rows:
        if address in row.address.split():
            left = " ".join(each for each in row.address.split() if each != address)
            _remove(row.contact_id, row.delegate_id, left=left)
            _told(desk, actor, actor.label, "delegate_removed", address)


@transaction
def decline(desk: Desk, actor: Actor, address: str) -> None:
    """The customer does not want to act for the person with this main address any more. Unknown ones change nothing."""
    for person in portal.people_to_act_for(desk, actor.id or 0):
        if person.label == address:
            _remove(person.id or 0, actor.id or 0)
            _told(desk, actor, person.label, "delegate_removed", actor.label)


@transaction
def change(desk: Desk, actor: Actor, key: str, other: str, *, remove: bool = False) -> Change:
    """An agent lets `other` act for the contact `key`, or no more. NotFound for unknown ones, InvalidInput for one and
    the same, NotPermitted for who is no agent."""
    setup.permit(desk, actor, CONTACT)
    person, delegate = stored.one(desk, "contact", key), stored.one(desk, "contact", other)
    if person.id == delegate.id:
        raise InvalidInput(f"{other} is {person.key} already", subject=f"contact/{person.key}")
    if delegates.has(person.id, delegate.id) is not remove:
        return Change("contact", person.key, person.id, "unchanged")
    if remove:
        _remove(person.id, delegate.id)
    else:
        _add(desk, person.id, delegate.id, delegate.key)
    _told(desk, actor, person.key, "delegate_removed" if remove else "delegate_added", delegate.key)
    return Change("contact", person.key, person.id, "updated", ("delegates",))


@transaction
def switch(desk: Desk, visitor: Visitor, address: str | None) -> Switched:
    """Act for the person with this main address from now on, or (None) for oneself again; the session gets another id.

    NotFound for everybody who has not named this customer.
    """
    known = {person.label: person for person in portal.people_to_act_for(desk, visitor.contact_id)}
    person = known.get(address) if address is not None else None
    if address is not None and person is None:
        raise NotFound("nobody of that address may be acted for")
    if person is not None:
        _told(desk, visitor.actor, person.label, "acted_for", visitor.actor.label)
    return Switched(*sessions.renew(desk, visitor.session, acting_for=person.id if person else None))


@transaction
def _name(desk: Desk, actor: Actor, address: str) -> None:
    if address in automatic.own_addresses():
        raise InvalidInput("own")
    delegate_id = contacts.known_or_new(desk, address, origin="portal")
    if delegate_id == actor.id:
        raise InvalidInput("own")
    named = delegates.addresses(actor.id or 0)
    if address in named:
        return
    if len(named) >= MOST:
        raise InvalidInput("many")
    _add(desk, actor.id or 0, delegate_id, address)
    _told(desk, actor, actor.label, "delegate_added", address)


def _add(desk: Desk, contact_id: int, delegate_id: int, address: str) -> None:
    """Another address of somebody who was named before stands beside the first."""
    Delegate.insert(contact_id=contact_id, delegate_id=delegate_id, address=address, created_at=desk.now()).on_conflict(
        conflict_target=[Delegate.contact_id, Delegate.delegate_id],
        update={Delegate.address: fn.TRIM(Delegate.address.concat(" ").concat(address))},
    ).execute()


def _remove(contact_id: int, delegate_id: int, *, left: str = "") -> None:
    row = (Delegate.contact_id == contact_id) & (Delegate.delegate_id == delegate_id)
    if left:
        Delegate.update(address=left).where(row).execute()
        return
    Delegate.delete().where(row).execute()
    acting = PortalSession.acting_for_id == contact_id
    PortalSession.delete().where(acting, PortalSession.contact_id == delegate_id).execute()


def _told(desk: Desk, actor: Actor, key: str, verb: str, address: str) -> None:
    events.record(desk, actor, verb, subject=("contact", key), data={"address": address})
