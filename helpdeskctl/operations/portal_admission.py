"""Whether the portal opens to somebody whose address is proven: by registering, by a guest's link, by a provider."""

from __future__ import annotations

from typing import Literal

from helpdeskctl.desk import Desk
from helpdeskctl.operations import events
from helpdeskctl.queries import access, outgoing, registration, settings
from helpdeskctl.queries.registration import Mode
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact

Standing = Literal["in", "waiting", "closed"]
"""The portal is open to them, an agent has to say yes first, or it is closed to them."""


@transaction
def admit(desk: Desk, contact_id: int, address: str) -> Standing:
    """Give access as `registration` says to the contact who has just proven `address`.

    Whom an agent has kept out stays out, and a period stays as it is (CON-3).
    """
    contact = Contact.get(Contact.id == contact_id)
    if not contact.portal_access:
        mode = "closed" if contact.portal_refused else registration.mode_for(desk, address)
        if mode == "confirm":
            _ask(desk, contact)
            return "waiting"
        if mode == "closed":
            return "closed"
        _let_in(desk, contact_id)
    return "in" if outgoing.in_period(contact, settings.today(desk)) else "closed"


def admit_guest(desk: Desk, contact_id: int, address: str) -> None:
    """The same by the confirmation of a request: it gives access where everybody may register, and asks nobody."""
    guests: Mode = registration.mode_for(desk, address)
    if guests == "open":
        admit(desk, contact_id, address)


def _let_in(desk: Desk, contact_id: int) -> None:
    Contact.update(portal_access=True, portal_asked_at=None).where(Contact.id == contact_id).execute()
    who = access.contact_actor(desk, contact_id)
    events.record(desk, who, "registered", subject=("contact", who.label))


def _ask(desk: Desk, contact: Contact) -> None:
    if contact.portal_asked_at is not None:
        return
    Contact.update(portal_asked_at=desk.now()).where(Contact.id == contact.id).execute()
    who = access.contact_actor(desk, contact.id)
    events.record(desk, who, "asked_for_access", subject=("contact", who.label))
