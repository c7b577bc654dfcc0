"""The desk: configuration, database, blobs, keys and clock. Opened once, handed to everything; there are no globals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from helpdeskctl.config import Config
from helpdeskctl.store import locks
from helpdeskctl.store.blobs import Blobs
from helpdeskctl.store.database import Database
from helpdeskctl.store.secrets import Keys

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of every desk but a test's."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """What a query or an operation needs to know of the installation. `clock` returns aware UTC times."""

    config: Config
    database: Database
    blobs: Blobs
    keys: Keys
    clock: Clock = utc_now

    def now(self) -> datetime:
        """The present instant, UTC."""
        return self.clock()

    def connected(self) -> AbstractContextManager[None]:
        """A database connection for this thread while the block runs; every query and operation needs one around it."""
        return self.database.connected()

    def close(self) -> None:
        """Let go of every connection, pooled ones too. The desk may be connected again."""
        if self.database.kind == "postgres":
            self.database.orm.close_all()

    def lock(self, name: str) -> AbstractContextManager[bool]:
        """Try to hold a lock that all hosts of this desk respect; the block gets whether it is ours."""
        return locks.held(
            self.database,
            self.config.paths.state / "lock",
            name,
            direct_url=self.config.database.direct_url,
        )


def open_desk(config: Config, *, clock: Clock = utc_now, check_schema: bool = True) -> Desk:
    """Open the desk a configuration names.

    Raises ConfigError when the database holds no desk or one of another version (unless `check_schema` is off),
    TryAgain when it cannot be reached.
    """
    database = Database(config.database.url)
    from helpdeskctl.store.tables import proxy

    proxy.initialize(database.orm)
    if check_schema:
        from helpdeskctl.store import schema

        with database.connected():
            schema.check(database)
    return Desk(config, database, Blobs(database, config.paths.data / "blobs"), Keys(config.paths.key_file), clock)
