"""Whether anything changed since a screen last looked: cheap enough to be asked every few seconds."""

from __future__ import annotations

from helpdeskctl.desk import Desk

_WINDOW = 1000  # ids commit out of order on Postgres: a late one changes the count among the newest, if not the maximum
_EVENTS = f"SELECT count(*), max(id) FROM event WHERE id > (SELECT coalesce(max(id), 0) - {_WINDOW} FROM event)"  # noqa: S608  # a constant

Mark = tuple[object, ...]
"""The state of the desk when it was looked at. Only to be compared, and only on the connection it came from."""


def changed_since(desk: Desk, mark: Mark | None) -> Mark | None:
    """The new mark if anything changed since `mark`, None if nothing did; the first call gets a mark in any case.

    On SQLite the kept connection knows of every commit of another (PRAGMA data_version) and the newest event of its
    own; on Postgres events and the heartbeats of other screens are counted.
    """
    now = _look(desk)
    return None if now == mark else now


def _look(desk: Desk) -> Mark:
    if desk.database.kind == "sqlite":
        version = desk.database.execute("PRAGMA data_version").fetchone()
        newest = desk.database.execute("SELECT max(id) FROM event").fetchone()
        return (*version, *newest)
    events = desk.database.execute(_EVENTS).fetchone()
    present = desk.database.execute("SELECT count(*), max(seen_at) FROM presence").fetchone()
    return (*events, *present)
