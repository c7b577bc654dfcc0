"""What an operation did to one object, in the words of the command line's contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Action = Literal["created", "updated", "unchanged", "deleted"]


@dataclass(frozen=True, slots=True)
class Change:
    """One object touched: its kind, natural key and id, and the names of the fields that are different now."""

    kind: str
    key: str
    id: int | None
    action: Action
    changed: Sequence[str] = ()
