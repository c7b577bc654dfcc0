"""Lists of tickets: what the filter language asks for, as far as the actor may see it, a page at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.filters import EVERYTHING, Tree, both, parse
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.queries import access, filters, found, orders
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import all_of
from helpdeskctl.queries.ticket_rows import TicketRow, rows
from helpdeskctl.store.tables import TeamMember, Ticket

MAX_PAGE = 500
COUNTED = 1000  # counters stop here: "1000 or more" tells as much and costs no more on a large desk


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; `next` is handed in as `after` for the following page, None at the end."""

    rows: tuple[TicketRow, ...]
    next: str | None = None


def list_tickets(
    desk: Desk,
    actor: Actor,
    query: str | Tree = EVERYTHING,
    *,
    sort: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """One page of the tickets that `query` asks for and `actor` may see.

    `sort` is a name of `orders.ORDERS`, perhaps with a leading `-`; without one a search for words gives the newest
    hit first, everything else what waits longest. Spam, merged and snoozed tickets are left out unless asked for.
    Raises InvalidInput for a faulty query, order or page, NotFound for an unknown key in the query.
    """
    tree, limit = filters.read(actor, query), min(limit, MAX_PAGE)
    scope = permissions.scope(actor)
    if sort is None and (search := found.newest_first(tree, scope)):
        terms, rest = search
        wanted = _wanted(desk, actor, rest)
        numbers, following = found.newest(desk, scope, terms, wanted, limit=limit, after=after)
    else:
        wanted = _wanted(desk, actor, tree)
        numbers, following = _page(wanted, orders.called(sort or orders.DEFAULT), limit, after)
    return Page(rows(desk, actor, numbers), following)


def seen(desk: Desk, actor: Actor, numbers: Collection[int]) -> tuple[TicketRow, ...]:
    """Those of these tickets that `actor` may see, whatever has become of them, by number."""
    asked = access.visible(actor) & Ticket.id.in_(sorted(numbers))
    found = Ticket.select(Ticket.id).where(asked).order_by(Ticket.id) if numbers else ()
    return rows(desk, actor, [ticket.id for ticket in found])


def every(desk: Desk, actor: Actor, query: str | Tree = EVERYTHING, *, sort: str | None = None) -> Iterator[TicketRow]:
    """All tickets of a list, read page by page: as many as there are, in memory that does not grow."""
    after = None
    while True:
        page = list_tickets(desk, actor, query, sort=sort, limit=MAX_PAGE, after=after)
        yield from page.rows
        after = page.next
        if after is None:
            return


def counts(
    desk: Desk, actor: Actor, queries: Mapping[str, str | Tree], *, at_most: int | None = COUNTED
) -> dict[str, int]:
    """How many tickets each of the named queries has for `actor`; not further than `at_most`."""
    return {name: _count(_wanted(desk, actor, filters.read(actor, query)), at_most) for name, query in queries.items()}


def next_ticket(
    desk: Desk, actor: Actor, *, query: str | Tree = EVERYTHING, skip: Collection[int] = ()
) -> TicketRow | None:
    """TIC-13: the most urgent, longest waiting ticket that `actor` may work on, of nobody or their own.

    Those of a team count for its members only. `skip` are numbers passed over. None when all is done.
    """
    to_do = parse("kind:new,open assignee:me,nobody" if actor.kind == "agent" else "kind:new,open assignee:nobody")
    tree = both([to_do, filters.read(actor, query)])
    teams = TeamMember.select(TeamMember.team_id).where(TeamMember.agent_id == actor.id)
    mine = Ticket.team_id.is_null() | Ticket.team_id.in_(teams) | (Ticket.assignee_id.is_null(False))
    parts = [_wanted(desk, actor, tree, Action.CHANGE), mine]
    if skip:
        parts.append(Ticket.id.not_in(sorted(skip)))
    numbers, _ = _page(all_of(parts), orders.called("priority"), 1, None)
    return next(iter(rows(desk, actor, numbers)), None)


def matches(desk: Desk, actor: Actor, query: str | Tree, number: int) -> bool:
    """Whether ticket `number` is one that `query` asks for and `actor` may see, spam and merged ones included."""
    tree = filters.read(actor, query)
    asked = access.visible(actor) & filters.condition(desk, actor, tree) & (Ticket.id == number)
    return bool(Ticket.select(Ticket.id).where(asked).exists())


def _wanted(desk: Desk, actor: Actor, tree: Tree, action: Action = Action.SEE) -> Condition:
    return all_of([access.visible(actor, action), filters.queues(desk, tree), filters.condition(desk, actor, tree)])


def _count(wanted: Condition, at_most: int | None) -> int:
    query = Ticket.select(Ticket.id).where(wanted)
    return int((query.limit(at_most) if at_most else query).count())


def _page(
    wanted: Condition, segments: Sequence[orders.Segment], limit: int, after: str | None
) -> tuple[list[int], str | None]:
    """The numbers of one page, and its mark if there is more."""
    at, values = orders.read_mark(segments, after) if after else (0, None)
    taken: list[tuple[int, tuple[Any, ...]]] = []
    for place in range(at, len(segments)):
        segment = segments[place]
        parts = [wanted, *([segment.only] if segment.only is not None else [])]
        if place == at and values:
            parts.append(orders.behind(segment, values))
        query: Any = Ticket.select(*(column for column, _ in segment.columns)).where(all_of(parts))
        fetched = query.order_by(*orders.order_by(segment)).limit(limit + 1 - len(taken)).tuples()
        taken += [(place, values_of) for values_of in fetched]
        if len(taken) > limit:
            return [values_of[-1] for _, values_of in taken[:limit]], orders.mark(*taken[limit - 1])
    return [values_of[-1] for _, values_of in taken], None
