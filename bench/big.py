"""A mailbox of 1 GB: 100 mails of 10 MB and one of 200 MB, over the limit; killed in the middle, gone on with."""

from __future__ import annotations

import random
import tempfile
import time
from base64 import encodebytes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import servers
from bench.checkouts import Checkout
from bench.importing import mailbox
from bench.measure import cost, show
from bench.storm import killed
from helpdeskctl import config
from helpdeskctl.desk import open_desk
from helpdeskctl.store.tables import IncomingMail
from tests.desks import close
from tests.faults.ledger import inside
from tests.servers.dovecot import deliver
from tests.servers.imap import ImapAccount
from tests.servers.proxy import proxy

COUNT, SIZE, HUGE = 100, 10_000_000, 200_000_000


def run() -> list[dict[str, Any]]:
    """Print peak memory of each run and how much of the mailbox was fetched twice."""
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        with servers.imap(folder) as imap, servers.databases(folder) as databases:
            if imap is None:
                print("  skipped: no Dovecot here")
                return figures
            account = imap.account("big")
            deliver(account, _mails())
            for kind, new_database in databases.items():
                figures += _of(kind, folder / kind, new_database(), account)
    return figures


def _mails() -> Iterator[bytes]:
    dice = random.Random(7)
    for number, size in enumerate([*[SIZE] * COUNT, HUGE]):
        head = f"From: p{number}@customers.example\r\nTo: support@example.org\r\nSubject: Large {number}\r\n"
        kind = "MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=f.bin\r\n"
        coding = f"Message-ID: <big-{number}@customers.example>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        # the same megabyte again and again: what a file holds does not matter here, making it takes long
        data = encodebytes(dice.randbytes(57 * 18_000)).replace(b"\n", b"\r\n")
        yield (head + kind + coding).encode() + data * (size // len(data) + 1)


def _of(kind: str, folder: Path, url: str, account: ImapAccount) -> list[dict[str, Any]]:
    path = Checkout().desk(folder, url)
    Checkout().run(path, "department", "create", "support", "--name", "Support", "--public")
    desk = open_desk(config.load(path, {}))
    with proxy((account.server.host, account.server.port)) as wire, desk.connected():
        mailbox(account, path, Checkout())
        login = f"imap+insecure://{account.user}@127.0.0.1:{wire.port}"
        desk.database.execute("UPDATE mailbox SET imap_url = ?", (login,))
        fetch = [*Checkout().program(path), "mail", "fetch", "--quiet"]
        began = time.perf_counter()
        before, peak = killed(fetch, desk, COUNT // 3)
        said, rows, size = wire.bytes_to_client, IncomingMail.select().count(), _octets()
        took = cost(fetch)
        seconds, again = time.perf_counter() - began, wire.bytes_to_client - said
        fresh = _octets() - size
        held, states = inside(desk), {row.state for row in IncomingMail.select().where(IncomingMail.size > 2 * SIZE)}
    close(desk.database)
    if sum(held.values()) != COUNT or max(held.values()) > 1:
        raise RuntimeError(f"{COUNT} mails in, {sum(held.values())} out")
    twice = again - fresh
    print(f"  {kind}: {COUNT} mails of 10 MB in, {len(held)} out in {seconds:.0f} s; the one of 200 MB: {states}")
    print(f"  {kind}: killed at {before}, {rows} kept; then {again / 1e6:.0f} MB fetched ({twice / 1e6:+.0f} MB)")
    figures = {"name": f"{kind}: big", "killed at": before, "fetched after": again, "peak before": peak}
    return [show(f"{kind}: the run after the kill", took, f"before it {peak:.0f} MB"), figures]


def _octets() -> int:
    """How large the mails are that were fetched."""
    sizes = IncomingMail.select(IncomingMail.size).where(IncomingMail.state != "left").tuples()
    return sum(size for (size,) in sizes)
