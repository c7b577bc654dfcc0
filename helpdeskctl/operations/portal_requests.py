"""What customers do to tickets in the portal: ask anew, signed in or as a guest, and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain import wording
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput, NewerMessages, NotPermitted, Refused
from helpdeskctl.operations import (
    contacts,
    notices,
    portal_drafts,
    portal_links,
    rate_limits,
    ticket_fields,
    tickets,
    typed_addresses,
)
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.operations.portal_drafts import Form
from helpdeskctl.operations.tickets import NewTicket
from helpdeskctl.queries import access, portal_fields, portal_forms, portal_thread, settings
from helpdeskctl.queries.portal_forms import Subject
from helpdeskctl.store.database import transaction

PRIORITIES = (Priority.LOW, Priority.NORMAL, Priority.HIGH)
"""Those that customers choose from, where the setting portal_priority lets them."""
CONFIRM_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it was typed, cleaned: what it is about and what it says.

    `fields`: custom fields of the topic by key. `priority`: as its sender sees it (`PRIORITIES`), None as usual.
    """

    about: Subject
    subject: str
    body: str
    fields: Mapping[str, str] = field(default_factory=dict)
    priority: Priority | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Who says to be writing."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form: the ticket, the message (0 when it was sent before), and mails to hand over now."""

    number: int
    message_id: int = 0
    mails: tuple[int, ...] = ()


def open_request(desk: Desk, actor: Actor, form: Form, new: NewRequest) -> Sent:
    """Open a ticket for a signed-in customer, or for whom they act (CON-6). Refused without a confirmed address or when
    the department is closed, InvalidInput for a field that the topic does not ask for, TooMany past the limit. The
    form's basket becomes its attachments; a form that was sent before changes nothing."""
    if not actor.person.addresses:
        raise NotPermitted("none of your addresses is confirmed")
    _refuse_what_was_not_asked(desk, new)
    rate_limits.hit(desk, rate_limits.WRITES, str(actor.id))
    return _open(desk, actor, form, new)


def guest_request(desk: Desk, guest: Guest, form: Form, new: NewRequest) -> Sent:
    """Open a ticket as from an unconfirmed address: agents see the mark, the portal shows it once it is confirmed.

    One receipt goes out; it carries the confirmation link and none of the guest's words. InvalidInput for an address
    that is none or our own, Refused where guests may not write, TooMany past the limits.
    """
    if not settings.get(desk, "guest_requests"):
        raise Refused("requests are written after signing in", hint="helpdeskctl setting set guest_requests on")
    address = typed_addresses.checked(guest.address)
    _refuse_what_was_not_asked(desk, new)
    rate_limits.hit(desk, rate_limits.GUEST_PEER, form.network)
    rate_limits.hit(desk, rate_limits.GUEST_ADDRESS, address)
    return _open_as_guest(desk, replace(guest, address=address), form, new)


def reply(desk: Desk, actor: Actor, number: int, form: Form, *, body: str, seen: int) -> Sent:
    """A customer's answer; where it landed: a closed ticket reopens or is followed up by a new one (TIC-7).

    NotFound for a ticket that may not be seen, NotPermitted when it may not be answered (billed; closed for good, for
    who has no more than a link to it), NewerMessages when somebody else wrote after message `seen` (TIC-11), TooMany
    past the limit.
    """
    rate_limits.hit(desk, rate_limits.WRITES, str(actor.id or f"link|{actor.ticket}"))
    return _reply(desk, actor, number, form, body=body, seen=seen)


@transaction
def _open(desk: Desk, actor: Actor, form: Form, new: NewRequest) -> Sent:
    if not portal_drafts.claim(desk, form):
        return _sent_before(desk, form)
    opened = _new_ticket(desk, actor, Guest(actor.person.address, actor.person.name), form, new)
    return _with_mail(desk, form, opened, notices.receipt(desk, opened.number, opened.message_id))


@transaction
def _open_as_guest(desk: Desk, guest: Guest, form: Form, new: NewRequest) -> Sent:
    if not portal_drafts.claim(desk, form):
        return _sent_before(desk, form)
    contact_id = contacts.known_or_new(desk, guest.address, name=guest.name, origin="portal")
    opened = _new_ticket(desk, Actor("contact", contact_id, guest.address, guest.name), guest, form, new)
    if settings.get(desk, "portal_url") is None:  # nothing could confirm it, and nothing of it may be mailed
        return _with_mail(desk, form, opened, None)
    link = portal_links.one_time(
        desk, "confirm", lasts=CONFIRM_LASTS, contact_id=contact_id, address=guest.address, ticket=opened.number
    )
    return _with_mail(desk, form, opened, notices.receipt(desk, opened.number, opened.message_id, link=link))


def _new_ticket(desk: Desk, actor: Actor, who: Guest, form: Form, new: NewRequest) -> Sent:
    ticket = NewTicket(
        subject=new.subject,
        department_id=new.about.department_id,
        contact_id=actor.person.id or 0,
        requester_address=who.address,
        origin="portal",
        topic_id=new.about.topic_id,
        priority=new.priority,
        proven=who.address in actor.person.addresses,
    )
    opened = tickets.open_ticket(desk, actor, ticket, _message(desk, actor, who, form, new.body))
    ticket_fields.fill_in(desk, actor, opened.number, new.fields)
    return Sent(opened.number, opened.message_id)


@transaction
def _reply(desk: Desk, actor: Actor, number: int, form: Form, *, body: str, seen: int) -> Sent:
    ticket = rows.locked(desk, number)
    rows.permit(actor, Action.REPLY, access.ticket_facts(desk, number))
    if actor.kind == "link" and tickets.goes_on_elsewhere(desk, ticket):
        raise NotPermitted("a link to a ticket opens no other one", subject=f"ticket/{number}")
    if not portal_drafts.claim(desk, form):
        return _sent_before(desk, form)
    if portal_thread.newest_public(desk, number, but_of=actor) > seen:
        raise NewerMessages(f"#{number}: something arrived since message {seen}", subject=f"ticket/{number}")
    message = _message(desk, actor, Guest(actor.address, actor.name), form, body)
    received = tickets.customer_message(desk, actor, number, message)
    portal_drafts.settle(desk, form, number=received.number)
    return Sent(received.number, received.message_id)


def _message(desk: Desk, actor: Actor, who: Guest, form: Form, body: str) -> NewMessage:
    if actor.kind == "link":  # it proves no address
        who = replace(who, address="")
    if person := actor.acting_for:
        who = Guest(actor.address, wording.of(person.language).for_another(actor.name, person.name))
    return NewMessage(
        kind="portal",
        direction="in",
        body=body,
        contact_id=actor.id,
        author_name=who.name,
        author_address=who.address,
        attachments=portal_drafts.hand_over(desk, form.nonce),
    )


def _refuse_what_was_not_asked(desk: Desk, new: NewRequest) -> None:
    asked = {each.key for each in portal_fields.asked(desk, new.about.topic_id)}
    if unknown := sorted(set(new.fields) - asked):
        raise InvalidInput(f"the form does not ask for {', '.join(unknown)}")


def _with_mail(desk: Desk, form: Form, sent: Sent, mail: int | None) -> Sent:
    portal_drafts.settle(desk, form, number=sent.number, mailed=mail is not None)
    return replace(sent, mails=(mail,) if mail else ())


def _sent_before(desk: Desk, form: Form) -> Sent:
    return Sent(portal_forms.went_to(desk, form.nonce) or 0)
