"""One database of a desk: its connection, its transactions, and what its driver's faults mean to a person."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from helpdeskctl.errors import ConfigError, HelpdeskError, StorageFailed, TryAgain

_BUSY_TIMEOUT = 5.0  # seconds SQLite waits for another writer before it says "locked"
_ATTEMPTS = 5
_PATIENCE = 8.0  # seconds after which a transaction that found the database busy is not begun again
_AGAIN_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock
_POOL = 20
_SAVEPOINT = '"inner"'  # one name for all, so that its statements are prepared once: the innermost of a name counts

T = TypeVar("T")
P = ParamSpec("P")


class _HasDatabase(Protocol):
    @property
    def database(self) -> Database: ...


D = TypeVar("D", bound=_HasDatabase)


class Database:
    """SQLite (`sqlite:////abs/path`) or Postgres (`postgresql://user:password@host:port/name?sslmode=require`).

    Nothing is opened until `connected()`; each thread that asks a question does so inside it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._here = threading.local()  # what this thread remembers in `steady`
        self._kept = False
        parts = urlsplit(url)
        self.kind = {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}.get(parts.scheme, "")
        if self.kind == "sqlite":
            self.path: Path | None = Path(unquote(parts.path[1:] if parts.path.startswith("//") else parts.path))
            self.orm: Any = _sqlite(self.path)
        elif self.kind == "postgres":
            self.path = None
            self.orm = _postgres(url)
        else:
            raise ConfigError(
                f'database.url has an unknown scheme "{parts.scheme}"',
                hint="sqlite:////var/lib/helpdesk/desk.db or postgresql://USER@HOST/NAME",
            )

    @property
    def name(self) -> str:
        """The URL as it may be shown: without its password."""
        parts = urlsplit(self.url)
        if parts.password is None:
            return self.url
        return self.url.replace(f":{parts.password}@", ":***@", 1)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """This thread's connection, for the length of the block; nested blocks share it. Faults leave as the family."""
        with self.faults():
            if not self.orm.is_closed() and not self._outlived():
                yield
                return
            self.orm.connect()
            self._here.file = self._file() if self._kept else None
            try:
                yield
            finally:
                if not self._kept:
                    self.orm.close()

    def keep_open(self) -> None:
        """Let every thread keep its connection from one `connected` to the next: for a server of a few threads.

        Postgres has its pool. On SQLite a new connection reads the schema and plans every statement anew.
        """
        self._kept = self.kind == "sqlite"

    def _outlived(self) -> bool:
        """Whether the file of a connection that was kept has been replaced; then it is closed."""
        if not self._kept or self.orm.in_transaction() or getattr(self._here, "file", None) == self._file():
            return False
        self.orm.close()
        return True

    def _file(self) -> tuple[int, int] | None:
        with suppress(FileNotFoundError):
            if self.path is not None:
                found = self.path.stat()
                return found.st_dev, found.st_ino
        return None

    def transact(self, work: Callable[[], T]) -> T:
        """Run `work` in one transaction and return what it returns; inside another transaction, join that one.

        A deadlock, a serialization failure, a busy SQLite or a connection lost before the commit is tried again from
        the start, up to five times and for some seconds; then TryAgain. `work` must therefore do nothing that cannot be
        done twice.
        """
        if self.orm.in_transaction():
            return work()
        with self.connected(), self.faults():
            patient_until = time.monotonic() + _PATIENCE
            for attempt in range(1, _ATTEMPTS):
                try:
                    with self.orm.atomic():
                        return work()
                except Exception as fault:
                    if not self._worth_again(fault) or time.monotonic() > patient_until:
                        raise
                    self._reconnect_if_lost()
                    time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311  # jitter, not a secret
            with self.orm.atomic():
                return work()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """A transaction that is rolled back at the end, whatever happened inside: `--dry-run`."""
        with self.connected(), self.faults(), self.orm.atomic() as transaction:
            yield
            transaction.rollback()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: what fails here is undone alone, and what it put off is not done."""
        point = self.orm.savepoint()
        point.quoted_sid = _SAVEPOINT
        late = self._late
        before = list(late or ())
        try:
            with point:
                yield
        except BaseException:
            if late is not None:
                late[:] = before  # also what was caught up with in here, which is undone
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside a transaction: rows that are `put_off` in the block are written at its end, each kind at once."""
        self._here.late = []
        try:
            yield
            self.catch_up()
        finally:
            self._here.late = None

    @property
    def _late(self) -> list[tuple[Hashable, Callable[[list[Any]], None], Any]] | None:
        found: list[tuple[Hashable, Callable[[list[Any]], None], Any]] | None = getattr(self._here, "late", None)
        return found

    def put_off(self, kind: Hashable, write: Callable[[list[Any]], None], row: Any) -> bool:
        """Have `write` write `row` and the others of its `kind` at the end of `together`; False where there is none.

        For rows that nobody reads or changes before.
        """
        if self._late is None:
            return False
        self._late.append((kind, write, row))
        return True

    def catch_up(self) -> None:
        """Write what was put off."""
        late = self._late or []
        kinds: dict[Hashable, tuple[Callable[[list[Any]], None], list[Any]]] = {}
        for kind, write, row in late:
            kinds.setdefault(kind, (write, []))[1].append(row)
        late.clear()
        for write, rows in kinds.values():
            write(rows)

    @contextmanager
    def steady(self) -> Iterator[None]:
        """While the block runs, this thread asks through `once` each question once.

        For a transaction that handles many things alike and changes nothing of what it asks so.
        """
        before = getattr(self._here, "answers", None)
        self._here.answers = {} if before is None else before
        try:
            yield
        finally:
            self._here.answers = before

    def once(self, question: Hashable, ask: Callable[[], T]) -> T:
        """What `ask` returns; inside `steady` it is remembered under `question` until the block ends."""
        answers: dict[Hashable, Any] | None = getattr(self._here, "answers", None)
        if answers is None:
            return ask()
        if question not in answers:
            answers[question] = ask()
        found: T = answers[question]
        return found

    def after_commit(self, then: Callable[[], None]) -> None:
        """Call `then` once the outermost transaction has committed; never after a roll-back."""
        self.orm.after_commit(then)

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """Run one statement of the engine's own SQL, placeholders `?` (rewritten for Postgres); returns the cursor."""
        if self.kind == "postgres":
            sql = sql.replace("%", "%%").replace("?", "%s") if parameters else sql
        cursor = self.orm.cursor()
        cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
        return cursor

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """`execute` for each of the rows; on Postgres they are sent without a wait for each answer."""
        if self.kind == "postgres":
            sql = sql.replace("%", "%%").replace("?", "%s")
        self.orm.cursor().executemany(sql, rows)

    def is_passing(self, fault: BaseException) -> bool:
        """Whether a fault comes from the moment (busy, away, disk full) and not from what was to be written."""
        origin = _driver_error(fault)
        if origin is None:
            return isinstance(fault, TryAgain | StorageFailed)
        return self._worth_again(fault) or isinstance(_as_family(origin, self), TryAgain | StorageFailed | ConfigError)

    def _worth_again(self, fault: BaseException) -> bool:
        origin = _driver_error(fault)
        if origin is None:
            return False
        if self.kind == "sqlite":
            return str(getattr(origin, "sqlite_errorname", "")).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        return getattr(origin, "sqlstate", None) in _AGAIN_SQLSTATES or self._lost(origin)

    def _lost(self, origin: BaseException) -> bool:
        state = getattr(origin, "sqlstate", None) or ""
        return state.startswith(("08", "57P")) or (not state and type(origin).__name__ in _LOST_CONNECTION)

    def _reconnect_if_lost(self) -> None:
        if self.kind == "postgres" and self.orm.connection().closed:
            self.orm.close()
            self.orm.connect()

    @contextmanager
    def faults(self) -> Iterator[None]:
        """What the driver raises inside the block leaves it as the error family."""
        try:
            yield
        except HelpdeskError:
            raise
        except Exception as fault:
            origin = _driver_error(fault)
            if origin is None:
                raise
            raise _as_family(origin, self) from fault


