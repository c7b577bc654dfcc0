"""Two contacts that are one person (CON-4). Merging keeps what it takes to undo it in its event."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import contact_merge_portal, events, setup
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, ContactAddress, Event, Participant, PortalSession, Ticket

Moved = dict[str, Any]


@transaction
def merge(desk: Desk, actor: Actor, source: str, into: str) -> Change:
    """Give addresses, tickets and places on tickets of `source` to `into`; `source` leads there from now on.

    NotFound for an unknown one, InvalidInput when they are the same.
    """
    setup.permit(desk, actor, CONTACT)
    gone, kept = stored.one(desk, "contact", source), stored.one(desk, "contact", into)
    if gone.id == kept.id:
        raise InvalidInput(f"{source} and {into} are one contact already", subject=f"contact/{kept.key}")
    moved = _move(gone.id, kept.id)
    Contact.update(merged_into_id=kept.id).where(Contact.id == gone.id).execute()
    theirs = (PortalSession.contact_id == gone.id) | (PortalSession.acting_for_id == gone.id)
    PortalSession.delete().where(theirs).execute()
    data = {"from": gone.key, "from_id": gone.id, "into": kept.key, "into_id": kept.id, **moved}
    events.record(desk, actor, "merged", subject=("contact", gone.key), data=data)
    return Change("contact", kept.key, kept.id, "updated", ("addresses", "tickets"))


@transaction
def unmerge(desk: Desk, actor: Actor, source: str) -> Change:
    """Undo the last merge of the contact that was called `source`: what came from it goes back, what is newer stays.

    NotFound when it was not merged.
    """
    setup.permit(desk, actor, CONTACT)
    data = _last_merge(source.strip().casefold())
    gone, kept = data["from_id"], data["into_id"]
    Contact.update(merged_into_id=None).where(Contact.id == gone).execute()
    ContactAddress.update(contact_id=gone).where(
        ContactAddress.address.in_(data["addresses"]), ContactAddress.contact_id == kept
    ).execute()
    main = ContactAddress.address == data["from"]
    ContactAddress.update(main=True).where(main, ContactAddress.contact_id == gone).execute()
    for model, name in ((Ticket, "tickets"), (Participant, "participants")):
        model.update(contact_id=gone).where(model.id.in_(data[name]), model.contact_id == kept).execute()
    contact_merge_portal.give_back(data.get("portal", {}), gone, kept)
    for row in data["doubles"]:
        there = Participant.get_or_none(Participant.ticket_id == row["ticket_id"], Participant.contact_id == gone)
        if there is None and Ticket.get_or_none(Ticket.id == row["ticket_id"]):
            Participant.insert(contact_id=gone, **row).execute()
    events.record(desk, actor, "unmerged", subject=("contact", data["from"]), data={"into": data["into"]})
    return Change("contact", data["from"], gone, "updated", ("addresses", "tickets"))


def _move(gone: int, kept: int) -> Moved:
    addresses = [row.address for row in ContactAddress.select().where(ContactAddress.contact_id == gone)]
    ContactAddress.update(contact_id=kept, main=False).where(ContactAddress.contact_id == gone).execute()
    tickets = [row.id for row in Ticket.select(Ticket.id).where(Ticket.contact_id == gone)]
    Ticket.update(contact_id=kept).where(Ticket.contact_id == gone).execute()
    doubles = _drop_doubles(gone, kept)
    participants = [row.id for row in Participant.select(Participant.id).where(Participant.contact_id == gone)]
    Participant.update(contact_id=kept).where(Participant.contact_id == gone).execute()
    return {
        "addresses": addresses,
        "tickets": tickets,
        "participants": participants,
        "doubles": doubles,
        "portal": contact_merge_portal.move(gone, kept),
    }


def _drop_doubles(gone: int, kept: int) -> list[Moved]:
    """Both may take part in a ticket; one place is enough. What is dropped is told, to be put back."""
    there = [row.ticket_id for row in Participant.select().where(Participant.contact_id == kept)]
    rows = list(Participant.select().where(Participant.contact_id == gone, Participant.ticket_id.in_(there)))
    Participant.delete().where(Participant.id.in_([row.id for row in rows])).execute()
    return [
        {"ticket_id": row.ticket_id, "state": row.state, "may_view": row.may_view, "muted": row.muted} for row in rows
    ]


def _last_merge(source: str) -> Moved:
    rows = Event.select().where(Event.object_kind == "contact", Event.verb == "merged", Event.object_key == source)
    for row in rows.order_by(Event.id.desc()):
        contact = Contact.get_or_none(Contact.id == row.data["from_id"])
        if contact is not None and contact.merged_into_id == row.data["into_id"]:
            data: Moved = row.data
            return data
    raise NotFound(f'no merged contact "{source}"', hint="helpdeskctl contact list", subject=f"contact/{source}")
