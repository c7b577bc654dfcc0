"""The real daemon on a desk of its own, once per module and database; its mail goes to a server that keeps it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpdeskctl.config import Config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import ContactAddress, Department, RateLimit, Setting
from tests import desks
from tests.builders import Builder
from tests.portald.browser import Answer, Browser
from tests.servers.certificates import Certificates
from tests.servers.ports import free_ports, wait_for
from tests.servers.smtp import PASSWORD, SmtpSink, smtp_sink

if TYPE_CHECKING:
    from tests.portald.world import World

SUPPORT = "support@example.org"


@dataclass(slots=True)
class Portal:
    """A running portal and its desk. Nobody's rights or tickets are shared between tests: `address()` is always new."""

    desk: Desk
    port: int
    process: subprocess.Popen[bytes]
    smtp: SmtpSink
    log: Path
    build: Builder
    used: int = field(default=0)

    def address(self, name: str = "alice", domain: str = "acme.example") -> str:
        """A fresh address."""
        self.used += 1
        return f"{name}{self.used}@{domain}"

    def customer(self, name: str = "alice", /, **columns: Any) -> str:
        """A contact who may sign in; the address."""
        address = self.address(name)
        self.build.contact(address, **{"portal_access": True, "language": "en"} | columns)
        return address

    def set(self, key: str, value: Any) -> None:
        """Give a setting a value."""
        Setting.insert(key=key, value=value).on_conflict(
            conflict_target=[Setting.key], update={Setting.value: value}
        ).execute()

    def browser(self, **options: Any) -> Browser:
        """A browser that knows nothing yet."""
        return Browser(self.port, **options)

    def mail_to(self, address: str, words: str = "") -> str:
        """The text of the newest mail with these words that arrives at an address."""

        def texts() -> list[str]:
            found = [text_of(delivery.message) for delivery in self.smtp.to(address)]
            return [text for text in found if words in text]

        assert _soon(lambda: bool(texts())), f"no mail to {address}\n{self.log.read_text()[-2000:]}"
        return texts()[-1]

    def signed_in(self, address: str) -> Browser:
        """A browser whose user has signed in by the mailed link."""
        browser = self.browser()
        before = len(self.smtp.to(address))
        browser.get("/login")
        browser.submit("/login", {"email": address, "action": "link"})
        assert _soon(lambda: len(self.smtp.to(address)) > before), self.log.read_text()[-2000:]
        browser.get(link_in(self.mail_to(address)))
        browser.submit("")
        assert browser.page.status == 200 and "Sign out" in browser.page.words, browser.page.words
        return browser

    def signed_in_directly(self, address: str, **options: Any) -> Browser:
        """The same without a mail, by a session that was begun behind the portal's back."""
        browser = self.browser()
        contact = ContactAddress.get(ContactAddress.address == address).contact_id
        browser.cookies["portal"] = sessions.open_session(self.desk, contact, sessions.Browser(**options))
        return browser


def text_of(mail: EmailMessage) -> str:
    """The text part of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(text: str) -> str:
    """The path of the first link of a mail that does something."""
    found = re.search(r"https?://[^/\s]+(/(?:login/link|reset|confirm|register|account/email|tickets)/\S+)", text)
    assert found, text
    return found[1]


def code_in(text: str) -> str:
    """The six digits of a sign-in mail."""
    found = re.search(r"\b[0-9]{6}\b", re.sub(r"https?://\S+", "", text))
    assert found, text
    return found[0]


def _soon(happened: Any, seconds: float = 30) -> bool:
    import time

    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def daemon(
    config: Config, log: Path, *more: str, before: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`portald` on a free port, behind the words `before`, for the length of the block."""
    (port,) = free_ports(1)
    program = [*before, sys.executable, "-m", "portald.serve"]
    command = [*program, "-C", str(config.path), "--listen", f"127.0.0.1:{port}", *more]
    environ = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=subprocess.STDOUT)
    try:
        assert wait_for(port, alive=lambda: process.poll() is None), log.read_text()
        yield process, port
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def sink(certificates: Certificates) -> Iterator[SmtpSink]:
    """Where the portal's mail arrives."""
    with smtp_sink(certificates) as running:
        yield running


@pytest.fixture(scope="module", params=desks.DATABASES)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sink: SmtpSink, certificates: Certificates
) -> Iterator[Portal]:
    """A portal on SQLite, then one on Postgres."""
    folder = tmp_path_factory.mktemp("portal")
    if request.param == "sqlite":
        path = folder / "desk.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        with _portal(folder, f"sqlite:///{path}", sink, certificates) as portal:
            yield portal
        return
    databases = request.getfixturevalue("postgres_databases")
    name = databases.take()
    with _portal(folder, request.getfixturevalue("postgres").url(name), sink, certificates) as portal:
        yield portal
    databases.give_back(name)


@contextmanager
def _portal(folder: Path, url: str, sink: SmtpSink, certificates: Certificates, more: str = "") -> Iterator[Portal]:
    config = desks.write_config(folder / "desk", url, more=more)
    desk = open_desk(config)
    try:
        with desk.connected():
            build = Builder(desk)
            build.department("support", public=True)
            build.agent("ann@example.org", support="agent")
            furnish_mailbox(desk, build, sink, certificates)
            with daemon(config, folder / "portald.log") as (process, port):
                portal = Portal(desk, port, process, sink, folder / "portald.log", build)
                portal.set("portal_url", f"http://127.0.0.1:{port}")
                yield portal
                assert process.poll() is None, portal.log.read_text()
    finally:
        desks.close(desk.database)


def furnish_mailbox(desk: Desk, build: Builder, sink: SmtpSink, certificates: Certificates) -> None:
    """The department's mailbox, which sends through the sink."""
    from helpdeskctl.store.tables import Secret

    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal(PASSWORD), changed_at=desk.now()).execute()
    build.mailbox(
        SUPPORT,
        smtp_url=f"smtp://support@localhost:{sink.port}",
        imap_url=None,
        ca_file=str(certificates.ca_file),
        secret_id=int(secret),
    )


@pytest.fixture
def portal(running: Portal) -> Iterator[Portal]:
    """The portal of this module, with no limit reached and the settings of a new desk."""
    RateLimit.delete().execute()
    Department.update(public=False).where(Department.key != "support").execute()
    Department.update(public=True, unknown_senders="accept").where(Department.key == "support").execute()
    running.smtp.reset()
    before = {row.key: row.value for row in Setting.select()}
    yield running
    Setting.delete().where(Setting.key.not_in(list(before))).execute()
    for key, value in before.items():
        running.set(key, value)


def refusal(answer: Answer) -> tuple[int, bytes]:
    """What a refusal shows."""
    return answer.status, answer.body


@pytest.fixture(scope="module")
def there(running: Portal) -> World:
    """Somebody of every kind, with something of everything: once for a module and database."""
    from tests.portald.world import world

    return world(running)
