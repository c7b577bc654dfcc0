"""Case 53: imports that run at the same moment, on one host and on two, take every mail once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.ledger import not_once, rounds
from tests.flows.shell import Place, Shell, ended, place
from tests.post import letter
from tests.servers.imap import ImapAccount, ImapServer

__all__ = ["place"]

Figure = Callable[[str, object], None]
FRESH = 5  # mails that arrive before each round


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    """The mailbox that all of them read."""
    return imap.account("busy")


def fresh(account: ImapAccount, turn: int) -> list[bytes]:
    """The mails of one round, on the server."""
    mails = [letter(f"Round {turn}, mail {n}", to=account.user, text="x " * 20 * n) for n in range(FRESH)]
    account.append(*mails)
    return mails


def as_files(folder: Path, mails: Sequence[bytes]) -> Path:
    """The same mails in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, mail in enumerate(mails):
        (folder / f"{number}.eml").write_bytes(mail)
    return folder


def all_well(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Each ends with 0, or with 75 when another was faster; none with a traceback."""
    answers = [ended(process) for process in running]
    assert {answer.code for answer in answers} <= {0, 75}, answers
    assert not any("Traceback" in answer.err for answer in answers), answers


def test_five_overlapping_imports_take_every_mail_once(
    place: Place, account: ImapAccount, tmp_path: Path, record_property: Figure
) -> None:
    place.receiving(account, after="delete")
    mails: list[bytes] = []
    times = rounds(2, 200)
    for turn in range(times):
        new = fresh(account, turn)
        mails += new
        folder = as_files(tmp_path / "mails", new)
        fetching = [place.shell.start("mail", "fetch") for _ in range(3)]
        importing = [place.shell.start("mail", "import", folder, "--mailbox", account.user) for _ in range(2)]
        all_well([*fetching, *importing])
        assert not_once(place.desk, mails) == {}, f"round {turn}"
    place.run("mail", "fetch")
    assert account.mails() == {}
    figure = (
        f"53: {times} rounds of five imports on {place.desk.database.kind}: {len(mails)} mails in, {len(mails)} out"
    )
    record_property("figure", figure)


@pytest.fixture
def hosts(place: Place, tmp_path: Path) -> Iterator[list[Shell]]:
    """Two hosts of one desk: the same keys, folders of their own."""
    config = place.desk.config.path
    assert config is not None
    found = []
    for name in ("one", "two"):
        shutil.copytree(config.parent, tmp_path / name)
        found.append(Shell(tmp_path / name / "config.toml"))
    yield found


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_two_hosts_that_read_one_mailbox_take_every_mail_once(
    place: Place, hosts: list[Shell], account: ImapAccount, record_property: Figure
) -> None:
    place.receiving(account, after="delete")
    mails: list[bytes] = []
    times = rounds(5, 200)
    for turn in range(times):
        mails += fresh(account, turn)
        all_well([host.start("mail", "fetch") for host in hosts])
        assert not_once(place.desk, mails) == {}, f"round {turn}"
        assert account.mails() == {}
    record_property("figure", f"53: {times} rounds of two hosts on postgres: {len(mails)} mails in, {len(mails)} out")
