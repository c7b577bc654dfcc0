"""A full disk, a database that is away or busy: told by the contract, nothing acknowledged that is not stored."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from tests.flows.disk_desk import DiskDesk, mailbox
from tests.flows.shell import Place, ended, place, told
from tests.flows.small_disk import small_disk
from tests.post import letter
from tests.servers.imap import ImapServer
from tests.servers.proxy import proxy
from tests.servers.smtp import SmtpSink

__all__ = ["place"]

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"])
postgres_only = pytest.mark.parametrize("database_kind", ["postgres"])


@pytest.fixture
def desk_on_disk(tmp_path: Path) -> Iterator[DiskDesk]:
    """A desk on a disk of 8 MB."""
    with small_disk(tmp_path / "disk") as disk:
        yield DiskDesk(disk)


def test_on_a_full_disk_mail_stays_on_the_server_until_there_is_room(
    desk_on_disk: DiskDesk, imap: ImapServer, smtp: SmtpSink
) -> None:
    account = imap.account()
    mailbox(desk_on_disk, account, smtp)
    account.append(*(letter(f"Mail {n}", to=account.user, text=f"Text {n}\n" + "x" * 5000) for n in range(3)))
    desk_on_disk.disk.fill()
    answer = desk_on_disk.run("mail", "fetch")
    told(answer, 74, "cannot be written", "make room")
    told(desk_on_disk.run("mail", "pipe", stdin=letter("By pipe")), 75, "the mail was not taken", "make room")
    assert len(account.mails()) == 3
    desk_on_disk.disk.make_room()
    assert desk_on_disk.messages() == []
    desk_on_disk.done("mail", "fetch")
    assert [text.split()[1] for text in desk_on_disk.messages()] == ["0", "1", "2"]
    assert account.mails() == {}


def test_on_a_full_disk_nothing_is_said_to_be_stored_or_sent(
    desk_on_disk: DiskDesk, imap: ImapServer, smtp: SmtpSink
) -> None:
    account = imap.account()
    mailbox(desk_on_disk, account, smtp)
    desk_on_disk.done("mail", "pipe", "--mailbox", account.user, stdin=letter(to=account.user))
    desk_on_disk.done("mail", "send")  # the receipt
    desk_on_disk.done("ticket", "reply", 1001, "-m", "Waits.", "--undo", "1s", "--as", "ann@example.org")
    before, sent = desk_on_disk.messages(), len(smtp.deliveries)
    desk_on_disk.disk.fill()
    time.sleep(1)
    big = "x" * 100_000
    for words in (
        ("ticket", "reply", 1001, "-m", big, "--as", "ann@example.org"),
        ("ticket", "note", 1001, "-m", big, "--as", "ann@example.org"),
        ("ticket", "create", "--from", "bob@acme.example", "--subject", "Big", "-m", big, "--as", "ann@example.org"),
    ):
        told(desk_on_disk.run(*words), 74, "make room")
    told(desk_on_disk.run("mail", "send"), 74, "make room")
    told(desk_on_disk.run("cron"), 74, "make room")
    assert len(smtp.deliveries) == sent
    desk_on_disk.disk.make_room()
    assert desk_on_disk.messages() == before
    desk_on_disk.done("mail", "send")
    assert [b"Waits." in taken.data for taken in smtp.deliveries].count(True) == 1


@postgres_only
def test_a_database_that_goes_away_is_told_and_mail_waits_for_it(place: Place, imap: ImapServer) -> None:
    account = imap.account()
    account.append(letter(to=account.user))
    place.receiving(account)
    place.desk.config.paths.state.mkdir(parents=True, exist_ok=True)
    url = place.desk.config.database.url
    host, _, port = url.partition("@")[2].partition("/")[0].partition(":")
    with proxy((host, int(port))) as line:
        away = {"HELPDESK_DATABASE_URL": url.replace(f"{host}:{port}", f"{line.host}:{line.port}")}
        assert place.run("ticket", "list", environ=away).code == 0
    told(place.run("ticket", "list", environ=away), 75, "the database is not reachable", "check database.url")
    told(place.run("mail", "fetch", environ=away), 75, "the database is not reachable")
    told(place.run("mail", "pipe", stdin=letter("By pipe"), environ=away), 75, "the mail was not taken")
    assert len(account.mails()) == 1 and place.bodies() == []
    assert place.run("cron", environ=away) == Answer(0, "", "")
    time.sleep(1.1)  # the quiet time of the next run
    told(place.run("cron", environ={**away, "HELPDESK_MAIL_ALERT_AFTER": "1"}), 75, "the database is not reachable")
    assert place.run("cron", environ={**away, "HELPDESK_MAIL_ALERT_AFTER": "1"}) == Answer(0, "", "")
    back = place.run("cron")
    assert back.code == 0 and back.err.startswith("recovered after ")
    assert place.bodies() == ["It smokes."]


@sqlite_only
def test_a_database_that_is_busy_for_a_moment_is_waited_for(place: Place) -> None:
    place.build.mailbox()
    with sqlite3.connect(str(place.desk.database.path), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = place.shell.start("mail", "pipe")
        time.sleep(2)
        assert waiting.poll() is None
        other.execute("COMMIT")
    assert ended(waiting, letter()).code == 0
    assert place.bodies() == ["It smokes."]


@sqlite_only
def test_a_database_that_stays_busy_is_told_and_nothing_is_taken(place: Place, imap: ImapServer) -> None:
    account = imap.account()
    account.append(letter(to=account.user))
    place.receiving(account)
    number = place.build.ticket()
    with sqlite3.connect(str(place.desk.database.path), isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        fetching = place.shell.start("mail", "fetch")
        noting = place.shell.start("ticket", "note", number, "-m", "Spare part ordered.")
        piping = place.shell.start("mail", "pipe")
        told(ended(fetching), 75, "another process is writing to the database", "try again")
        told(ended(noting), 75, "another process is writing to the database", "try again")
        told(ended(piping, letter("By pipe")), 75, "the mail was not taken")
        other.execute("COMMIT")
    assert place.bodies() == ["It is smoking again."] and len(account.mails()) == 1
    assert place.run("mail", "fetch").code == 0
    assert place.bodies()[-1] == "It smokes."
