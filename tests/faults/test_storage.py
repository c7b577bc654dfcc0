"""Case 56: a disk that fails a write or a sync, is full or read-only: nothing is acknowledged that is not stored.

Failing calls are made by strace, in whichever process writes: ours with SQLite, the server's with Postgres. What a
full disk does to imports and replies: tests/flows/test_bad_storage.py; to posts: tests/portald/test_full_disk.py.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.desk import open_desk
from tests import desks
from tests.desks import LendDatabase
from tests.faults.ledger import LONG, damaged, rounds
from tests.faults.own_postgres import running, syncing_postgres
from tests.faults.posts import alice, lost, wait_for, writing
from tests.flows.disk_desk import DiskDesk, mailbox
from tests.flows.small_disk import small_disk
from tests.kill import scenario as importing
from tests.kill import sending
from tests.kill.harness import Harness, environment
from tests.kill.strace import Point, Tracer, need_strace
from tests.portald.conftest import daemon
from tests.post import letter
from tests.servers.imap import ImapServer
from tests.servers.smtp import SmtpSink

Figure = Callable[[str, object], None]
TOLD = {0, 69, 73, 74, 75}  # it went well after all, or was told by the contract
FAILING = [("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fsync", "EIO"), ("rename", "EROFS")]
FIRST = rounds(2, 40)  # how many places of each call are tried
CASES = FAILING if LONG else FAILING[::2]


@pytest.fixture
def tracer(tmp_path: Path) -> Tracer:
    """strace, where it works."""
    return Tracer(need_strace(), tmp_path)


def program(*words: str) -> Callable[[Any], Sequence[str]]:
    """The command as the system starts it, on the desk of a scenario."""
    return lambda scenario: [
        str(Path(sys.executable).parent / "helpdeskctl"), *words, "-C", str(scenario.config.path)
    ]  # fmt: skip


def harness(tracer: Tracer, command: Sequence[str], folder: Path, lend: LendDatabase, furnish: Any) -> Harness:
    """Disturbs a command, each time on a desk of its own."""
    numbers = itertools.count()

    @contextmanager
    def scenario() -> Iterator[Any]:
        here = folder / f"disk-{next(numbers)}"
        with lend() as url:
            yield furnish(here, url)
        shutil.rmtree(here)

    return Harness(tracer, scenario, program(*command))


def places(call: str) -> list[Point]:
    """From which call of that name on it fails."""
    return [Point(call, 1 + n * rounds(9, 1)) for n in range(FIRST)]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("call", "error"), CASES)
def test_an_import_whose_disk_fails_takes_nothing_that_it_has_not_stored(
    tracer: Tracer, lend_database: LendDatabase, dovecot: ImapServer, tmp_path: Path, call: str, error: str,
    record_property: Figure,
) -> None:  # fmt: skip
    def furnish(folder: Path, url: str) -> importing.Scenario:
        return importing.furnish(folder, url, dovecot.account("disk"))

    disturbed = harness(tracer, ["mail", "fetch"], tmp_path, lend_database, furnish)
    outcome = disturbed.fail_at(places(call), error, allowed=TOLD)
    assert outcome.violations == [] and outcome.killed
    record_property("figure", f"56: import, {call} fails with {error} at {outcome.killed} places: 0 violations")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("call", "error"), FAILING[:3] if LONG else FAILING[2:3])
def test_a_sender_whose_disk_fails_leaves_nobody_without_mail_and_nobody_with_three(
    tracer: Tracer, lend_database: LendDatabase, smtp: SmtpSink, tmp_path: Path, call: str, error: str,
    record_property: Figure,
) -> None:  # fmt: skip
    def furnish(folder: Path, url: str) -> sending.Sending:
        return sending.furnish(folder, url, smtp)

    disturbed = harness(tracer, ["mail", "send"], tmp_path, lend_database, furnish)
    outcome = disturbed.fail_at(places(call), error, allowed=TOLD)
    assert outcome.violations == [] and outcome.killed
    record_property("figure", f"56: sender, {call} fails with {error} at {outcome.killed} places: 0 violations")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("call", "error"), CASES)
def test_a_portal_whose_disk_fails_keeps_what_it_acknowledged_and_goes_on_once_it_is_well(
    tracer: Tracer, database_url: str, tmp_path: Path, call: str, error: str, record_property: Figure
) -> None:
    config = desks.write_config(tmp_path / "desk", database_url)
    desk = open_desk(config)
    with desk.connected(), daemon(config, tmp_path / "log") as (process, port):
        writer = alice(desk, port)
        assert writer.write()
        with tracer.attached(process.pid, f"{call}:error={error}"), writing(writer):
            wait_for(lambda: len(writer.refused) > rounds(2, 30))
        before = len(writer.acknowledged)
        with writing(writer):
            wait_for(lambda: len(writer.acknowledged) > before)
        assert set(writer.refused) <= {503} and writer.broken == 0 and process.poll() is None
        assert lost(desk, writer) == [] and damaged(desk) == []
    figure = f"56: portal, {call} fails with {error}: {len(writer.refused)} posts told 503"
    record_property("figure", f"{figure}, {len(writer.acknowledged)} acknowledged, 0 lost")


def test_a_postgres_whose_disk_fails_loses_nothing_that_was_acknowledged(
    tracer: Tracer, dovecot: ImapServer, tmp_path: Path, record_property: Figure
) -> None:
    with syncing_postgres(tmp_path) as server:
        faults = list(itertools.islice(itertools.cycle([("pwrite64", "ENOSPC"), ("fdatasync", "EIO")]), rounds(2, 20)))
        for number, (call, error) in enumerate(faults):
            url = server.create(f"desk_{number}")
            desks.lay_out(url)
            scenario = importing.furnish(tmp_path / f"desk-{number}", url, dovecot.account("disk"))
            command = program("mail", "fetch")(scenario)
            with tracer.attached(running(server), f"{call}:error={error}:when={1 + number}+"):
                done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            assert done.returncode in TOLD, done.stderr
            running(server)
            assert scenario.broken_now() == []
            subprocess.run(command, env=environment(), check=True, stdout=subprocess.DEVNULL)
            assert scenario.broken_at_the_end({}) == [], (call, error)
    mails = len(importing.MAILS) * len(faults)
    record_property(
        "figure", f"56: disk of Postgres failing {len(faults)} times during an import: {mails} mails, 0 lost"
    )


def test_on_a_read_only_disk_mail_stays_where_it_is_until_it_can_be_written_again(
    dovecot: ImapServer, smtp: SmtpSink, tmp_path: Path
) -> None:
    account = dovecot.account("disk")
    with small_disk(tmp_path / "disk") as disk:
        desk = DiskDesk(disk)
        mailbox(desk, account, smtp)
        desk.done("mail", "pipe", "--mailbox", account.user, stdin=letter("First", to=account.user))
        account.append(letter("Second", text="Second.", to=account.user))
        disk.read_only()
        for words in (
            ("mail", "fetch"),
            ("mail", "send"),
            ("ticket", "note", 1001, "-m", "No.", "--as", "ann@example.org"),
        ):
            answer = desk.run(*words)
            assert answer.code in (74, 75) and "Traceback" not in answer.err, answer
        assert desk.run("mail", "pipe", stdin=letter("Third")).code == 75
        assert len(account.mails()) == 1 and smtp.deliveries == []
        disk.read_only(False)
        desk.done("mail", "fetch")
        desk.done("mail", "send")
        assert desk.messages() == ["It smokes.", "Second."]
        assert account.mails() == {} and len(smtp.deliveries) >= 1
