"""10,000 mails at once while a customer reads in the portal: all come in, robots are answered within bounds."""

from __future__ import annotations

import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import servers
from bench.checkouts import Checkout
from bench.importing import mailbox
from bench.mails import corpus
from bench.measure import cost, peak_now, show
from helpdeskctl import config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.store.tables import Message
from tests.desks import close
from tests.faults.ledger import inside
from tests.faults.posts import alice
from tests.portald.browser import Browser
from tests.portald.conftest import daemon
from tests.servers.certificates import make_certificates
from tests.servers.dovecot import deliver
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink, smtp_sink

MAILS = 10_000
HOST = "support@example.org"


@dataclass(slots=True)
class Reader:
    """A customer who opens her tickets again and again; seconds of each page."""

    port: int
    session: str
    pages: list[float] = field(default_factory=list)
    faults: int = 0

    def read(self, done: threading.Event) -> None:
        """Until it is done."""
        browser = Browser(self.port)
        browser.cookies["portal"] = self.session
        while not done.wait(0.1):
            page = browser.get("/tickets")
            self.pages.append(page.seconds)
            self.faults += page.status != 200

    @property
    def p95(self) -> float:
        """The time within which 95 of 100 pages came."""
        return statistics.quantiles(self.pages, n=20)[-1]


def run(mails: int = MAILS) -> list[dict[str, Any]]:
    """Print what the import costs, what left by SMTP, and the portal's times meanwhile."""
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        certificates = make_certificates(folder / "sink")
        with servers.imap(folder) as imap, servers.databases(folder) as found, smtp_sink(certificates) as sink:
            if imap is None:
                print("  skipped: no Dovecot here")
                return figures
            for kind, new_database in found.items():
                sink.reset()
                storm = Storm(kind, folder / kind, new_database(), sink)
                figures += storm.run(imap, mails)
    return figures


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm on one database."""

    kind: str
    folder: Path
    url: str
    sink: SmtpSink

    def run(self, imap: ImapServer, mails: int) -> list[dict[str, Any]]:
        """All of it; RuntimeError when a mail is lost or doubled, or too much is sent."""
        path = Checkout().desk(self.folder, self.url)
        account = imap.account("storm")
        deliver(account, corpus(mails, to=HOST))
        Checkout().run(path, "department", "create", "support", "--name", "Support", "--public")
        smtp = ["--smtp", f"smtp+insecure://localhost:{self.sink.port}"]
        mailbox(account, path, Checkout(), *smtp, address=HOST)
        desk = open_desk(config.load(path, {}))
        with desk.connected():
            figures = self._weather(desk, account, mails)
        close(desk.database)
        return figures

    def _weather(self, desk: Desk, account: ImapAccount, mails: int) -> list[dict[str, Any]]:
        path = desk.config.path
        assert path is not None
        fetch = [*Checkout().program(path), "mail", "fetch", "--quiet"]
        with reading(desk, self.folder) as reader:
            began = time.perf_counter()
            before, peak = killed(fetch, desk, mails // 3)
            took = cost(fetch)
            seconds = time.perf_counter() - began
            cost([*Checkout().program(path), "mail", "send", "--quiet"])
        held = inside(desk)
        most = Counter(address for taken in self.sink.deliveries for address in taken.rcpt_tos)
        if sum(held.values()) != mails or max(held.values()) > 1:
            raise RuntimeError(f"{mails} mails in, {sum(held.values())} out, {max(held.values())} copies at most")
        sent = len(self.sink.deliveries)
        print(
            f"  {self.kind}: {mails:,} mails in, {len(held):,} out, {mails / seconds:.0f} mails/s; killed at {before:,}"
        )
        print(f"  {self.kind}: {sent} automatic mails left, {max(most.values(), default=0)} to one address at most")
        print(
            f"  {self.kind}: portal p95 {reader.p95 * 1000:.0f} ms of {len(reader.pages)} pages, {reader.faults} faults"
        )
        named = {"name": f"{self.kind}: storm", "mails": mails, "sent": sent, "killed at": before}
        figures = {"p95": reader.p95, "pages": len(reader.pages), "faults": reader.faults, "rate": mails / seconds}
        return [show(f"{self.kind}: the run after the kill", took, f"before it {peak:.0f} MB"), named | figures]


def killed(command: list[str], desk: Desk, messages: int) -> tuple[int, float]:
    """Start it and kill it once there are so many messages; how many there were, and its peak in MB."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while (count := Message.select().count()) < messages:
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode} after {count} messages")
            time.sleep(0.05)
        peak = peak_now(process.pid)
        process.send_signal(signal.SIGKILL)
    return int(count), peak


@contextmanager
def reading(desk: Desk, folder: Path) -> Iterator[Reader]:
    """A portal with its reader, for the length of the block."""
    done = threading.Event()
    with daemon(desk.config, folder / "portald.log") as (_, port):
        reader = Reader(port, alice(desk, port).session)
        thread = threading.Thread(target=reader.read, args=(done,))
        thread.start()
        try:
            yield reader
        finally:
            done.set()
            thread.join()
