"""Erasing a person (CON-4, TIC-20): who they were goes for good, what happened on the desk stays.

Kept are the tickets with what was written in them, the files, the events, and a block of their address. What left the
database before, into backups or mail servers, is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.delivery import WAITING, State
from helpdeskctl.domain.erasure import NAME, blanked
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused, TryAgain
from helpdeskctl.operations import events, messages
from helpdeskctl.operations.blob_uses import unreferenced
from helpdeskctl.operations.contact_traces import Person, person, scrub, scrub_on_behalf, scrub_written
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    AutomaticMail,
    Block,
    Contact,
    ContactAddress,
    ContactIdentity,
    Delegate,
    Draft,
    Event,
    FieldValue,
    IncomingMail,
    MailboxAddress,
    Message,
    Mute,
    OutgoingMail,
    OutgoingRecipient,
    PortalDraft,
    PortalSession,
    PortalToken,
    Quarantine,
    Rating,
    Suppression,
    Ticket,
)

_PAGE = 500
_UNSETTLED = ("received", "failed")  # still to be judged: what becomes of them is a new contact
_WAITING = [state.value for state in WAITING]
_FOR_GOOD = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Erased:
    """The contact under its new key, what was removed, by name, and how many tickets of theirs stay."""

    change: Change
    removed: Mapping[str, int]
    tickets: int


@transaction
def anonymize(desk: Desk, actor: Actor, key: str, *, confirm: str) -> Erased:
    """Erase a person. It cannot be undone.

    InvalidInput unless `confirm` repeats `key`, NotPermitted for who is no admin, NotFound, Refused for an address of
    an agent or a mailbox, TryAgain while a mail to them is being sent.
    """
    if confirm.strip().casefold() != key.strip().casefold():
        raise InvalidInput("erasing asks for the address again", hint=f"--confirm {key}", subject=f"contact/{key}")
    if actor.kind != "system" and not actor.admin:
        raise NotPermitted("only admins erase a person", hint="--as an admin", subject=f"contact/{key}")
    current = stored.one(desk, "contact", key)
    _refuse_own(current.key, current.values["addresses"])
    who = person(desk, current.id)
    written = _messages(desk, who)
    removed = {
        "addresses": len(current.values["addresses"]),
        "messages": len(written),
        "mails": _incoming(desk, who),
        "outgoing": _outgoing(desk, who),
        "events": _events(desk, who),
        "sessions": _portal(who),
    }
    _contact(desk, who)
    _reindex(desk, written)
    alias = who.traces.alias
    events.record(desk, actor, "anonymized", subject=("contact", alias), data=removed)
    change = Change("contact", alias, who.id, "updated", ("key", "name", "addresses", "phone", "notes", "fields"))
    return Erased(change, removed, Ticket.select(Ticket.id).where(Ticket.id.in_(who.tickets)).count())


def _refuse_own(key: str, addresses: Iterable[str]) -> None:
    """The desk's own people and mailboxes are named in what others did; they are no customers."""
    listed = list(addresses)
    for noun, model in (("agent", Agent), ("mailbox", MailboxAddress)):
        row = model.get_or_none(model.address.in_(listed))
        if row is not None:
            hint = f"helpdeskctl contact delete {key}, or: contact address remove {key} {row.address}"
            raise Refused(f"{row.address} is the address of an {noun} too", hint=hint, subject=f"contact/{key}")


def _messages(desk: Desk, who: Person) -> set[int]:
    """Author and recipients of messages, the address that answers went to, drafts; returns the messages changed."""
    theirs = Message.contact_id.in_(who.ids)
    written = {row.id for row in Message.select(Message.id).where(theirs)}
    Message.update(author_name=NAME, author_address=who.traces.alias).where(theirs).execute()
    Ticket.update(requester_address=who.traces.alias).where(Ticket.contact_id.in_(who.ids)).execute()
    written.update(scrub(desk, Message, ("author_name", "author_address", "recipients"), who.traces))
    written.update(scrub_written(desk, who))
    written.update(scrub_on_behalf(who))
    scrub(desk, Rating, ("words",), who.traces, Rating.ticket_id.in_(who.tickets))
    scrub(desk, Ticket, ("subject", "requester_address"), who.traces, Ticket.id.in_(who.tickets))
    scrub(desk, Draft, ("content",), who.traces)
    return written


def _incoming(desk: Desk, who: Person) -> int:
    """The ledger keeps that a mail came; sender, subject and the bytes go, and nobody can release it any more."""
    wrote = Message.select(Message.incoming_id).where(
        Message.contact_id.in_(who.ids), Message.incoming_id.is_null(False)
    )
    theirs = fn.LOWER(IncomingMail.sender).in_(who.addresses) | IncomingMail.id.in_(wrote)
    rows = IncomingMail.select(IncomingMail.id, IncomingMail.raw_sha256).order_by(IncomingMail.id).limit(_PAGE)
    count, last = 0, 0
    while page := list(rows.where(theirs, IncomingMail.state.not_in(_UNSETTLED), IncomingMail.id > last)):
        ids = [row.id for row in page]
        held = Quarantine.incoming_id.in_(ids), Quarantine.state == "held"
        Quarantine.update(state="discarded").where(*held).execute()
        IncomingMail.update(sender=who.traces.alias, subject=None, raw_sha256=None).where(
            IncomingMail.id.in_(ids)
        ).execute()
        for sha256 in unreferenced(row.raw_sha256 for row in page if row.raw_sha256):
            desk.blobs.forget(sha256, named_before=desk.now() + timedelta(seconds=1), young=True)
        count, last = count + len(page), page[-1].id
    scrub(desk, IncomingMail, ("rule", "reason"), who.traces)
    scrub(desk, Quarantine, ("detail",), who.traces)
    return count


