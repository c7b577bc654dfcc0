"""Customers say how content they are with a closed ticket: in the portal, or by a link in the mail that closes it."""

from __future__ import annotations

from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Kind, Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.domain.text import clean
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import events, portal_links, rate_limits
from helpdeskctl.operations import ticket_rows as rows
from helpdeskctl.operations.portal_links import Link
from helpdeskctl.queries import access, portal, ratings, settings
from helpdeskctl.queries.outgoing import About
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, Message, PortalToken, Rating, Status, Ticket

PURPOSE = "rate"
LASTS = timedelta(days=30)
LONGEST = 5000  # characters of what somebody writes beside it


@transaction
def rate(desk: Desk, actor: Actor, number: int, *, good: bool, words: str = "") -> Change:
    """The requester's word on a closed ticket; a later one takes its place.

    Refused while the desk does not ask or the ticket is not closed, NotPermitted for everybody else who sees it.
    """
    ticket = rows.begin(desk, actor, number, Action.RATE)
    if not settings.get(desk, "ratings") or Status.get(Status.id == ticket.status_id).kind != Kind.CLOSED:
        raise Refused("it is rated once it is closed, where the desk asks for ratings", subject=f"ticket/{number}")
    return _write(desk, actor, number, good=good, words=words)


def rate_by_link(desk: Desk, secret: str, *, good: bool, words: str = "") -> int | None:
    """The same by a mailed link, as often as it holds; the ticket's number, None when the link is not good.

    The link proves its address, whatever became of the ticket meanwhile: the mail asked, so the answer counts.
    TooMany past the limit.
    """
    number = ratings.asked_by(desk, secret)
    if number is None:
        return None
    rate_limits.hit(desk, rate_limits.RATINGS, str(number))
    return _rate_by_link(desk, secret, good=good, words=words)


@transaction
def unsubscribe(desk: Desk, secret: str) -> bool:
    """No more mail that asks for ratings, by the link of one (RFC 8058); False when the link is not good."""
    row = _token(desk, secret)
    if row is None:
        return False
    contact = Contact.get(Contact.id == row.contact_id)
    if contact.wants_mail.get("rating", True):
        wishes = contact.wants_mail | {"rating": False}
        Contact.update(wants_mail=wishes).where(Contact.id == contact.id).execute()
        who = access.contact_actor(desk, contact.id)
        data = {"wants_mail": {"from": contact.wants_mail, "to": wishes}}
        events.record(desk, who, "updated", subject=("contact", who.label), data=data)
    return True


def asks(desk: Desk, about: About) -> bool:
    """Whether the mail that a ticket is closed asks its requester, too: where the desk asks, once a ticket, a person
    who wrote to us and who did not turn it down."""
    known = settings.several(desk, "ratings", "portal_url")
    if not (known["ratings"] and known["portal_url"]) or "rating" in about.unwanted:
        return False
    people = Message.select().where(
        Message.ticket_id == about.number, Message.direction == "in", Message.automatic == 0
    )
    shown = Ticket.select().where(Ticket.id == about.number, Ticket.portal == 1)
    return shown.exists() and people.exists() and ratings.of_ticket(about.number) is None


@transaction
def link(desk: Desk, about: About) -> Link:
    """The link by which the requester of a ticket rates it, for 30 days."""
    return portal_links.one_time(
        desk, PURPOSE, lasts=LASTS, contact_id=about.contact_id, address=about.address, ticket=about.number
    )


@transaction
def _rate_by_link(desk: Desk, secret: str, *, good: bool, words: str) -> int | None:
    row = _token(desk, secret)
    if row is None or row.ticket_id is None or row.address is None:
        return None
    who = Actor("contact", row.contact_id, row.address, row.address, addresses=frozenset({row.address}))
    try:
        rows.permit(who, Action.RATE, access.ticket_facts(desk, row.ticket_id))
    except NotFound:  # spam, hidden, somebody else's by now: a link tells nothing of that
        return None
    _write(desk, who, row.ticket_id, good=good, words=words)
    return int(row.ticket_id)


def _token(desk: Desk, secret: str) -> PortalToken | None:
    found: PortalToken | None = PortalToken.select().where(*portal.usable(desk, secret, PURPOSE)).first()
    return found


def _write(desk: Desk, actor: Actor, number: int, *, good: bool, words: str) -> Change:
    words = clean(words).strip()[:LONGEST]
    before = ratings.of_ticket(number)
    if before is not None and (before.good, before.words) == (good, words):
        return Change("ticket", str(number), number, "unchanged")
    given = {"contact_id": actor.person.id, "good": good, "words": words, "at": desk.now()}
    Rating.insert(ticket_id=number, **given).on_conflict(conflict_target=[Rating.ticket_id], update=given).execute()
    data = {"from": _word(before.good) if before else None, "to": _word(good)}
    events.record(desk, actor, Verb.RATED, ticket=number, data=data)
    return Change("ticket", str(number), number, "updated", ("rating",))


def _word(good: bool) -> str:
    return "good" if good else "bad"
