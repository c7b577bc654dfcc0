"""What customers do about the people on a ticket (CON-2), and which tickets they do not want to see."""

from __future__ import annotations

from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import Exists, InvalidInput, NotFound, Refused
from helpdeskctl.mail import addresses
from helpdeskctl.operations import automatic, events, rate_limits, ticket_people
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.rate_limits import Limit
from helpdeskctl.operations.tickets import changed
from helpdeskctl.queries import portal
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import ContactAddress, Mute, Participant

MOST = 20  # people on one ticket, as customers add them
ADDED = Limit("people:contact", 20, timedelta(hours=1))


def add(desk: Desk, actor: Actor, number: int, address: str, *, may_view: bool = False) -> Change:
    """Put an address on the ticket: it gets the answers by mail, and with `may_view` whoever signs in by it reads
    along. The answer is the same whether or not somebody is known by it.

    InvalidInput for no address or one of our own, Exists when they are on it, Refused when it is full, TooMany.
    """
    rate_limits.hit(desk, ADDED, str(actor.id))
    return _add(desk, actor, number, address, may_view)


@transaction
def remove(desk: Desk, actor: Actor, number: int, contact_id: int) -> Change:
    """Take a person off the ticket. NotFound when they are not on it."""
    rows.begin(desk, actor, number, Action.PEOPLE)
    address = ContactAddress.get_or_none(ContactAddress.contact_id == contact_id)
    if address is None:
        raise NotFound(f"nobody such is on #{number}", subject=f"ticket/{number}")
    return ticket_people.remove_person(desk, actor, number, address.address)


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
    address = (addresses.check(typed.strip()) or "").casefold()
    if not address or automatic.is_own(address):
        raise InvalidInput("that is no mail address of a person", subject=f"ticket/{number}")
    people = [row.contact_id for row in Participant.select().where(*_on(number))]
    owner = ContactAddress.get_or_none(ContactAddress.address == address)
    if owner is not None and owner.contact_id in (ticket.contact_id, *people):
        raise Exists(f"they are on #{number} already", subject=f"ticket/{number}")
    if len(people) >= MOST:
        raise Refused(f"#{number} has as many people as a ticket takes", subject=f"ticket/{number}")
    known = portal.customer(desk, address)
    proves = known is None or known.settled  # an address that nobody proved must not let its contact read along
    return ticket_people.add_person(desk, actor, number, address, may_view=may_view and proves)


def _on(number: int) -> tuple[object, ...]:
    return (Participant.ticket_id == number, Participant.state == "active", Participant.contact_id.is_null(False))
