"""Conditions put together, and the few that every filter is made of."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, cast

from helpdeskctl.queries.access import Condition
from helpdeskctl.store.orm import SQL, Field, ModelSelect, fn


def all_of(parts: Sequence[Condition]) -> Condition:
    """All of `parts` hold."""
    return reduce(operator.and_, parts) if parts else SQL("1 = 1")


def any_of(parts: Sequence[Condition]) -> Condition:
    """One of `parts` holds."""
    return reduce(operator.or_, parts) if parts else SQL("1 = 0")


def none_of(condition: Condition) -> Condition:
    """`condition`, which is never NULL, does not hold."""
    return cast(Condition, ~condition)


def exists(query: ModelSelect[Any]) -> Condition:
    """`query` has a row."""
    return cast(Condition, fn.EXISTS(query))


def known(column: Field[Any], ids: Sequence[int]) -> Condition:
    """`column`, which may be empty, is one of `ids`; never NULL, so that `not` finds the empty ones."""
    return column.is_null(False) & column.in_(list(ids))


def contains(column: Field[str], text: str) -> Condition:
    """`column` has `text` somewhere, in any case. Databases fold ASCII only, so other letters come in three forms."""
    forms = [text] if text.isascii() else list(dict.fromkeys([text, text.lower(), text.upper(), text.title()]))
    return any_of([column.contains(form) for form in forms])
