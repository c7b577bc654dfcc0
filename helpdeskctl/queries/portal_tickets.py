"""A customer's tickets as the portal lists them: nothing that the permission table hides (TIC-4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations, permissions, wording
from helpdeskctl.domain.filters_words import PORTAL_WORDS
from helpdeskctl.domain.folding import fold
from helpdeskctl.domain.lifecycle import Kind, reopening
from helpdeskctl.domain.permissions import Action, Actor, Scope
from helpdeskctl.domain.presentation import Facts, Shown, in_plain_words
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.queries import access, filters, found, settings
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.outgoing import named, shown_name
from helpdeskctl.queries.portal_thread import PUBLIC
from helpdeskctl.store import compiled
from helpdeskctl.store.orm import JOIN, fn
from helpdeskctl.store.tables import Agent, Contact, Department, Message, Mute, Status, Ticket

PAGE = 25
OPEN = (Kind.NEW, Kind.OPEN, Kind.QUESTION, Kind.ANSWERED, Kind.HOLD)
SHOWN: Mapping[str, Sequence[Kind] | None] = {
    "open": OPEN,
    "turn": (Kind.QUESTION,),
    "solved": (Kind.CLOSED,),
    "all": None,
    "muted": None,
}
"""The filters of the list and the kinds of status in them; None: whatever. What is muted is in the last two only."""
_MUTED = {"all": None, "muted": True}
"""Whether a filter lists what the reader muted: both, only that, else only the rest."""
_COLUMNS = (
    Ticket.id, Ticket.subject, Ticket.contact_id, Ticket.billed,
    Ticket.created_at, Ticket.updated_at, Ticket.closed_at, Ticket.snoozed_until,
)  # fmt: skip
_OF_ONE = (
    *access.FACTS, Ticket.subject, Ticket.merged_into_id,
    Ticket.created_at, Ticket.updated_at, Ticket.closed_at, Ticket.snoozed_until,
)  # fmt: skip
_SEEN: Any = Status.alias("shown_status")
_SHOWN_KIND = fn.coalesce(_SEEN.kind, Status.kind)
_MOST_TERMS = 8
_SPOKEN = re.compile(
    rf"(?:^|[\s(])(?:{'|'.join(sorted(PORTAL_WORDS))})(?::|~|[<>]=?)"
)  # the query language, no plain words
_ASKED = (Action.REPLY, Action.CLOSE, Action.REOPEN, Action.PEOPLE, Action.RATE, Action.MUTE)
_ENDED = {Action.REOPEN}  # once closed for good: a customer's answer opens a new request, of which a link shows nothing


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in the list. `shown` is its state in plain words; `last_at` the newest public message.

    `requester`: who opened it; `mine`: the reader did.
    """

    number: int
    subject: str
    shown: Shown
    requester: str
    created_at: datetime
    last_at: datetime
    mine: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, newest request first; `next` is the number to go on after. `counts`: tickets per filter."""

    lines: tuple[Line, ...]
    next: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Detail:
    """A ticket's page without its thread. `rights`: what the reader may do to it now; else as `Line`.

    `shared`: others take part besides the requester; `merged`: it lives on in another.
    """

    number: int
    subject: str
    shown: Shown
    closed: bool
    billed: bool
    rights: frozenset[Action]
    created_at: datetime
    requester: str
    mine: bool
    shared: bool
    merged: bool


def page(
    desk: Desk,
    actor: Actor,
    *,
    show: str = "open",
    query: str = "",
    after: int | None = None,
    among: Condition | None = None,
) -> Page:
    """A page of the tickets this customer sees, filtered by `show` and by the words or number in `query`.

    `query` may be of the query language, as far as customers have it. `among`: only of these.
    """
    wanted = _Wanted(permissions.scope(actor), SHOWN.get(show, OPEN), _MUTED.get(show, False), after)
    if query or among is not None:
        more = _matching(desk, actor, query) if query else None
        rows = list(_listed(wanted, PAGE + 1, among, more))
    else:
        rows = compiled.rows(_listed, wanted, PAGE + 1)
    of_all = replace(wanted, kinds=None, muted=None, after=None)
    counts = _counts(compiled.rows(_counted, of_all) if among is None else _counted(of_all, among))
    return Page(_lines(desk, actor, rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None, counts)


def some(desk: Desk, actor: Actor, *, show: str, after: int | None, most: int, among: Condition) -> tuple[Line, ...]:
    """The same without the counts, `most` lines at a time: for tables of any length."""
    wanted = _Wanted(permissions.scope(actor), SHOWN.get(show, OPEN), _MUTED.get(show, False), after)
    return _lines(desk, actor, list(_listed(wanted, most, among)))


def without_company(actor: Actor) -> Actor:
    """The customer as if they were nobody's main contact: whose own tickets and those shared with them are left."""
    who = replace(actor.person, company_id=None)
    return replace(actor, acting_for=who) if actor.acting_for else who


