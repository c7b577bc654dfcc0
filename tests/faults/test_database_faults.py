"""Case 57: a database that is locked for a while, or killed and started again under load."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpdeskctl.desk import open_desk
from tests import desks
from tests.builders import Builder
from tests.faults.ledger import not_once, rounds
from tests.faults.own_postgres import restart, syncing_postgres
from tests.faults.posts import alice, lost, wait_for, writing
from tests.flows.shell import Place, Shell, ended, place
from tests.portald.browser import Browser
from tests.portald.conftest import daemon
from tests.post import letter
from tests.servers.imap import ImapServer
from tests.servers.postgres import Postgres

__all__ = ["place"]

Figure = Callable[[str, object], None]
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Holder:
    """Somebody who holds the whole SQLite file for so many seconds."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.held = threading.Event()
        self.thread = threading.Thread(target=self._hold, args=(path, seconds))

    def __enter__(self) -> Holder:
        self.thread.start()
        assert self.held.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()

    def _hold(self, path: Path, seconds: float) -> None:
        holder = sqlite3.connect(path, isolation_level=None, timeout=20)
        holder.execute("BEGIN EXCLUSIVE")
        self.held.set()
        time.sleep(seconds)
        holder.execute("ROLLBACK")
        holder.close()


@sqlite_only
def test_a_database_locked_for_a_second_refuses_nobody(place: Place, imap: ImapServer, tmp_path: Path) -> None:
    account = imap.account("locked")
    mails = [letter(f"Number {n}", to=account.user) for n in range(3)]
    account.append(*mails)
    place.receiving(account)
    path = place.desk.database.path
    assert path is not None
    with daemon(place.desk.config, tmp_path / "log") as (_, port):
        writers = [alice(place.desk, port, name=name) for name in "ab"]
        with writing(*writers):
            wait_for(lambda: len(writers[0].acknowledged) > 0)
            for _ in range(rounds(1, 10)):
                with Holder(path, 1):
                    fetching = place.shell.start("mail", "fetch")
                assert ended(fetching).code == 0
    assert [writer.refused for writer in writers] == [[], []]
    assert [writer.broken for writer in writers] == [0, 0]
    assert lost(place.desk, *writers) == [] and not_once(place.desk, mails) == {}


@sqlite_only
def test_a_database_locked_for_a_minute_is_told_and_nothing_acknowledged_is_lost(
    place: Place, imap: ImapServer, tmp_path: Path, record_property: Figure
) -> None:
    account = imap.account("locked")
    account.append(letter(to=account.user))
    place.receiving(account)
    path = place.desk.database.path
    assert path is not None
    seconds = rounds(14, 60)  # longer than anybody waits
    with daemon(place.desk.config, tmp_path / "log") as (_, port):
        writer = alice(place.desk, port)
        with writing(writer):
            wait_for(lambda: len(writer.acknowledged) > 0)
            with Holder(path, seconds):
                assert ended(place.shell.start("mail", "fetch")).code == 75
                assert len(account.mails()) == 1
            before = len(writer.acknowledged)
            wait_for(lambda: len(writer.acknowledged) > before)
        assert set(writer.refused) <= {503} and writer.broken == 0
        assert place.run("mail", "fetch").code == 0
    assert lost(place.desk, writer) == []
    figure = f"57: SQLite locked for {seconds} s: import 75, {len(writer.refused)} posts told 503"
    record_property("figure", f"{figure}, {len(writer.acknowledged)} acknowledged, 0 lost")


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A Postgres that syncs, for this test alone."""
    with syncing_postgres(tmp_path) as server:
        yield server


def test_a_postgres_killed_under_load_loses_nothing_acknowledged_and_the_portal_recovers_by_itself(
    own_postgres: Postgres, imap: ImapServer, tmp_path: Path, record_property: Figure
) -> None:
    url = own_postgres.create("desk")
    desks.lay_out(url)
    config = desks.write_config(tmp_path / "desk", url)
    desk = open_desk(config)
    times = rounds(2, 20)
    with daemon(config, tmp_path / "log") as (process, port):
        with desk.connected():
            writers = [alice(desk, port, name=name) for name in "abc"]
        desks.close(desk.database)
        with writing(*writers):
            for _ in range(times):
                before = [len(writer.acknowledged) for writer in writers]
                wait_for(
                    lambda before=before: all(len(w.acknowledged) > n for w, n in zip(writers, before, strict=True))
                )
                restart(own_postgres)
            before = [len(writer.acknowledged) for writer in writers]
            wait_for(lambda: all(len(w.acknowledged) > n for w, n in zip(writers, before, strict=True)))
        assert process.poll() is None
        assert {code for writer in writers for code in writer.refused} <= {503}, (tmp_path / "log").read_text()
        assert Browser(port).get("/readyz").status == 200
    with desk.connected():
        assert lost(desk, *writers) == []
    desks.close(desk.database)
    told = sum(len(writer.acknowledged) for writer in writers)
    record_property("figure", f"57: Postgres killed {times} times under load: {told} posts acknowledged, 0 lost")


def test_an_import_whose_postgres_is_killed_ends_with_75_and_the_next_one_takes_the_rest(
    own_postgres: Postgres, imap: ImapServer, tmp_path: Path, record_property: Figure
) -> None:
    url = own_postgres.create("desk")
    desks.lay_out(url)
    config = desks.write_config(tmp_path / "desk", url, more="[mail]\nbatch_bytes = 20000\n")
    desk = open_desk(config)
    account = imap.account("killed")
    with desk.connected():
        here = Place(desk, Builder(desk), Shell(tmp_path / "desk" / "config.toml"))
        here.build.department("support")
        here.receiving(account, after="delete")
    desks.close(desk.database)
    mails: list[bytes] = []
    codes = []
    for turn in range(rounds(2, 12)):
        new = [letter(f"Mail {turn}.{n}", to=account.user, text="x " * 500) for n in range(60)]
        mails += new
        account.append(*new)
        fetching = here.shell.start("mail", "fetch")
        time.sleep(0.45 + 0.05 * turn)
        restart(own_postgres)
        codes.append(ended(fetching).code)
        with desk.connected():
            assert here.run("mail", "fetch").code == 0
            assert not_once(desk, mails) == {}, f"round {turn}"
        desks.close(desk.database)
    assert set(codes) <= {0, 75} and account.mails() == {}
    figure = f"57: Postgres killed {len(codes)} times during an import, exits {sorted(codes)}"
    record_property("figure", f"{figure}: {len(mails)} mails in, {len(mails)} out")
