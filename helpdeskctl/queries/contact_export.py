"""Contacts taken out of the desk: lines that `contact import` reads, vCards, objects (CON-4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import vcard
from helpdeskctl.domain.contact_files import FIELDS, OWN
from helpdeskctl.domain.text import printable
from helpdeskctl.queries import setup
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.tables import Company, Field

_OWN = (
    "name", "addresses", "company", "main_contact", "phone", "language", "timezone", "portal_from", "portal_until",
    "wants_mail", "deletion_asked_at", "created_at",
)  # fmt: skip

Pages = Iterator[list[SetUpObject]]


def wanted(desk: Desk, query: str) -> Pages:
    """The one contact that has the address (or `id:N`) of `query`, else all that match it as in `contact list`."""
    one = setup.find(desk, "contact", query) if query else None
    return setup.pages(desk, "contact", query=query) if one is None else iter([setup.by_ids(desk, "contact", [one])])


def table(desk: Desk, pages: Pages) -> Iterator[dict[str, Any]]:
    """A flat line a contact under the headings of `contact import`; further addresses are joined by blanks."""
    own = [row.key for row in Field.select(Field.key).where(Field.on_kind == "contact").order_by(Field.key)]
    for contact in (contact for page in pages for contact in page):
        values = {**contact.values, "email": contact.key}
        line = {name: values[name] for name in FIELDS} | {"addresses": " ".join(_further(contact))}
        yield line | {f"{OWN}{key}": contact.values["fields"].get(key) for key in own}


def cards(desk: Desk, pages: Pages) -> Iterator[str]:
    """A vCard a contact, the address we write to first, the company by its name."""
    for page in pages:
        keys = {contact.values["company"] for contact in page} - {None}
        names = {row.key: row.name for row in Company.select(Company.key, Company.name).where(Company.key.in_(keys))}
        for contact in page:
            values = contact.values
            emails = [address for address in (contact.key, *_further(contact)) if address in values["addresses"]]
            yield vcard.write(
                printable(values["name"]),
                emails,
                phone=printable(values["phone"]),
                organization=printable(names.get(values["company"], "")),
            )


def own(desk: Desk, contact_id: int) -> dict[str, Any]:
    """A contact as they may read it themselves: no notes, and of the desk's own fields those that the portal shows."""
    (contact,) = setup.by_ids(desk, "contact", [contact_id])
    shown = {row.key for row in Field.select(Field.key).where(Field.on_kind == "contact", Field.portal != "hide")}
    fields = {key: value for key, value in contact.values["fields"].items() if key in shown}
    return {"email": contact.key} | {name: contact.values[name] for name in _OWN} | {"fields": fields}


def _further(contact: SetUpObject) -> list[str]:
    return [address for address in contact.values["addresses"] if address != contact.key]
