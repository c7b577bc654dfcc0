"""A desk with many tickets, filled straight into its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import servers
from helpdeskctl import config
from helpdeskctl.desk import Desk, open_desk
from tests.builders import Builder


@contextmanager
def filled(folder: Path, url: str, *, tickets: int, messages: int) -> Iterator[Desk]:
    """Lay out a desk with that many tickets of `messages` messages each and one agent, and open it."""
    path = servers.desk(folder, url)
    desk = open_desk(config.load(path, {}))
    with desk.connected():
        builder = Builder(desk)
        builder.agent("ada@example.org", admin=True, support="lead")
        desk.database.transact(lambda: builder.many_tickets(tickets, messages=messages))
        desk.database.execute("ANALYZE")
        yield desk
    if desk.database.kind == "postgres":
        desk.database.orm.close_all()