def detail(desk: Desk, actor: Actor, number: int) -> Detail:
    """A ticket this customer may see; NotFound otherwise, the same as for one that is not there."""
    row: Any = compiled.first(_row, number)
    facts = access.facts_of(row) if row else None
    if facts is None or not permissions.may(actor, Action.SEE, facts).allowed:
        raise _missing(number)
    (line,) = _lines(desk, actor, [row])
    closed = row.status_kind == Kind.CLOSED
    rights = {action for action in _ASKED if permissions.may(actor, action, facts).allowed}
    if closed and _closed_for_good(desk, row):
        rights -= _ENDED if actor.kind == "contact" else rights
    return Detail(
        number,
        row.subject,
        line.shown,
        closed,
        facts.billed,
        frozenset(rights),
        row.created_at,
        line.requester,
        line.mine,
        bool(facts.participants),
        row.merged_into_id is not None,
    )


def merged_into(desk: Desk, actor: Actor, number: int) -> int | None:
    """Where a merged ticket of this customer leads, if the customer sees that, too (TIC-10)."""
    row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number, access.visible(actor)).first()
    while row is not None and row.merged_into_id is not None:
        number = row.merged_into_id
        row = Ticket.select(Ticket.merged_into_id).where(Ticket.id == number, access.visible(actor)).first()
        if row is not None and row.merged_into_id is None:
            return number
    return None


def _missing(number: int) -> NotFound:
    return NotFound(f"no ticket #{number}", subject=f"ticket/{number}")


def _closed_for_good(desk: Desk, row: Any) -> bool:
    closed_at = row.closed_at or row.updated_at
    return reopening(row.department_reopen, closed_at=closed_at, now=desk.now(), billed=row.billed) == "follow_up"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a page lists; `muted`: what the reader muted, the rest, or both (None)."""

    scope: Scope
    kinds: Sequence[Kind] | None
    muted: bool | None
    after: int | None

    @property
    def mine(self) -> Condition:
        """All that the reader sees."""
        return access.within(self.scope) & Ticket.merged_into_id.is_null()


def _listed(asked: _Wanted, most: int, *more: Condition | None) -> Any:
    wanted = asked.mine
    if asked.kinds is not None:
        wanted &= _SHOWN_KIND.in_([kind.value for kind in asked.kinds])
    if asked.muted is not None:
        theirs = Mute.select(Mute.ticket_id).where(Mute.contact_id == asked.scope.contact_id)
        wanted &= Ticket.id.in_(theirs) if asked.muted else Ticket.id.not_in(theirs)
    if asked.after is not None:
        wanted &= Ticket.id < asked.after
    for condition in more:
        wanted = wanted if condition is None else wanted & condition
    return _rows(wanted).order_by(Ticket.id.desc()).limit(most)


def _rows(wanted: Condition, columns: Sequence[Any] = _COLUMNS) -> Any:
    seen = _SEEN
    return (
        Ticket.select(
            *columns,
            Status.kind.alias("status_kind"),
            _SHOWN_KIND.alias("shown_kind"),
            fn.coalesce(seen.key, Status.key).alias("shown_key"),
            fn.coalesce(seen.customer_names, Status.customer_names).converter(_as_names).alias("shown_names"),
            Department.name.alias("department_name"),
            Department.names.alias("department_names"),
            Department.reopen.alias("department_reopen"),
            Department.answer_within.alias("answer_within"),
            Agent.name.alias("agent_name"),
            Contact.name.alias("contact_name"),
        )
        .join(Status, on=(Status.id == Ticket.status_id))
        .switch(Ticket)
        .join(seen, JOIN.LEFT_OUTER, on=(seen.id == Ticket.show_as_id))
        .switch(Ticket)
        .join(Department, on=(Department.id == Ticket.department_id))
        .switch(Ticket)
        .join(Agent, JOIN.LEFT_OUTER, on=(Agent.id == Ticket.assignee_id))
        .switch(Ticket)
        .join(Contact, on=(Contact.id == Ticket.contact_id))
        .where(wanted)
        .objects()
    )


def _as_names(stored: Any) -> Any:
    """Postgres' driver reads JSON itself, SQLite keeps it as text."""
    return json.loads(stored) if isinstance(stored, str) else stored


