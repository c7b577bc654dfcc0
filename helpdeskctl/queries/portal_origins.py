"""The sites that may show the portal's form in a frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import PortalOrigin


@dataclass(frozen=True, slots=True)
class Listed:
    """A site that is on the list, and since when."""

    origin: str
    created_at: datetime


def list_of(desk: Desk) -> list[Listed]:
    """The list, by name."""
    return [Listed(row.origin, row.created_at) for row in PortalOrigin.select().order_by(PortalOrigin.origin)]


def names(desk: Desk) -> tuple[str, ...]:
    """The origins alone, by name."""
    return tuple(each.origin for each in list_of(desk))