def _outgoing(desk: Desk, who: Person) -> int:
    """What waits to be sent to them stays here; what was sent keeps its state and loses whom it went to."""
    rows = list(OutgoingRecipient.select().where(OutgoingRecipient.address.in_(who.addresses)))
    if any(row.state == State.SENDING for row in rows):
        raise TryAgain("a mail to them is being sent just now", hint="try again in a minute")
    mails: set[int] = set()
    for row in rows:
        if row.outgoing_id in mails:  # under another of their addresses
            OutgoingRecipient.delete().where(OutgoingRecipient.id == row.id).execute()
            continue
        mails.add(row.outgoing_id)
        state = State.CANCELLED.value if row.state in _WAITING else row.state
        changes = {"address": who.traces.alias, "detail": "", "state": state}
        OutgoingRecipient.update(**changes).where(OutgoingRecipient.id == row.id).execute()
    still = OutgoingRecipient.select(OutgoingRecipient.outgoing_id).where(OutgoingRecipient.state.in_(_WAITING))
    nobody_left = OutgoingMail.state.in_(_WAITING), OutgoingMail.id.in_(mails), OutgoingMail.id.not_in(still)
    OutgoingMail.update(state=State.CANCELLED.value).where(*nobody_left).execute()
    mails.update(scrub(desk, OutgoingMail, ("content",), who.traces))
    scrub(desk, OutgoingRecipient, ("detail",), who.traces)
    return len(mails)


def _events(desk: Desk, who: Person) -> int:
    """Of what happened to the contact only the kind stays; elsewhere the person is taken out of what was told."""
    theirs = Event.select().where(Event.object_kind == "contact", Event.object_key.in_(who.addresses))
    about = list(theirs)
    for row in about:
        changes = {"object_key": who.traces.alias, "data": blanked(row.data)}
        Event.update(**changes).where(Event.id == row.id).execute()
    blocked = [row.value for row in Block.select().where(Block.kind == "address", Block.value.in_(who.addresses))]
    told = Event.object_kind.is_null() | (Event.object_kind != "block") | Event.object_key.not_in(blocked)
    changed = scrub(desk, Event, ("actor_label", "object_key", "data", "reason"), who.traces, told)
    return len({*changed, *(row.id for row in about)})


def _portal(who: Person) -> int:
    """Sessions, links and forms of the portal, who acts for whom; what was counted about their addresses."""
    sessions = PortalSession.delete().where(PortalSession.contact_id.in_(who.ids)).execute()
    PortalSession.delete().where(PortalSession.acting_for_id.in_(who.ids)).execute()
    Delegate.delete().where(Delegate.contact_id.in_(who.ids) | Delegate.delegate_id.in_(who.ids)).execute()
    ContactIdentity.delete().where(ContactIdentity.contact_id.in_(who.ids)).execute()
    Mute.delete().where(Mute.contact_id.in_(who.ids)).execute()
    links = PortalToken.contact_id.in_(who.ids) | PortalToken.address.in_(who.addresses)
    PortalToken.delete().where(links).execute()
    PortalDraft.delete().where(PortalDraft.contact_id.in_(who.ids)).execute()
    for model in (AutomaticMail, Suppression):
        model.delete().where(model.address.in_(who.addresses)).execute()
    return int(sessions)


def _contact(desk: Desk, who: Person) -> None:
    """The contact stays as a place to which tickets point; its new address gets no automatic mail."""
    Contact.update(
        name=NAME, company_id=None, main_contact=False, language=None, timezone=None, phone="", notes="",
        external_id=None, portal_access=False, portal_from=None, portal_until=None, portal_asked_at=None,
        wants_mail={}, deletion_asked_at=None, password_hash=None, password_changed_at=None,
    ).where(Contact.id.in_(who.ids)).execute()  # fmt: skip
    FieldValue.delete().where(FieldValue.contact_id.in_(who.ids)).execute()
    ContactAddress.delete().where(ContactAddress.contact_id.in_(who.ids)).execute()
    ContactAddress.insert(address=who.traces.alias, contact_id=who.id, main=True).execute()
    Suppression.insert(address=who.traces.alias, until=desk.now() + _FOR_GOOD, reason="erased").execute()


def _reindex(desk: Desk, written: Iterable[int]) -> None:
    for message_id in sorted(written):
        number = Message.get(Message.id == message_id).ticket_id
        messages.reindex(desk, message_id, subject=Ticket.get(Ticket.id == number).subject)