_LOST_CONNECTION = {"OperationalError", "InterfaceError", "AdminShutdown", "ConnectionTimeout"}


def transaction(
    function: Callable[Concatenate[D, P], T],
) -> Callable[Concatenate[D, P], T]:
    """A verb of `operations/`: its first argument is the desk, all it does is one transaction (`Database.transact`)."""

    @functools.wraps(function)
    def run(desk: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return desk.database.transact(lambda: function(desk, *args, **kwargs))

    return run


def _sqlite(path: Path) -> Any:
    from helpdeskctl.store.orm import SqliteDatabase

    return SqliteDatabase(
        str(path),
        # FULL: a mail may be deleted on its server right after our commit, which must then outlive a power cut.
        pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -16000},
        timeout=_BUSY_TIMEOUT,
        lock_type="IMMEDIATE",
        autoconnect=False,
    )


def _postgres(url: str) -> Any:
    try:
        import psycopg  # noqa: F401  # loaded before peewee looks for drivers
    except ImportError as missing:
        raise ConfigError(
            "the database is Postgres, but its driver is not installed", hint='pip install "helpdeskctl[postgres]"'
        ) from missing
    from helpdeskctl.store.orm import postgres_pool

    parts = urlsplit(url)
    options: dict[str, Any] = {"connect_timeout": 10, **dict(parse_qsl(parts.query))}
    for name, value in (("host", parts.hostname), ("port", parts.port), ("user", parts.username)):
        if value is not None and name not in options:
            options[name] = unquote(str(value))
    if parts.password is not None:
        options["password"] = unquote(parts.password)
    if options.pop("pgbouncer", None):  # a transaction pooler cannot keep prepared statements
        options["prepare_threshold"] = None
    return postgres_pool(
        unquote(parts.path.lstrip("/")), autoconnect=False, max_connections=_POOL, stale_timeout=300, **options
    )


