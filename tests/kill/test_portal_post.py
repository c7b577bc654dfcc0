"""The portal, killed while it takes a customer's answer: what it acknowledged is there, nothing is there in half."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdeskctl.desk import open_desk
from tests import desks
from tests.faults.ledger import damaged, rounds
from tests.faults.posts import Writer, alice, lost
from tests.kill.strace import Tracer
from tests.portald.conftest import daemon

pytestmark = pytest.mark.kill
CALLS = ("pwrite64", "fdatasync", "fsync", "rename", "write", "sendto")
DEEPEST = rounds(2, 30)  # the call of a name at which it is killed, at most
MOST_POSTS = 12


def killed(tracer: Tracer, pid: int, inject: str, writer: Writer) -> bool:
    """Post until the portal dies; False when it does not come by that point."""
    with tracer.attached(pid, inject):
        for _ in range(MOST_POSTS):
            writer.write()
            if writer.broken:
                return True
    return False


def test_a_portal_killed_in_a_post_has_all_that_it_acknowledged(
    tracer: Tracer, database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    config = desks.write_config(tmp_path / "desk", database_url)
    desk = open_desk(config)
    deaths, writers = 0, []
    with desk.connected():
        for call in CALLS if rounds(0, 1) else CALLS[1::4]:
            for number in range(1, DEEPEST + 1):
                with daemon(config, tmp_path / "log") as (process, port):
                    writers.append(alice(desk, port, name=f"{call}{number}"))
                    writers[-1].write()
                    died = killed(tracer, process.pid, f"{call}:signal=KILL:when={number}", writers[-1])
                deaths += died
                assert lost(desk, *writers) == [] and damaged(desk) == [], (call, number)
                if not died:
                    break
        with daemon(config, tmp_path / "log") as (_, port):
            assert alice(desk, port, name="after").write()
    desks.close(desk.database)
    told = sum(len(writer.acknowledged) for writer in writers)
    assert deaths
    figure = f"52: portal on {desk.database.kind} killed {deaths} times in a post"
    record_property("figure", f"{figure}: {told} posts acknowledged, 0 lost, 0 in half")
