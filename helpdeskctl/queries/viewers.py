"""Who besides the requester may see a ticket in the portal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.queries.outgoing import About
from helpdeskctl.store.tables import Contact, ContactAddress, Participant


def viewers(desk: Desk, about: About) -> list[About]:
    """The ticket as mails to those who take part and may see it in the portal speak of it, one for each."""
    known = settings.several(desk, "default_language", "languages", "timezone", "portal_url")
    today = desk.now().astimezone(outgoing.zone(None, known["timezone"])).date()
    rows: Any = (
        Contact.select(Contact, ContactAddress.address.alias("main_address"))
        .join(ContactAddress, on=((ContactAddress.contact_id == Contact.id) & (ContactAddress.main == 1)))
        .join(Participant, on=(Participant.contact_id == Contact.id))
        .where(Participant.ticket_id == about.number, Participant.state == "active", Participant.muted == 0)
        .where(Participant.may_view == 1, Contact.id != about.contact_id)
        .order_by(Participant.id)
        .objects()
    )
    return [
        replace(
            about,
            contact_id=row.id,
            contact_name=row.name if row.name.casefold() != row.main_address else None,
            address=row.main_address,
            language=outgoing.chosen(known, row.language, about.language),
            zone=outgoing.zone(row.timezone, known["timezone"]),
            may_sign_in=True,
        )
        for row in rows
        if known["portal_url"] and outgoing.may_sign_in(row, today)
    ]
