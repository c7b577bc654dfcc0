"""What customers do about the people on a ticket (CON-2), and which tickets they do not want to see."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import Exists, NotFound, Refused
from helpdeskctl.operations import events, rate_limits, ticket_people, typed_addresses
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.tickets import changed
from helpdeskctl.queries import portal
from helpdeskctl.queries import portal_people as shown
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import ContactAddress, Mute, Participant

MOST = 20  # people on one ticket, as customers add them


def add(desk: Desk, actor: Actor, number: int, address: str, *, may_view: bool = False) -> Change:
    """Put an address on the ticket: it gets the answers by mail, and with `may_view` whoever signs in by it reads
    along. The answer is the same whether or not somebody is known by it.

    InvalidInput for no address or one of our own, Exists when they are on it, Refused when it is full, TooMany.
    """
    rate_limits.hit(desk, rate_limits.PEOPLE, str(actor.id))
    return _add(desk, actor, number, address, may_view)


@transaction
def remove(desk: Desk, actor: Actor, number: int, address: str) -> Change:
    """Take an address off the ticket, as the page lists it. NotFound when it is not on it.

    Who is there by another address, too, stays by that one: the page does not tell that both are one person's.
    """
    rows.begin(desk, actor, number, Action.PEOPLE)
    listed = [person.address for person in shown.people(desk, actor, number, keeps=True)]
    if address not in listed:
        raise NotFound(f"nobody such is on #{number}", subject=f"ticket/{number}")
    owner = ContactAddress.get(ContactAddress.address == address).contact_id
    if len(shown.named(number).get(owner, ())) < 2:
        return ticket_people.remove_person(desk, actor, number, address)
    events.record(desk, actor, Verb.PERSON_REMOVED, ticket=number, data={"address": address, "others": True})
    return changed(number, "participants")


@transaction
def mute(desk: Desk, actor: Actor, number: int, *, on: bool) -> Change:
    """Leave a ticket out of one's own lists and get no more mail about it, or take that back.

    Nobody else notices: it stands in the customer's history, not in the ticket's. NotPermitted for one's own request.
    """
    rows.begin(desk, actor, number, Action.MUTE)
    who = actor.person
    muted = (Mute.ticket_id == number, Mute.contact_id == who.id)
    if Mute.select().where(*muted).exists() is on:
        return changed(number)
    if on:
        Mute.insert(contact_id=who.id, ticket_id=number).execute()
    else:
        Mute.delete().where(*muted).execute()
    Participant.update(muted=on).where(Participant.ticket_id == number, Participant.contact_id == who.id).execute()
    verb = "muted" if on else "unmuted"
    events.record(desk, actor, verb, subject=("contact", who.label), data={"ticket": number})
    return changed(number, "muted")


@transaction
def _add(desk: Desk, actor: Actor, number: int, typed: str, may_view: bool) -> Change:
    ticket = rows.begin(desk, actor, number, Action.PEOPLE)
    address = typed_addresses.checked(typed)
    listed = [person.address for person in shown.people(desk, actor, number, keeps=True)]
    owner = ContactAddress.get_or_none(ContactAddress.address == address)
    if address in listed or (owner is not None and owner.contact_id == ticket.contact_id):
        raise Exists(f"they are on #{number} already", subject=f"ticket/{number}")
    if len(listed) >= MOST:
        raise Refused(f"#{number} has as many people as a ticket takes", subject=f"ticket/{number}")
    known = portal.customer(desk, address)
    may_view &= known is None or known.settled  # an address that nobody proved must not let its contact read along
    there = Participant.get_or_none(*_on(number), Participant.contact_id == owner.contact_id) if owner else None
    if there is None or may_view > bool(there.may_view):
        return ticket_people.add_person(desk, actor, number, address, may_view=may_view)
    data = {"address": address, "may_view": may_view, "suggested": False}
    events.record(desk, actor, Verb.PERSON_ADDED, ticket=number, data=data)
    return changed(number, "participants")


def _on(number: int) -> tuple[object, ...]:
    return (Participant.ticket_id == number, Participant.state == "active")
