"""Tickets by the words in their messages: as a condition among others, and newest hit first (TIC-17)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from helpdeskctl.desk import Desk
from helpdeskctl.domain.filters import And, Tree, Words, both
from helpdeskctl.domain.permissions import Scope
from helpdeskctl.errors import InvalidInput
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.conditions import exists
from helpdeskctl.store import search
from helpdeskctl.store.orm import SQL, NodeList
from helpdeskctl.store.search import EVERYWHERE, Reach
from helpdeskctl.store.tables import Department, Message, Ticket

_CUSTOMERS = {"customer", "link"}
_FIRST_CHUNK, _LARGEST_CHUNK = 250, 8000  # hits read at once, doubled while too few of their tickets are wanted


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
    sql, parameters = search.hits(desk.database.kind, terms, _reach(scope))
    begin = _read_mark(after)
    before, chunk = begin, _FIRST_CHUNK
    taken: dict[int, int] = {}  # number -> its newest hit
    looked_at: set[int] = set()
    while len(taken) <= limit:
        hits = _hits(desk, sql, parameters, before, chunk)
        if not hits:
            break
        fresh = list(dict.fromkeys(number for _, number in hits if number not in looked_at))
        allowed = _allowed(wanted, fresh) - (_on_earlier_pages(desk, terms, fresh, begin) if begin else set())
        looked_at.update(fresh)
        for message, number in hits:
            if number in allowed:
                taken.setdefault(number, message)
        before, chunk = hits[-1][0], min(chunk * 2, _LARGEST_CHUNK)
    numbers = list(taken)[:limit]
    return numbers, str(taken[numbers[-1]]) if len(taken) > limit else None


def _hits(desk: Desk, sql: str, parameters: Sequence[str], before: int | None, at_most: int) -> list[tuple[int, int]]:
    """(message, ticket), newest first."""
    key = search.KEYS[desk.database.kind]
    bound = f" AND {key} < {before}" if before is not None else ""
    ids = SQL(f"({sql}{bound} ORDER BY {key} DESC LIMIT {at_most})", parameters)
    query = Message.select(Message.id, Message.ticket_id).where(Message.id.in_(ids)).order_by(Message.id.desc())
    return [(message.id, message.ticket_id) for message in query]


def _allowed(wanted: Condition, numbers: Collection[int]) -> set[int]:
    return {row.id for row in Ticket.select(Ticket.id).where(Ticket.id.in_(list(numbers)), wanted)}


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
    """This one `Message` is a hit: a look into the index for its id."""
    sql, parameters = search.hits(desk.database.kind, terms)
    key = search.KEYS[desk.database.kind]
    return NodeList((SQL(f"EXISTS ({sql} AND message_search.{key} =", parameters), Message.id, SQL(")")))
