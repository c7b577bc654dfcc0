"""Letting people into the portal by a one-time link to a password of their own (OUT-8). No password is ever mailed."""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.operations import events, portal_links
from helpdeskctl.operations.portal_links import Link
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.store import prepared
from helpdeskctl.store.tables import Contact, Event

LASTS = timedelta(hours=72)
NOT_INVITED = "not_invited"
_JUST_NOW = timedelta(minutes=1)


def due(desk: Desk, contact_id: int) -> bool:
    """Whether a contact that has just come into being is to be let in: the desk welcomes everybody who is new."""
    known = settings.several(desk, "welcome_new_contacts", "portal_url")
    if not (known["welcome_new_contacts"] and known["portal_url"]):
        return False
    contact = prepared.the(Contact, contact_id)
    # Whoever was kept out by an agent stays out: only who was made by this very mail, form or command is new.
    return not contact.portal_access and timedelta(0) <= desk.now() - contact.created_at < _JUST_NOW


def issue(desk: Desk, actor: Actor, contact_id: int, address: str) -> Link:
    """Open the portal to a contact; the link to a password, good for 72 hours, proves the address (OUT-8)."""
    Contact.update(portal_access=True).where(Contact.id == contact_id).execute()
    link = portal_links.one_time(desk, "invite", lasts=LASTS, contact_id=contact_id, address=address)
    events.record(desk, actor, "invited", subject=("contact", address))
    return link


def missed(desk: Desk, since: datetime) -> int:
    """How many new contacts could not be welcomed since a moment; the event NOT_INVITED says why."""
    return int(Event.select().where(Event.verb == NOT_INVITED, Event.at >= since).count())


def refuse_unless_mail_works(desk: Desk) -> None:
    """Refused while no invitation could arrive: without the portal's address, or a mailbox that gets rid of mail."""
    if settings.get(desk, "portal_url") is None:
        raise Refused("the portal has no address", hint="helpdeskctl setting set portal_url https://…")
    mailbox = outgoing.account_mailbox(desk)
    if not outgoing.works(mailbox):
        raise Refused(
            f"mailbox {mailbox.address} does not get rid of its mail",
            hint=f"helpdeskctl mailbox test {mailbox.address}; helpdeskctl mail queue list",
            subject=f"mailbox/{mailbox.address}",
        )
