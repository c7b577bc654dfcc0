"""Customers of another system become contacts: made, brought up to date, never deleted (CON-5).

Who is known is found by the external id, then by any address. Every entry stands for itself: one that cannot be used
is told and the others go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.contact_files import Entry
from helpdeskctl.domain.kind_types import ADDRESS
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import Exists, HelpdeskError, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import contact_access, contacts, setup
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Company, Contact

AT_ONCE = 100  # entries in one transaction: mail that comes in meanwhile does not wait long
_FAULTS = (InvalidInput, NotFound, Exists, Refused, NotPermitted)  # of an entry; all others end the import


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: the contact, or what was wrong."""

    entry: Entry
    change: Change | None
    error: HelpdeskError | None = None


def take_all(desk: Desk, actor: Actor, entries: Iterable[Entry], *, or_update: bool = False) -> Iterator[Outcome]:
    """Make a contact of every entry that is none yet; `or_update` also changes those that are to what it says.

    What an entry does not say stays. A company is found by key or name, or made. An address that is new moves in front
    of those the contact has. Contacts that are made have no portal access (CON-1).
    """
    waiting = iter(entries)
    while some := list(islice(waiting, AT_ONCE)):
        yield from _take(desk, actor, some, or_update=or_update)


@transaction
def _take(desk: Desk, actor: Actor, entries: Sequence[Entry], *, or_update: bool) -> list[Outcome]:
    outcomes = []
    for entry in entries:
        try:
            with desk.database.savepoint():
                outcomes.append(Outcome(entry, _contact(desk, actor, entry, or_update=or_update)))
        except _FAULTS as error:
            outcomes.append(Outcome(entry, None, error))
    return outcomes


def _contact(desk: Desk, actor: Actor, entry: Entry, *, or_update: bool) -> Change:
    if entry.fault:
        raise InvalidInput(entry.fault)
    values = dict(entry.values)
    email, further = values.pop("email", ""), values.pop("addresses", ())
    email = ADDRESS.read(email) if email else ""
    there = _known(desk, email, values)
    if there is not None and not or_update:
        return Change("contact", stored.key_of(desk, "contact", there), there, "unchanged")
    if "company" in values:
        values["company"] = _company(desk, actor, values["company"])
    change = _made(desk, actor, email, values) if there is None else _updated(desk, actor, there, email, values)
    return _with_addresses(desk, actor, change, further)


def _known(desk: Desk, email: str, values: dict[str, Any]) -> int | None:
    """The contact that an entry means. Exists when its id and its address are those of two."""
    number = clean_line(values.get("external_id", ""))
    row = Contact.get_or_none(Contact.external_id == number) if number else None
    by_address = stored.find(desk, "contact", email) if email else None
    if row is None:
        return by_address
    by_number = contacts.survivor(row.id)
    if by_number != row.id:
        del values["external_id"]  # it stays with the one that was merged in
    if by_address not in (None, by_number):
        raise Exists(f"{email} is another contact than the one with external id {number}", subject=f"contact/{email}")
    return by_number


def _made(desk: Desk, actor: Actor, email: str, values: dict[str, Any]) -> Change:
    if not email:
        raise InvalidInput("email: is missing")
    change = setup.create(desk, actor, "contact", email, {"name": email, **values})
    Contact.update(origin="import").where(Contact.id == change.id).execute()
    return change


def _updated(desk: Desk, actor: Actor, number: int, email: str, values: dict[str, Any]) -> Change:
    current = stored.by_ids(desk, "contact", [number])[0]
    moved = bool(email) and email not in current.values["addresses"]
    if moved:
        setup.rename(desk, actor, "contact", current.key, email)
        if current.key in current.values["addresses"]:
            contact_access.add_address(desk, actor, email, current.key)
    change = setup.edit(desk, actor, "contact", f"id:{number}", values)
    return replace(change, action="updated", changed=("key", "addresses", *change.changed)) if moved else change


def _with_addresses(desk: Desk, actor: Actor, change: Change, addresses: Iterable[str]) -> Change:
    added = [contact_access.add_address(desk, actor, f"id:{change.id}", address) for address in addresses]
    if not any(each.action == "updated" for each in added):
        return change
    action = "updated" if change.action == "unchanged" else change.action
    return replace(change, action=action, changed=tuple(dict.fromkeys((*change.changed, "addresses"))))


def _company(desk: Desk, actor: Actor, words: str) -> str:
    """The key of the company that is called so, by key or name; one is made where there is none."""
    name = clean_line(words)
    named = Company.select(Company.key).where(Company.name == name).order_by(Company.id).first()
    slug = re.sub(r"[^\w.]+", "-", name.casefold()).strip("-.")[:63]
    found = stored.find(desk, "company", name) or (stored.find(desk, "company", slug) if named is None else None)
    if found is not None:
        return stored.key_of(desk, "company", found)
    return str(named.key) if named else setup.create(desk, actor, "company", slug, {"name": name}).key