def _driver_error(fault: BaseException) -> BaseException | None:
    """The database driver's own exception behind `fault`, if there is one: the first, when others followed from it.

    A full disk makes SQLite roll back by itself, so that the roll-back asked for afterwards fails as well.
    """
    from helpdeskctl.store.orm import PeeweeException

    found: BaseException | None = None
    seen: set[int] = set()
    link: BaseException | None = fault
    while link is not None and id(link) not in seen:  # a chain of contexts may bite its own tail
        seen.add(id(link))
        if isinstance(link, PeeweeException):
            found = getattr(link, "orig", None) or found
        elif type(link).__module__.split(".")[0] in {"sqlite3", "psycopg"}:
            found = link
        link = link.__cause__ or link.__context__
    return found if found is not None and _is_database_fault(fault) else None


def _is_database_fault(fault: BaseException) -> bool:
    from helpdeskctl.store.orm import PeeweeException

    return isinstance(fault, PeeweeException) or type(fault).__module__.split(".")[0] in {"sqlite3", "psycopg"}


def _is_there(database: Database) -> bool:
    """Whether a file that cannot be opened exists: then its folder cannot be written, as the log of SQLite needs."""
    with suppress(OSError):
        return database.path is not None and database.path.exists()
    return False


def _as_family(origin: BaseException, database: Database) -> Exception:
    """What a driver's exception means: disk full, database away or busy, or a fault of ours (returned unchanged)."""
    name = str(getattr(origin, "sqlite_errorname", "") or "")
    state = str(getattr(origin, "sqlstate", "") or "")
    subject = f"database/{database.name}"
    full = name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")) or state == "53100" or state[:2] == "58"
    if full or (name.startswith("SQLITE_CANTOPEN") and _is_there(database)):
        return StorageFailed(
            f"the database cannot be written: {origin}",
            hint="make room or mend the folder's mode, then try again",
            subject=subject,
        )
    if name.startswith("SQLITE_CANTOPEN"):
        return ConfigError(f"the database cannot be opened: {origin}", hint="helpdeskctl init", subject=subject)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TryAgain("another process is writing to the database", hint="try again in a moment", subject=subject)
    if database.kind == "postgres" and (database._lost(origin) or state[:2] in {"40", "53", "55", "57"}):
        words = str(origin).strip().splitlines()
        return TryAgain(
            f"the database is not reachable: {words[0] if words else state}",
            hint="check database.url and that Postgres runs",
            subject=subject,
        )
    return origin if isinstance(origin, Exception) else RuntimeError(str(origin))
