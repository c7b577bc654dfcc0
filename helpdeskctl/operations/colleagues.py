"""What a main contact does about the people of the company: invite, make main contact, close the portal to them.

Agents do the same by set-up. An agent's no and an agent's period stand: nothing here goes past them (CON-3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import (
    contacts,
    events,
    invitations,
    notices,
    portal_tokens,
    rate_limits,
    sessions,
    typed_addresses,
)
from helpdeskctl.queries import access, outgoing, portal, settings
from helpdeskctl.queries import colleagues as queries
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Company, Contact, ContactAddress

_LONGEST_NAME = 100


def invite(desk: Desk, actor: Actor, address: str, *, name: str = "") -> int | None:
    """Let somebody with an address of the company's domains into the portal, and mail them the link to a password.

    Whoever has the address, the answer is the same. Nothing happens to a contact of another company, to one whom an
    agent keeps out, or outside the period an agent set. Returns the mail's row, if one was written. InvalidInput for
    no address, Refused for a domain that the company does not claim or while mail does not work, TooMany, NotFound
    for who is no main contact.
    """
    rate_limits.hit(desk, rate_limits.INVITATIONS, str(actor.id))
    return _invite(desk, actor, address, name)


@transaction
def make_main(desk: Desk, actor: Actor, contact_id: int, *, on: bool) -> Change:
    """Make a colleague main contact, or take that back. Refused for who cannot sign in, and for the last one.

    NotFound for who is not of the company.
    """
    colleague = _colleague(desk, actor, contact_id)
    if bool(colleague.main_contact) is on:
        return Change("contact", _key(colleague.id), colleague.id, "unchanged")
    today = settings.today(desk)
    if on and not outgoing.may_sign_in(colleague, today):
        raise Refused("only who may sign in looks after others", subject=f"contact/{_key(colleague.id)}")
    if not on and not any(outgoing.may_sign_in(each, today) for each in _other_mains(colleague)):
        raise Refused("the last main contact stays one", subject=f"contact/{_key(colleague.id)}")
    return _written(desk, actor, colleague, main_contact=on)


@transaction
def close(desk: Desk, actor: Actor, contact_id: int) -> Change:
    """Close the portal to a colleague: every session ends, no link signs in any more, registering does not help.

    Refused for oneself, NotFound for who is not of the company.
    """
    colleague = _colleague(desk, actor, contact_id)
    if colleague.id == actor.id:
        raise Refused("nobody shuts themselves out", subject=f"contact/{_key(colleague.id)}")
    if colleague.portal_refused:  # an agent's no stays an agent's
        return Change("contact", _key(colleague.id), colleague.id, "unchanged")
    sessions.end_all(desk, colleague.id)
    portal_tokens.kill_all(desk, colleague.id)
    change = _written(
        desk, actor, colleague, portal_access=False, portal_refused=True, portal_asked_at=None, main_contact=False
    )
    events.record(desk, actor, "kept_out", subject=("contact", change.key))
    return change


@transaction
def _invite(desk: Desk, actor: Actor, typed: str, name: str) -> int | None:
    company = _begin(desk, actor)
    address = typed_addresses.checked(typed)
    if not _claims(company, address):
        raise Refused(f"{company.key} does not claim this domain", hint="helpdeskctl company domain add KEY DOMAIN")
    invitations.refuse_unless_mail_works(desk)
    contact_id = _let_in(desk, actor, company, address, name[:_LONGEST_NAME])
    if contact_id is None:
        events.record(desk, actor, "invited_in_vain", subject=("company", company.key), data={"address": address})
        return None
    link = invitations.issue(desk, actor, contact_id, address)
    return notices.account_mail(desk, "welcome", contact_id, address, link=link)


def _let_in(desk: Desk, actor: Actor, company: Company, address: str, name: str) -> int | None:
    """The contact to be let in, who is of the company from now on; None where it is not the main contact's to say."""
    who = portal.customer(desk, address)
    if who is not None and not who.settled:  # the link would open the account of whom the address may not be
        return None
    contact_id = who.contact_id if who else contacts.known_or_new(desk, address, name=name, origin="portal")
    contact = Contact.get(Contact.id == contact_id)
    if who is not None and contact.company_id not in (None, company.id):
        return None
    if contact.company_id is None and not _claims(company, _key(contact.id)):  # a private person's further address
        return None
    if contact.portal_refused and not queries.closed_by_colleagues(_key(contact.id)):
        return None
    if not outgoing.in_period(contact, settings.today(desk)):
        return None
    if contact.company_id != company.id:
        data = {"company": {"from": None, "to": company.key}}
        events.record(desk, actor, "updated", subject=("contact", _key(contact.id)), data=data)
    Contact.update(company_id=company.id, portal_refused=False, portal_asked_at=None).where(
        Contact.id == contact.id
    ).execute()
    return int(contact.id)


def _claims(company: Company, address: str) -> bool:
    return address.rpartition("@")[2] in queries.domains(company.id)


def _begin(desk: Desk, actor: Actor) -> Company:
    """The company, locked: two main contacts must not take each other's place at the same moment."""
    query = Company.select().where(Company.id == queries.looked_after(actor))
    company: Company | None = (query.for_update() if desk.database.kind == "postgres" else query).first()
    now = access.contact_actor(desk, actor.id or 0)
    if company is None or queries.looked_after(replace(actor, company_id=now.company_id)) != company.id:
        raise NotFound("no such page")
    return company


def _colleague(desk: Desk, actor: Actor, contact_id: int) -> Contact:
    company = _begin(desk, actor)
    found: Contact | None = Contact.get_or_none(
        Contact.id == contact_id, Contact.company_id == company.id, Contact.merged_into_id.is_null()
    )
    if found is None:
        raise NotFound("nobody such in this company", subject=f"company/{company.key}")
    return found


def _other_mains(colleague: Contact) -> Any:
    return Contact.select().where(
        Contact.company_id == colleague.company_id,
        Contact.main_contact == 1,
        Contact.merged_into_id.is_null(),
        Contact.id != colleague.id,
    )


def _key(contact_id: int) -> str:
    row = ContactAddress.get_or_none(ContactAddress.contact_id == contact_id, ContactAddress.main == 1)
    return str(row.address) if row else f"id:{contact_id}"


def _written(desk: Desk, actor: Actor, colleague: Contact, **columns: Any) -> Change:
    told = ("portal_access", "main_contact")
    changed = {name: value for name, value in columns.items() if getattr(colleague, name) != value}
    key = _key(colleague.id)
    if not changed:
        return Change("contact", key, colleague.id, "unchanged")
    Contact.update(**changed).where(Contact.id == colleague.id).execute()
    data = {name: {"from": not value, "to": value} for name, value in changed.items() if name in told}
    events.record(desk, actor, "updated", subject=("contact", key), data=data)
    return Change("contact", key, colleague.id, "updated", tuple(changed))
