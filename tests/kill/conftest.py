"""Scenarios for the crash tests: fresh desks with a full mailbox, on each database."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desks import LendDatabase
from tests.kill.harness import CommandOf, Harness
from tests.kill.scenario import Scenario, furnish
from tests.kill.strace import Tracer, need_strace
from tests.servers.imap import ImapServer

HarnessOf = Callable[..., Harness]


@pytest.fixture
def tracer(tmp_path: Path) -> Tracer:
    """strace, where it works."""
    return Tracer(need_strace(), tmp_path)


@pytest.fixture
def harness_of(tracer: Tracer, lend_database: LendDatabase, dovecot: ImapServer, tmp_path: Path) -> HarnessOf:
    """Makes a harness for an import: `harness_of(command_of, after="delete")`."""
    numbers = itertools.count()

    def make(command_of: CommandOf, *, after: str = "delete") -> Harness:
        @contextmanager
        def scenario() -> Iterator[Scenario]:
            folder = tmp_path / f"kill-{next(numbers)}"
            with lend_database() as url:
                yield furnish(folder, url, dovecot.account("kill"), after=after)
            shutil.rmtree(folder)

        return Harness(tracer, scenario, command_of)

    return make
