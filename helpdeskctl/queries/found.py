"""Tickets by the words in their messages: as a condition among others, and newest hit first (TIC-17)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.filters import And, Tree, Words, both
from helpdeskctl.domain.permissions import Scope
from helpdeskctl.errors import InvalidInput
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import exists
from helpdeskctl.store import search
from helpdeskctl.store.orm import SQL, NodeList, fn
from helpdeskctl.store.search import EVERYWHERE, Reach
from helpdeskctl.store.tables import Department, Message, Ticket

_CUSTOMERS = {"customer", "link"}
_FIRST_CHUNK, _LARGEST_CHUNK = 250, 8000  # hits read at once, doubled while too few of their tickets are wanted
_RECENT = 5000  # messages that Postgres looks through one by one first

Query = tuple[str, Sequence[str]]
"""SQL and its parameters."""


def condition(desk: Desk, scope: Scope, terms: Sequence[str]) -> Condition:
    """Tickets of which a message has all `terms`. Customers' words are looked for in what customers may read."""
    if scope.kind in _CUSTOMERS:
        return _in_own(desk, terms)
    sql, parameters = search.hits(desk.database.kind, terms, _reach(scope))
    hit = Message.select(Message.ticket_id).where(Message.id.in_(SQL(f"({sql})", parameters)))
    return Ticket.id.in_(hit)


def newest_first(tree: Tree, scope: Scope) -> tuple[Sequence[str], Tree] | None:
    """The words of a search and what else its tickets must be, where it can be read hit by hit; else None."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    searched = [part for part in parts if isinstance(part, Words)]
    if len(searched) != 1 or scope.kind in _CUSTOMERS:
        return None
    return searched[0].terms, both(part for part in parts if part is not searched[0])


def newest(
    desk: Desk, scope: Scope, terms: Sequence[str], wanted: Condition, *, limit: int, after: str | None
) -> tuple[list[int], str | None]:
    """The numbers of `wanted` tickets by their newest hit, and the mark of the next page if there is one.

    Hits are read from the newest on, until the page is full: what a word costs does not depend on how common it is.
    """
    begin = _read_mark(after)
    taken: dict[int, int] = {}  # number -> its newest hit
    looked_at: set[int] = set()
    for hits in _chunks(desk, search.hits(desk.database.kind, terms, _reach(scope)), begin):
        fresh = list(dict.fromkeys(number for _, number in hits if number not in looked_at))
        allowed = _allowed(wanted, fresh) - (_on_earlier_pages(desk, terms, fresh, begin) if begin else set())
        looked_at.update(fresh)
        for message, number in hits:
            if number in allowed:
                taken.setdefault(number, message)
        if len(taken) > limit:
            break
    numbers = list(taken)[:limit]
    return numbers, str(taken[numbers[-1]]) if len(taken) > limit else None


def _chunks(desk: Desk, hits: Query, before: int | None) -> Iterator[list[tuple[int, int]]]:
    """(message, ticket) of the hits older than `before`, newest first, more at a time the longer it goes on."""
    chunk = _FIRST_CHUNK
    if desk.database.kind == "postgres":
        recent, before = _recent(desk, hits, before)
        yield from (_with_tickets(desk, recent[at : at + chunk]) for at in range(0, len(recent), chunk))
        # Now the word is known to be rare. Left alone, Postgres would go on backwards through all messages for the
        # sake of the LIMIT; a materialized step makes it use the index of words.
        rare = f"WITH hit AS MATERIALIZED ({hits[0]}) SELECT message_id FROM hit WHERE 1 = 1"  # noqa: S608  # constants
        hits = (rare, hits[1])
    key = search.KEYS[desk.database.kind]
    while found := _ids(desk, hits, f"{f'AND {key} < {before} ' if before else ''}ORDER BY {key} DESC LIMIT {chunk}"):
        yield _with_tickets(desk, found)
        before, chunk = found[-1], min(chunk * 2, _LARGEST_CHUNK)


def _recent(desk: Desk, hits: Query, before: int | None) -> tuple[list[int], int]:
    """The hits among the newest messages, and where those end: a common word fills a page from them alone."""
    newest = before or (Message.select(fn.MAX(Message.id)).scalar() or 0) + 1
    oldest = newest - _RECENT
    bounds = f"AND message_id < {newest} AND message_id >= {oldest} ORDER BY message_id DESC"
    return _ids(desk, hits, bounds), oldest


def _ids(desk: Desk, hits: Query, bounds: str) -> list[int]:
    sql, parameters = hits
    return [row[0] for row in desk.database.orm.execute_sql(f"{sql} {bounds}", parameters)]


def _with_tickets(desk: Desk, ids: Sequence[int]) -> list[tuple[int, int]]:
    sql = f"SELECT id, ticket_id FROM message WHERE id IN {_listed(ids)} ORDER BY id DESC"  # noqa: S608  # integers
    return list(desk.database.execute(sql))


def _allowed(wanted: Condition, numbers: Collection[int]) -> set[int]:
    query: Any = Ticket.select(Ticket.id).where(Ticket.id.in_(SQL(_listed(numbers))), wanted)
    return {number for (number,) in query.tuples()}


def _listed(ids: Collection[int]) -> str:
    """Our own integers as they stand in SQL: as parameters, thousands of them cost more than the search."""
    return f"({', '.join(map(str, ids)) or 'NULL'})"


def _on_earlier_pages(desk: Desk, terms: Sequence[str], numbers: Collection[int], begin: int) -> set[int]:
    newer = Message.select(Message.ticket_id).where(
        Message.ticket_id.in_(list(numbers)), Message.id >= begin, _has_words(desk, terms)
    )
    return {message.ticket_id for message in newer}


def _read_mark(after: str | None) -> int | None:
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise InvalidInput("this page is not there (any more)", hint="begin at the first page")
    return int(after)


def _reach(scope: Scope) -> Reach:
    """Where in the index an agent's scope allows to look."""
    if scope.kind == "departments":
        return Reach(only=scope.departments)
    if scope.kind == "common":
        foreign = Department.select(Department.id).where(
            Department.agent_id.is_null(False), Department.agent_id != scope.personal_of
        )
        return Reach(without=frozenset(row.id for row in foreign))
    return EVERYWHERE if scope.kind == "all" else Reach(only=frozenset())


def _in_own(desk: Desk, terms: Sequence[str]) -> Condition:
    """From a customer's few messages to the index, not the other way: the words may be all over the desk."""
    public = (Message.direction != "internal") & (Message.automatic == 0)
    return exists(Message.select(Message.id).where(Message.ticket_id == Ticket.id, public, _has_words(desk, terms)))


def _has_words(desk: Desk, terms: Sequence[str]) -> NodeList:
    """This one `Message` is a hit: a look at its row of the index."""
    condition, parameters = search.holds(desk.database.kind, terms)
    key = search.KEYS[desk.database.kind]
    row = SQL(f"EXISTS (SELECT 1 FROM message_search WHERE {condition} AND message_search.{key} =", parameters)  # noqa: S608  # constants
    return NodeList((row, Message.id, SQL(")")))
