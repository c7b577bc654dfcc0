"""The query language's tree as a condition on `Ticket`, for both databases (TIC-16).

Every part is true or false and never NULL, so that `not company:muster` also finds tickets without a company.
"""

from __future__ import annotations

from collections.abc import Iterator

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.filters import And, Compare, Not, Or, Tree, Words, parse
from helpdeskctl.domain.filters_words import PORTAL_WORDS, Op
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.text import clean
from helpdeskctl.queries import found
from helpdeskctl.queries.access import Condition
from helpdeskctl.queries.comparisons import COMPARISONS, Asked, statuses
from helpdeskctl.queries.conditions import all_of, any_of, none_of
from helpdeskctl.store.tables import Ticket


def read(actor: Actor, query: str | Tree) -> Tree:
    """The tree of a query as `actor` may ask it: customers have a part of the words. InvalidInput names the place."""
    if not isinstance(query, str):
        return query
    return parse(clean(query), allowed=None if actor.kind in {"agent", "system"} else PORTAL_WORDS)


def condition(desk: Desk, actor: Actor, tree: Tree) -> Condition:
    """`tree` as `actor` means it (`me`, `unread`, days in their zone, what may be found), at `desk.now()`.

    The right to see is not in it: that is `access.visible`. NotFound for an unknown key, InvalidInput where a word
    needs an agent and there is none.
    """
    asked = Asked(desk, actor)
    match tree:
        case Words(terms):
            return found.condition(desk, permissions.scope(actor), terms)
        case And(parts):
            return all_of([condition(desk, actor, part) for part in parts])
        case Or(parts):
            return any_of([condition(desk, actor, part) for part in parts])
        case Not(Compare("status" | "kind") as part):  # as the statuses that are left, which an index finds
            return statuses(asked, part, others=True)
        case Not(part):
            return none_of(condition(desk, actor, part))
        case Compare(word):
            return COMPARISONS[word](asked, tree)


def queues(desk: Desk, tree: Tree) -> Condition:
    """What lists leave out unless `tree` asks for it: spam, merged tickets, snoozed ones that are not due.

    A number asks for its ticket, whatever became of it.
    """
    asked = set(_asked_for(tree))
    if "number" in asked:
        return all_of([])
    left_out: dict[str, Condition] = {
        "spam": Ticket.spam == 0,
        "merged": Ticket.merged_into_id.is_null(),
        "snoozed": Ticket.snoozed_until.is_null() | (Ticket.snoozed_until <= desk.now()),
    }
    return all_of([condition for name, condition in left_out.items() if name not in asked])


def _asked_for(tree: Tree) -> Iterator[str]:
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _asked_for(part)
        case Not(part):
            yield from _asked_for(part)
        case Compare("is", _, values):
            yield from map(str, values)
        case Compare("number", Op.IS):
            yield "number"
