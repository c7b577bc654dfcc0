"""`helpdeskctl mail test`: a folder of mails with what is expected of each."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Contact, IncomingMail, Ticket
from tests.builders import Builder
from tests.cli.conftest import Call
from tests.post import SUPPORT, Post, letter


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    (folder / "odd").mkdir(parents=True)
    (folder / "good.eml").write_bytes(letter("Good"))
    (folder / "good.toml").write_text('decision = "open"\ndepartment = "support"\nsubject = "Good"\n')
    (folder / "odd" / "list.EML").write_bytes(letter("List", lines="Auto-Submitted: auto-generated"))
    (folder / "odd" / "list.toml").write_text('class = "normal"\nticket = ""\n')
    return folder


def test_each_mail_is_told_with_its_differences_and_nothing_is_written(post: Post, call: Call, mails: Path) -> None:
    done = call("mail", "test", mails, "-o", "json", config=post.desk.config.path)
    assert done.code == 1
    assert done.json == [
        {"file": str(mails / "good.eml"), "result": "ok", "differences": []},
        {
            "file": str(mails / "odd" / "list.EML"),
            "result": "failed",
            "differences": [{"key": "class", "expected": "normal", "outcome": "automatic"}],
        },
    ]
    assert json.loads(done.err.splitlines()[-1])["error"]["message"] == "1 of 2 mails came out otherwise"
    assert [table.select().count() for table in (IncomingMail, Ticket, Contact)] == [0, 0, 0]


def test_a_person_reads_what_was_expected_and_what_is(post: Post, call: Call, mails: Path) -> None:
    done = call("mail", "test", mails, config=post.desk.config.path)
    assert f"ok       {mails / 'good.eml'}\n" in done.out
    assert '  class: expected "normal", is "automatic"\n' in done.out
    assert "2 mails: 1 ok, 1 failed" in done.err


def test_all_as_expected_ends_with_0(post: Post, call: Call, mails: Path) -> None:
    (mails / "odd" / "list.toml").write_text('class = "automatic"\n')
    assert call("mail", "test", mails, config=post.desk.config.path).code == 0


def test_a_broken_expectation_ends_with_65_and_keeps_nobody(post: Post, call: Call, mails: Path) -> None:
    (mails / "good.toml").write_text('decision = "open"\nsubjct = "Good"\n')
    (mails / "alone.toml").write_text('decision = "open"\n')
    done = call("mail", "test", mails, "-o", "jsonl", config=post.desk.config.path)
    rows = {Path(row["file"]).name: row["result"] for row in map(json.loads, done.out.splitlines())}
    assert (done.code, rows) == (65, {"good.eml": "broken", "list.EML": "failed", "alone.toml": "broken"})
    assert f"{mails / 'good.toml'}:2: no outcome has a" in done.err
    assert f"{mails / 'alone.toml'}:1: no mail stands beside it" in done.err


def test_today_s_outcome_is_written_beside_and_never_over_what_is_there(post: Post, call: Call, mails: Path) -> None:
    (mails / "good.toml").unlink()
    unstated = call("mail", "test", mails, config=post.desk.config.path)
    assert (unstated.code, "unstated" in unstated.out, "--write" in unstated.err) == (1, True, True)
    before = (mails / "odd" / "list.toml").read_text()
    written = call("mail", "test", mails, "--write", config=post.desk.config.path)
    assert (written.code, f"written  {mails / 'good.eml'}" in written.out) == (1, True)
    assert (mails / "odd" / "list.toml").read_text() == before
    assert 'rule = "new_ticket"' in (mails / "good.toml").read_text()
    assert call("mail", "test", mails, "--write", "--force", config=post.desk.config.path).code == 0
    assert call("mail", "test", mails, config=post.desk.config.path).code == 0


def test_by_which_mailbox_they_came_can_be_said(post: Post, call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter(to="undisclosed-recipients:;"))
    (tmp_path / "a.toml").write_text('decision = "open"\n')
    assert call("mail", "test", tmp_path, config=post.desk.config.path).code == 1
    assert call("mail", "test", tmp_path, "--mailbox", SUPPORT, config=post.desk.config.path).code == 0


def test_a_mail_that_the_desk_took_in_is_judged_as_if_it_had_not(post: Post, call: Call, tmp_path: Path) -> None:
    raw = letter("Odd", lines="References: <other@acme.example>")
    post.pipe(raw)
    (tmp_path / "odd.eml").write_bytes(call("mail", "show", 1, "--raw", config=post.desk.config.path).out.encode())
    (tmp_path / "odd.toml").write_text('decision = "open"\nrule = "new_ticket"\n')
    told = call("mail", "test", tmp_path, config=post.desk.config.path)
    assert (told.code, told.out) == (0, f"ok       {tmp_path / 'odd.eml'}\n")
    known = call("mail", "explain", tmp_path / "odd.eml", "-o", "json", config=post.desk.config.path).json
    assert known["decision"] == "duplicate"


def test_a_folder_that_is_none_or_holds_none(post: Post, call: Call, tmp_path: Path) -> None:
    assert call("mail", "test", tmp_path / "x", config=post.desk.config.path).code == 66
    assert call("mail", "test", tmp_path, config=post.desk.config.path).code == 66


def test_many_large_mails_need_no_more_memory_than_a_few(post: Post, call: Call, tmp_path: Path) -> None:
    one = letter(text="x" * 2_000_000)
    for n in range(2):
        (tmp_path / f"{n}.eml").write_bytes(one)
    call("mail", "test", tmp_path, "-o", "jsonl", config=post.desk.config.path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(2, 25):
        (tmp_path / f"{n}.eml").write_bytes(one)
    call("mail", "test", tmp_path, "-o", "jsonl", config=post.desk.config.path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB; the mails have 46 MB