def _own_words(row: Any, language: str, usual: str) -> str:
    """What the desk has customers read for a status of its own, or for a shipped one that it renamed (TIC-2)."""
    words = named(row.shown_names, language, usual) or ""
    return "" if words in _shipped(row.shown_key, language, usual) else words


@lru_cache(1000)
def _shipped(key: str, *languages: str) -> frozenset[str | None]:
    return frozenset(wording.of(each).statuses.get(key) for each in (*languages, "en"))


def _row(number: int) -> Any:
    return _rows(Ticket.id == number, _OF_ONE)


def _kind(row: Any) -> Kind:
    return Kind(row.shown_kind)


def _counted(asked: _Wanted, among: Condition | None = None) -> Any:
    muted = (Mute.ticket_id == Ticket.id) & (Mute.contact_id == asked.scope.contact_id)
    return (
        Ticket.select(Status.kind, Mute.contact_id.alias("muted_by"), fn.count(Ticket.id).alias("count"))
        .join(Status, on=(Status.id == fn.coalesce(Ticket.show_as_id, Ticket.status_id)))
        .join_from(Ticket, Mute, JOIN.LEFT_OUTER, on=muted)
        .where(asked.mine if among is None else asked.mine & among)
        .group_by(Status.kind, Mute.contact_id)
        .objects()
    )


def _counts(rows: Iterable[Any]) -> Mapping[str, int]:
    counts = dict.fromkeys(SHOWN, 0)
    for row in rows:
        for name in _filters_of(Kind(row.kind), muted=row.muted_by is not None):
            counts[name] += row.count
    return counts


def _filters_of(kind: Kind, *, muted: bool) -> Sequence[str]:
    if muted:
        return ("muted", "all")
    return [name for name, kinds in SHOWN.items() if name != "muted" and (kinds is None or kind in kinds)]


def _matching(desk: Desk, actor: Actor, query: str) -> Condition:
    number = query.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        return Ticket.id == int(number)
    if _SPOKEN.search(query):
        with suppress(InvalidInput):  # then it was meant as plain words
            return filters.condition(desk, actor, filters.read(actor, query))
    terms = [word for word in query.split()[:_MOST_TERMS] if fold(word)]
    return found.condition(desk, permissions.scope(actor), terms or ["-"])


def _lines(desk: Desk, actor: Actor, rows: Sequence[Any]) -> tuple[Line, ...]:
    known, now = settings.several(desk, "default_language", "agent_names"), desk.now()
    spoken = _spoken([row.id for row in rows])

    def line(row: Any) -> Line:
        last, answered = spoken.get(row.id, (row.created_at, None))
        kind = _kind(row)
        department = named(row.department_names, actor.language, known["default_language"]) or row.department_name
        agent = row.agent_name and shown_name(row.agent_name, known["agent_names"], department)
        facts = Facts(
            kind,
            (row.closed_at if kind is Kind.CLOSED else answered) or last,
            department,
            agent if agent != department else None,
            snoozed=row.snoozed_until is not None,
            billed=bool(row.billed),
            reopen=row.department_reopen,
            label=_own_words(row, actor.language, known["default_language"]),
            promised=durations.parse(row.answer_within) if row.answer_within else None,
        )
        shown = in_plain_words(facts, now=now)
        mine = row.contact_id == actor.person.id
        return Line(row.id, row.subject, shown, row.contact_name, row.created_at, last, mine)

    return tuple(line(row) for row in rows)


def _spoken(numbers: Sequence[int]) -> Mapping[int, tuple[datetime, datetime | None]]:
    """Per ticket when the newest public message came, and when the newest of ours."""
    found: dict[int, tuple[datetime, datetime | None]] = {}
    for row in compiled.rows(_newest, numbers):
        last, answered = found.get(row.ticket_id, (row.created_at, None))
        found[row.ticket_id] = max(last, row.created_at), row.created_at if row.direction == "out" else answered
    return found


def _newest(numbers: Sequence[int]) -> Any:
    there = Message.ticket_id.in_(numbers)
    newest = Message.select(fn.max(Message.id)).where(there, *PUBLIC).group_by(Message.ticket_id, Message.direction)
    return Message.select(Message.ticket_id, Message.direction, Message.created_at).where(Message.id.in_(newest))
