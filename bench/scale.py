"""1,000 mails into a desk of 1,000,000 tickets beside the same mails into an empty one, in turn."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bench import million, servers
from bench.checkouts import Checkout
from bench.importing import mailbox
from bench.mails import corpus
from bench.measure import Cost, cost, median, show
from helpdeskctl import config
from helpdeskctl.desk import open_desk
from tests.desks import close
from tests.servers.imap import ImapServer

TICKETS = 1_000_000
MAILS = 1000
ROUNDS = 3


def run(tickets: int = TICKETS, mails: int = MAILS) -> list[dict[str, Any]]:
    """Print what the import costs in each, and the ratio of both."""
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        with servers.imap(folder) as imap, servers.databases(folder) as databases:
            if imap is None:
                print("  skipped: no Dovecot here")
                return figures
            for kind, new_database in databases.items():
                figures += _of(kind, folder / kind, new_database, imap, tickets=tickets, mails=mails)
    return figures


def _of(
    kind: str, folder: Path, new_database: servers.NewDatabase, imap: ImapServer, *, tickets: int, mails: int
) -> list[dict[str, Any]]:
    desks = {"empty": folder / "empty", "full": folder / "full"}
    for place in desks.values():
        path = Checkout().desk(place, new_database())
        Checkout().run(path, "department", "create", "support", "--name", "Support", "--public")
    _fill(desks["full"], tickets)
    costs: dict[str, list[Cost]] = {name: [] for name in desks}
    for turn in range(ROUNDS):
        account = imap.account("scale")
        account.append(*corpus(mails, to=f"box{turn}@example.org", seed=100 + turn))
        for name, place in desks.items():
            mailbox(account, place / "config.toml", Checkout(), address=f"box{turn}@example.org")
            command = [*Checkout().program(place / "config.toml"), "mail", "fetch", f"box{turn}@example.org", "--quiet"]
            costs[name].append(cost(command))
    return _figures(kind, {name: median(each) for name, each in costs.items()}, tickets, mails)


def _fill(place: Path, tickets: int) -> None:
    began = time.perf_counter()
    desk = open_desk(config.load(place / "config.toml", {}))
    with desk.connected():
        million.fill(desk, tickets)
    close(desk.database)
    print(f"  {desk.database.kind}: {tickets:,} tickets written in {time.perf_counter() - began:.0f} s")


def _figures(kind: str, costs: dict[str, Cost], tickets: int, mails: int) -> list[dict[str, Any]]:
    figures = [show(f"{kind}: {name}", each, f"{mails / each.wall:.0f} mails/s") for name, each in costs.items()]
    wall, cpu = costs["full"].wall / costs["empty"].wall, costs["full"].cpu / costs["empty"].cpu
    print(f"  {kind}: full beside empty: time {wall:.2f}, CPU {cpu:.2f} times")
    return [*figures, {"name": f"{kind}: full beside empty", "wall": wall, "cpu": cpu, "tickets": tickets}]
