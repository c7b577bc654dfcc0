"""A contact's addresses, its way into the portal, and keeping it out (CON-1, CON-3, CON-4)."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind_types import ADDRESS
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import Exists, NotFound, Refused
from helpdeskctl.operations import blocks, events, invitations, notices, portal_tokens, sessions, setup
from helpdeskctl.queries import colleagues, outgoing, settings
from helpdeskctl.queries import setup as stored
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, ContactAddress


@transaction
def portal(
    desk: Desk,
    actor: Actor,
    key: str,
    *,
    on: bool,
    first: str | None = None,
    last: str | None = None,
    invite: bool = False,
) -> Change:
    """Open the portal to a contact, or close it and end the sessions. `first` and `last` are days, both included.

    Whoever opens it vouches for the main address. `invite` sends the welcome mail with a one-time link to choose a
    password (OUT-8); who has registered and waits for this yes gets it in any case, once the period has begun. Whom
    an agent keeps out does not get in by registering. InvalidInput for a period that ends before it begins, Refused
    when the mail cannot be written: the portal has no address, no mailbox sends, or too much was sent there already.
    Then nothing is opened.
    """
    period = {"portal_from": first, "portal_until": last}
    values: dict[str, object] = {name: day for name, day in period.items() if day is not None}
    change = setup.edit(desk, actor, "contact", key, {"portal_access": on, **values})
    change, waited = _answer(desk, actor, change, on=on)
    whose = ContactAddress.contact_id == change.id
    if on:
        ContactAddress.update(confirmed_at=desk.now()).where(
            whose, ContactAddress.main == 1, ContactAddress.confirmed_at.is_null()
        ).execute()
    else:
        sessions.end_all(desk, change.id or 0)
        portal_tokens.kill_all(desk, change.id or 0)
    if on and (invite or (waited and _opens_today(desk, change.id or 0))):
        _refuse_before_it_opens(desk, change.id or 0, change.key)
        _invite(desk, actor, change.id or 0, change.key)
    return change


@transaction
def add_address(desk: Desk, actor: Actor, key: str, address: str) -> Change:
    """Give a contact a further address, named by an agent and so confirmed. Exists when another contact has it."""
    current = _open(desk, actor, key)
    address = ADDRESS.read(address)
    there = ContactAddress.get_or_none(ContactAddress.address == address)
    if there is not None and there.contact_id == current.id:
        return Change("contact", current.key, current.id, "unchanged")
    if there is not None:
        other = stored.key_of(desk, "contact", there.contact_id)
        raise Exists(
            f"{address} belongs to contact {other}",
            hint=f"helpdeskctl contact merge {other} {current.key}",
            subject=f"contact/{current.key}",
        )
    ContactAddress.insert(address=address, contact_id=current.id, confirmed_at=desk.now()).execute()
    return _told(desk, actor, current, "address_added", address)


@transaction
def remove_address(desk: Desk, actor: Actor, key: str, address: str) -> Change:
    """Take a further address away. Refused for the main one, NotFound when the contact has it not."""
    current = _open(desk, actor, key)
    address = address.strip().casefold()
    if address == current.key:
        raise Refused(
            f"{address} is the main address",
            hint=f"helpdeskctl contact rename {address} NEW",
            subject=f"contact/{current.key}",
        )
    if address not in current.values["addresses"]:
        listed = ", ".join(current.values["addresses"])
        raise NotFound(f'no address "{address}"', hint=f"known: {listed}", subject=f"contact/{current.key}")
    ContactAddress.delete().where(ContactAddress.address == address).execute()
    return _told(desk, actor, current, "address_removed", address)


@transaction
def block(desk: Desk, actor: Actor, key: str) -> Change:
    """Keep mail from every address of a contact out."""
    current = stored.one(desk, "contact", key)
    done = [blocks.add(desk, actor, address) for address in current.values["addresses"]]
    return _either(current, any(change.action in {"created", "updated"} for change in done))


@transaction
def unblock(desk: Desk, actor: Actor, key: str) -> Change:
    """Let mail from the addresses of a contact in again."""
    current = stored.one(desk, "contact", key)
    done = [blocks.lift(desk, actor, address) for address in current.values["addresses"]]
    return _either(current, any(change.action == "deleted" for change in done))


def _answer(desk: Desk, actor: Actor, change: Change, *, on: bool) -> tuple[Change, bool]:
    """Yes or no to whoever has registered or will: the change with what was not so before, and whether they waited."""
    contact = Contact.get(Contact.id == change.id)
    waited = contact.portal_asked_at is not None
    anew = not on and colleagues.closed_by_colleagues(change.key)  # a main contact's no is theirs to take back
    if not waited and contact.portal_refused != on and not anew:
        return change, False
    Contact.update(portal_refused=not on, portal_asked_at=None).where(Contact.id == change.id).execute()
    if change.action == "updated" and not anew:
        return change, waited
    events.record(desk, actor, "let_in" if on else "kept_out", subject=("contact", change.key))
    return replace(change, action="updated", changed=("portal_access",)), waited


def _opens_today(desk: Desk, number: int) -> bool:
    return outgoing.may_sign_in(Contact.get(Contact.id == number), settings.today(desk))


def _refuse_before_it_opens(desk: Desk, number: int, address: str) -> None:
    """An invitation that ends before the portal opens is none."""
    contact = Contact.get(Contact.id == number)
    if not _opens_today(desk, number):
        period = f"from {contact.portal_from or 'now'} until {contact.portal_until or 'ever'}"
        raise Refused(
            f"the portal is open to {address} {period}, not today",
            hint=f"helpdeskctl contact portal {address} --on --invite, on its first day",
            subject=f"contact/{address}",
        )


def welcome(desk: Desk, number: int, address: str) -> None:
    """Let a new contact in and tell them so, where the desk welcomes everybody who is new (OUT-8).

    Where that mail cannot be sent the contact is made without, and its history says why.
    """
    if not invitations.due(desk, number):
        return
    try:
        with desk.database.savepoint():
            _invite(desk, SYSTEM, number, address)
    except Refused as refused:
        events.record(
            desk, SYSTEM, invitations.NOT_INVITED, subject=("contact", address), data={"why": refused.message}
        )


def _invite(desk: Desk, actor: Actor, number: int, address: str) -> None:
    invitations.refuse_unless_mail_works(desk)
    link = invitations.issue(desk, actor, number, address)
    if notices.account_mail(desk, "welcome", number, address, link=link) is None:
        raise Refused(
            f"{address} has got as much automatic mail as anybody gets for now",
            hint=f"later: helpdeskctl contact portal {address} --on --invite",
            subject=f"contact/{address}",
        )


def _open(desk: Desk, actor: Actor, key: str) -> SetUpObject:
    setup.permit(desk, actor, CONTACT)
    return stored.one(desk, "contact", key)


def _told(desk: Desk, actor: Actor, current: SetUpObject, verb: str, address: str) -> Change:
    events.record(desk, actor, verb, subject=("contact", current.key), data={"address": address})
    return Change("contact", current.key, current.id, "updated", ("addresses",))


def _either(current: SetUpObject, changed: bool) -> Change:
    if not changed:
        return Change("contact", current.key, current.id, "unchanged")
    return Change("contact", current.key, current.id, "updated", ("blocked",))
