"""Rows of the desk's set-up that many mails ask for: inside `Database.steady` each is read once.

Departments, statuses, mailboxes, settings, templates: what people set up and no mail changes. The rows are shared, so
nobody writes to them.
"""

from __future__ import annotations

from typing import Any, TypeVar

from helpdeskctl.store import prepared
from helpdeskctl.store.database import Database
from helpdeskctl.store.tables import Row

R = TypeVar("R", bound=Row)


def the(database: Database, table: type[R], key: int) -> R:
    """`prepared.the`, once."""
    return database.once((table, key), lambda: prepared.the(table, key))


def every(database: Database, table: type[R], **equals: Any) -> list[R]:
    """`prepared.every`, once."""
    return database.once((table, *equals.items()), lambda: prepared.every(table, **equals))
