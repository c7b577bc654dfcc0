"""A company as its main contacts see it: its tickets, and its people with their way into the portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.queries.access import Condition
from helpdeskctl.store.tables import Company, CompanyDomain, Contact, ContactAddress, Event, Ticket

PAGE = 50
_MOST_CHOICES = 200
_ABOUT_ACCESS = ("kept_out", "let_in", "updated")

State = Literal["open", "invited", "outside", "closed"]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the company. `state`: may sign in; was let in and never did; outside the period; may not.

    `last` is the last day of the period.
    """

    contact_id: int
    name: str
    address: str
    state: State
    main: bool
    me: bool
    last: date | None = None


@dataclass(frozen=True, slots=True)
class People:
    """A page of colleagues by name; `next` is the contact to go on after. `domains` are those the company claims."""

    company: str
    colleagues: tuple[Colleague, ...]
    next: int | None
    domains: tuple[str, ...]


def people(desk: Desk, actor: Actor, *, after: int | None = None) -> People:
    """The people of the company whose main contact asks. NotFound for everybody else."""
    company = looked_after(actor)
    rows = list(_by_name(company, after).limit(PAGE + 1))
    colleagues = _colleagues(desk, actor, rows[:PAGE])
    return People(name(company), colleagues, rows[PAGE - 1].id if len(rows) > PAGE else None, domains(company))


def looked_after(actor: Actor) -> int:
    """The company of whose people this customer takes care. NotFound when there is none."""
    if not permissions.may_among(actor, Action.COLLEAGUES, actor.company_id).allowed:
        raise NotFound("no such page")
    return actor.company_id or 0


def seen_by(actor: Actor) -> int:
    """The company of which this customer sees all tickets, for themselves or for whom they act. NotFound without."""
    if actor.person.company_id is None:
        raise NotFound("no such page")
    return actor.person.company_id


def tickets_of(company: int, who: int | None = None) -> Condition:
    """The tickets of a company, or those of them that one person opened; whether they may be seen is not in it."""
    all_of_it = Ticket.company_id == company
    return all_of_it if who is None else all_of_it & (Ticket.contact_id == who)


def choices(company: int) -> tuple[tuple[int, str], ...]:
    """People to choose from, by name: id and name."""
    return tuple((row.id, row.name) for row in _by_name(company, None).limit(_MOST_CHOICES))


def name(company: int) -> str:
    """What a company is called."""
    return str(Company.get(Company.id == company).name)


def domains(company: int) -> tuple[str, ...]:
    """The mail domains that a company claims."""
    rows = CompanyDomain.select().where(CompanyDomain.company_id == company).order_by(CompanyDomain.domain)
    return tuple(row.domain for row in rows)


def closed_by_colleagues(key: str) -> bool:
    """Whether it was a main contact who closed the portal to the contact of this key, and no agent has said anything
    since."""
    about = Event.select().where(Event.object_kind == "contact", Event.object_key == key, Event.verb.in_(_ABOUT_ACCESS))
    for event in about.order_by(Event.id.desc()):
        if event.verb != "updated" or "portal_access" in event.data:
            return bool(event.verb == "kept_out" and event.actor_kind == "contact")
    return False


def _by_name(company: int, after: int | None) -> Any:
    rows = Contact.select().where(Contact.company_id == company, Contact.merged_into_id.is_null())
    last = Contact.get_or_none(Contact.id == after, Contact.company_id == company) if after else None
    if last is not None:
        rows = rows.where((Contact.name > last.name) | ((Contact.name == last.name) & (Contact.id > last.id)))
    return rows.order_by(Contact.name, Contact.id)


def _colleagues(desk: Desk, actor: Actor, rows: list[Contact]) -> tuple[Colleague, ...]:
    theirs = ContactAddress.contact_id.in_([row.id for row in rows])
    known = list(ContactAddress.select().where(theirs).order_by(ContactAddress.main))
    main = {row.contact_id: row.address for row in known}
    proven = {row.contact_id for row in known if row.confirmed_at is not None}
    today = settings.today(desk)

    def state(row: Contact) -> State:
        if not row.portal_access:
            return "closed"
        if not outgoing.may_sign_in(row, today):
            return "outside"
        return "open" if row.id in proven else "invited"

    return tuple(
        Colleague(
            row.id, row.name, main.get(row.id, ""), state(row), bool(row.main_contact), row.id == actor.id,
            date.fromisoformat(row.portal_until) if row.portal_until else None,
        )
        for row in rows
    )  # fmt: skip
