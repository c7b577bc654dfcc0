"""Laying out a new desk: tables, the shipped statuses, the first ticket number, the installation's identity (BOX-8)."""

from __future__ import annotations

from datetime import datetime

from helpdeskctl.domain import wording
from helpdeskctl.domain.lifecycle import STATUSES
from helpdeskctl.store import schema
from helpdeskctl.store.database import Database


def lay_out(database: Database, *, now: datetime, installation: str, first_number: int = 1001) -> None:
    """Make an empty database a desk without departments. All or nothing; the connection is the caller's."""
    from helpdeskctl.store.tables import DeskState, Status

    def work() -> None:
        schema.create(database, now=now)
        Status.insert_many(
            [
                {
                    "key": status.key,
                    "kind": status.kind.value,
                    "names": {"en": status.name},
                    "customer_names": wording.status_names(status.key),
                    "clock": status.clock.value,
                    "position": position,
                }
                for position, status in enumerate(STATUSES)
            ]
        ).execute()
        DeskState.insert(key="installation", value=installation).execute()
        _start_numbers(database, first_number)

    database.transact(work)


def _start_numbers(database: Database, first_number: int) -> None:
    if database.kind == "postgres":
        database.execute("SELECT setval(pg_get_serial_sequence('ticket', 'id'), ?, false)", (first_number,))
    else:
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', ?)", (first_number - 1,))
