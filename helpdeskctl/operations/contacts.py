"""Customers as they turn up: an address that writes to us is a contact, known or new (MAIL-13)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import events
from helpdeskctl.store import prepared
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import CompanyDomain, Contact, ContactAddress

_OWNER = (
    "SELECT c.id, c.merged_into_id FROM contact_address a JOIN contact c ON c.id = a.contact_id WHERE a.address = ?"
)


@transaction
def known_or_new(desk: Desk, address: str, *, name: str = "", origin: str = "mail", language: str | None = None) -> int:
    """The id of the contact with this address; one is made where there is none.

    A new contact joins the company that claims the mail domain, never as main contact; the address counts as
    unconfirmed. `origin` is mail, portal, agent, import or cc.
    """
    address = address.strip().casefold()
    found = desk.database.execute(_OWNER, (address,)).fetchone()
    if found is not None:
        contact_id, merged_into = found
        return survivor(merged_into) if merged_into is not None else int(contact_id)
    contact_id = prepared.insert(
        Contact,
        name=name or address,
        company_id=_company_of(desk, address),
        language=language,
        origin=origin,
        created_at=desk.now(),
    )
    if not prepared.insert_once(ContactAddress, address=address, contact_id=contact_id, main=1):
        Contact.delete().where(Contact.id == contact_id).execute()  # somebody was faster, at this very moment
        return known_or_new(desk, address)
    events.record(desk, SYSTEM, "created", subject=("contact", address), data={"origin": origin})
    return contact_id


def survivor(contact_id: int) -> int:
    """The contact that merging left: the one itself, or the one it was merged into."""
    while True:
        row = prepared.one(Contact, id=contact_id)
        if row is None or row.merged_into_id is None:
            return contact_id
        contact_id = row.merged_into_id


def _company_of(desk: Desk, address: str) -> int | None:
    from helpdeskctl.queries import settings

    claimed = prepared.one(CompanyDomain, domain=address.rpartition("@")[2])
    if claimed is None or not settings.get(desk, "company_by_domain"):
        return None
    return int(claimed.company_id)
