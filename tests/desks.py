"""Fresh desks for tests: on SQLite and on Postgres, each a copy of a template that was laid out once."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from helpdeskctl import config
from helpdeskctl.config import Config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.operations import layout
from helpdeskctl.store.database import Database
from helpdeskctl.store.secrets import write_key_file
from helpdeskctl.store.tables import proxy
from tests.clock import A_TUESDAY, SteppedClock
from tests.servers.postgres import Postgres
from tests.servers.recycling import Recycling

DATABASES = ("sqlite", "postgres")
INSTALLATION = "test-desk"
_numbers = itertools.count()

NewDatabase = Callable[[], str]
"""Makes an empty, laid-out database and returns its URL."""
LendDatabase = Callable[[], AbstractContextManager[str]]


def lay_out(url: str) -> None:
    """Make an empty database a new desk."""
    database = Database(url)
    proxy.initialize(database.orm)
    try:
        with database.connected():
            layout.lay_out(database, now=A_TUESDAY, installation=INSTALLATION)
    finally:
        close(database)


def close(database: Database) -> None:
    """Let go of every connection, the pooled ones too."""
    if database.kind == "postgres":
        database.orm.close_all()


def write_config(folder: Path, database_url: str, *, more: str = "") -> Config:
    """Write config.toml (`more`: further sections) and a key file, the way `init` does; `.path` names the file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_key_file(folder / "secret.key")
    path = folder / "config.toml"
    path.write_text(
        f'installation = "{INSTALLATION}"\n[database]\nurl = "{database_url}"\n[paths]\ndata = "data"\n{more}',
    )
    path.chmod(0o600)
    return config.load(path, {})


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laid-out SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    lay_out(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_databases(postgres: Postgres) -> Iterator[Recycling]:
    """Laid-out Postgres databases, put back to new after each use."""
    databases = Recycling(postgres, postgres.template("desk", lay_out))
    yield databases
    databases.close()


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Runs the test once per database: "sqlite", "postgres"."""
    kind: str = request.param
    return kind


@pytest.fixture
def lend_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> LendDatabase:
    """Lends laid-out databases of the kind the test runs on, each for the length of a block."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")

        @contextmanager
        def copy() -> Iterator[str]:
            path = tmp_path / f"desk-{next(_numbers)}.db"
            shutil.copyfile(template, path)
            yield f"sqlite:///{path}"
            for each in tmp_path.glob(f"{path.name}*"):
                each.unlink()

        return copy
    server: Postgres = request.getfixturevalue("postgres")
    databases: Recycling = request.getfixturevalue("postgres_databases")

    @contextmanager
    def borrow() -> Iterator[str]:
        name = databases.take()
        yield server.url(name)
        databases.give_back(name)

    return borrow


@pytest.fixture
def new_database(lend_database: LendDatabase) -> Iterator[NewDatabase]:
    """Makes as many laid-out databases as a test asks for."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(lend_database())


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """The URL of a fresh, laid-out database."""
    return new_database()


@pytest.fixture
def clock() -> SteppedClock:
    """The clock of `desk`."""
    return SteppedClock()


@pytest.fixture
def desk_config(database_url: str, tmp_path: Path) -> Config:
    """The configuration of a fresh desk; `.path` is its file, for `helpdeskctl -C`."""
    return write_config(tmp_path / "desk", database_url)


@pytest.fixture
def desk(desk_config: Config, clock: SteppedClock) -> Iterator[Desk]:
    """An empty desk on each database, connected for this thread, with `clock` for its clock."""
    opened = open_desk(desk_config, clock=clock)
    try:
        with opened.connected():
            yield opened
    finally:
        close(opened.database)
