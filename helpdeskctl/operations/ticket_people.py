"""Who is on a ticket besides its requester, who looks at it, and links that open it without a login."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import contacts, events
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.tickets import changed
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import ContactAddress, MailboxAddress, Participant, PortalToken, Presence

_LINK_LASTS = timedelta(days=30)
PRESENT = timedelta(seconds=45)  # three heartbeats of fifteen seconds


@transaction
def add_person(
    desk: Desk,
    actor: Actor,
    number: int,
    address: str,
    *,
    name: str = "",
    may_view: bool = False,
    suggested: bool = False,
) -> Change:
    """Put a person on the ticket: future mail goes there too; `may_view` shows it to them in the portal.

    Own addresses are refused with InvalidInput. `suggested` only notes the person for an agent to accept (MAIL-15).
    """
    rows.begin(desk, actor, number, Action.PEOPLE)
    return participate(desk, actor, number, address, name=name, may_view=may_view, suggested=suggested)


@transaction
def participate(
    desk: Desk,
    actor: Actor,
    number: int,
    address: str,
    *,
    name: str = "",
    may_view: bool = False,
    suggested: bool = False,
) -> Change:
    """`add_person` without asking for a right: for mail whose decision was made already."""
    if MailboxAddress.get_or_none(MailboxAddress.address == address.casefold()) is not None:
        raise InvalidInput(f"{address} is an address of this desk", subject=f"ticket/{number}")
    contact_id = contacts.known_or_new(desk, address, name=name, origin="cc")
    state = "suggested" if suggested else "active"
    there = Participant.get_or_none(Participant.ticket_id == number, Participant.contact_id == contact_id)
    if there is not None and there.state == state and there.may_view >= may_view:
        return changed(number)
    if there is not None and suggested and there.state != "suggested":
        return changed(number)  # who is on it, or was taken off by a person, is not suggested again
    Participant.insert(ticket_id=number, contact_id=contact_id, state=state, may_view=may_view).on_conflict(
        conflict_target=[Participant.ticket_id, Participant.contact_id],
        update={Participant.state: state, Participant.may_view: may_view},
    ).execute()
    data = {"address": address.casefold(), "may_view": may_view, "suggested": suggested}
    events.record(desk, actor, Verb.PERSON_ADDED, ticket=number, data=data)
    return changed(number, "participants")


@transaction
def remove_person(desk: Desk, actor: Actor, number: int, address: str) -> Change:
    """Take a person off the ticket. NotFound when no such person is on it."""
    rows.begin(desk, actor, number, Action.PEOPLE)
    owner = ContactAddress.get_or_none(ContactAddress.address == address.casefold())
    there = owner and Participant.get_or_none(
        Participant.ticket_id == number, Participant.contact_id == owner.contact_id, Participant.state != "removed"
    )
    if not there:
        raise NotFound(
            f"{address} is not on #{number}", hint=f"helpdeskctl ticket show {number}", subject=f"ticket/{number}"
        )
    Participant.update(state="removed", may_view=False).where(Participant.id == there.id).execute()
    events.record(desk, actor, Verb.PERSON_REMOVED, ticket=number, data={"address": address.casefold()})
    return changed(number, "participants")


@transaction
def share(desk: Desk, actor: Actor, number: int, *, until: datetime | None = None) -> str:
    """Make a link that opens this one ticket without a login (POR-5); returns its secret, which is shown only once."""
    rows.begin(desk, actor, number)
    secret = secrets.token_urlsafe(32)
    expires = until or desk.now() + _LINK_LASTS
    if expires <= desk.now():
        raise InvalidInput("a link needs a later end", hint="--until 2026-06-01")
    PortalToken.insert(
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        purpose="ticket_link",
        ticket_id=number,
        expires_at=expires,
        created_at=desk.now(),
    ).execute()
    events.record(desk, actor, Verb.SHARED, ticket=number, data={"until": expires.isoformat()})
    return secret


@transaction
def unshare(desk: Desk, actor: Actor, number: int) -> Change:
    """Revoke every link of the ticket."""
    rows.begin(desk, actor, number)
    gone = PortalToken.delete().where(PortalToken.ticket_id == number, PortalToken.purpose == "ticket_link").execute()
    if not gone:
        return changed(number)
    events.record(desk, actor, Verb.UNSHARED, ticket=number, data={"links": gone})
    return changed(number, "links")


@transaction
def present(desk: Desk, actor: Actor, number: int, mode: str) -> None:
    """A heartbeat: this agent is `viewing` or `writing` in the ticket (TIC-11); it counts for `PRESENT`."""
    now = desk.now()
    Presence.insert(ticket_id=number, agent_id=actor.id, mode=mode, since=now, seen_at=now).on_conflict(
        conflict_target=[Presence.ticket_id, Presence.agent_id],
        update={Presence.mode: mode, Presence.seen_at: now},
    ).execute()


@transaction
def leave(desk: Desk, actor: Actor, number: int) -> None:
    """The agent looks elsewhere now."""
    Presence.delete().where(Presence.ticket_id == number, Presence.agent_id == actor.id).execute()
