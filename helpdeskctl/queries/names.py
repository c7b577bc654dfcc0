"""Keys and addresses as people type them, looked up; what is not there is answered with what was meant perhaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpdeskctl.errors import NotFound
from helpdeskctl.store.orm import Field

_SHOWN = 8


def ids(kind: str, key: Field[str], values: Iterable[str]) -> list[int]:
    """The ids of the rows of `kind` (department, tag, agent …) whose `key` is one of `values`; case is ignored.

    NotFound for the first that is not there, naming near matches or what there is.
    """
    wanted = [value.casefold() for value in values]
    table: Any = key.model
    found = {name.casefold(): row_id for name, row_id in table.select(key, table.id).where(key.in_(wanted)).tuples()}
    for value in wanted:
        if value not in found:
            raise missing(kind, value, (row[0] for row in table.select(key).order_by(key).limit(500).tuples()))
    return [found[value] for value in wanted]


def missing(kind: str, value: str, known: Iterable[str]) -> NotFound:
    """There is no `value` of `kind`; the hint says which are near, or which there are."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(value, names, 3)
    shown = near or names[:_SHOWN]
    word = "near" if near else "known"
    hint = f"{word}: {', '.join(shown)}" if shown else f"helpdeskctl {kind} list"
    return NotFound(f'no {kind} "{value}"', hint=hint, subject=f"{kind}/{value}")
