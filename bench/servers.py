"""The real servers of the tests, for benchmarks: a mailbox on Dovecot, databases on SQLite and Postgres, a desk."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import desks
from tests.servers.certificates import make_certificates
from tests.servers.dovecot import dovecot_server, find_dovecot
from tests.servers.imap import ImapServer
from tests.servers.postgres import Postgres, find_postgres, shared_postgres, stop_postgres

NewDatabase = Callable[[], str]
"""Makes an empty database and returns its URL."""


@contextmanager
def imap(folder: Path) -> Iterator[ImapServer | None]:
    """A Dovecot, or None where none is installed."""
    program = find_dovecot()
    if program is None:
        yield None
        return
    with dovecot_server(program, make_certificates(folder)) as server:
        yield server


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres | None]:
    """A Postgres, or None where none is installed."""
    programs = find_postgres()
    if programs is None:
        yield None
        return
    try:
        yield shared_postgres(programs, folder)
    finally:
        stop_postgres(folder)


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, NewDatabase]]:
    """What makes empty databases, by the kinds that can be had; each call returns the URL of a new one."""
    numbers = itertools.count()
    with ExitStack() as stack:
        found: dict[str, NewDatabase] = {"sqlite": lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}"}
        server = stack.enter_context(postgres(folder))
        if server is not None:
            found["postgres"] = lambda: server.create(f"bench_{next(numbers)}")
        yield found


def desk(folder: Path, url: str) -> Path:
    """Lay out a desk in an empty database; returns its config file."""
    desks.lay_out(url)
    path = desks.write_config(folder, url).path
    assert path is not None
    return path
