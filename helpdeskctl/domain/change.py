"""What an act did to an object, in the words of the command line's contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Change:
    """One object touched: its kind, natural key and id, what happened, and which of its parts changed.

    `said`: what people read where kind, key and parts would not tell it.
    """

    kind: str
    key: str
    id: int | None  # None for what is no row: a file, an account
    action: Literal["created", "updated", "unchanged", "deleted"]
    changed: tuple[str, ...] = ()
    said: str = ""
