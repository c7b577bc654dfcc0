"""`helpdeskctl mail` in: fetch, pipe, import, explain, log, show, quarantine. The JSON here is a promise."""

from __future__ import annotations

import json
import mailbox as mailboxes
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import DeskState, IncomingMail, Secret, Ticket
from tests.builders import Builder
from tests.cli.conftest import Call
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapAccount, ImapServer

COUNTS = [
    "fetched", "opened", "added", "duplicate", "reflected", "bounce", "complaint", "ignored", "refused", "quarantined",
    "left", "failed",
]  # fmt: skip


EXPLAINED = [
    "file", "message_id", "from", "to", "cc", "reply_to", "subject", "date", "text", "visible", "attachments",
    "class", "decision", "ticket", "department", "rule", "reason", "trail", "defects",
]  # fmt: skip


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.department()
    return Post(desk, build)


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    return imap.account()


def full_letter(subject: str) -> bytes:
    """A mail that gives every key of `mail explain` something to say."""
    head = [
        "From: Alice <alice@acme.example>", f"To: Support <{SUPPORT}>", "Cc: Bob <bob@acme.example>",
        "Reply-To: office@acme.example", f"Subject: {subject}", "Date: Tue, 10 Mar 2026 08:59:00 +0000",
        "Message-ID: <full@acme.example>", "Content-Type: multipart/mixed; boundary=b",
    ]  # fmt: skip
    body = [
        "--b", "Content-Type: text/plain", "", "My first line", "> It smoked.",
        "--b", "Content-Type: application/octet-stream", 'Content-Disposition: attachment; filename="a.bin"', "", "abc",
        "--b--",
    ]  # fmt: skip
    return "\r\n".join([*head, "", *body, ""]).encode()


class TestFetch:
    def test_what_was_done_is_told_by_mailbox_and_in_total(self, post: Post, account: ImapAccount, call: Call) -> None:
        post.mailbox_at(account)
        account.append(letter("One"), letter("Two"), letter("Two"))
        done = call("mail", "fetch", "-o", "json", config=post.desk.config.path)
        assert done.code == 0, done.err
        (row,) = done.json["mailboxes"]
        assert list(row) == ["address", *COUNTS, "seconds", "error"]
        assert (row["address"], row["fetched"], row["opened"], row["duplicate"], row["error"]) == (
            SUPPORT,
            3,
            2,
            1,
            None,
        )
        assert list(done.json["total"]) == COUNTS
        assert row["fetched"] == sum(row[name] for name in COUNTS[1:])

    def test_a_person_reads_a_line_and_nothing_when_there_is_nothing(
        self, post: Post, account: ImapAccount, call: Call
    ) -> None:
        post.mailbox_at(account)
        account.append(letter("One"))
        assert call("mail", "fetch", config=post.desk.config.path).out == f"fetched  1 of {SUPPORT}: 1 opened\n"
        again = call("mail", "fetch", config=post.desk.config.path)
        assert (again.code, again.out, again.err) == (0, "", "")

    def test_a_refused_login_ends_with_77_and_the_command_that_mends_it(
        self, post: Post, account: ImapAccount, imap: ImapServer, call: Call
    ) -> None:
        post.mailbox_at(account)
        other = imap.account()
        post.mailbox_at(other, "billing@example.org")
        other.append(letter(to="billing@example.org"))
        Secret.update(sealed=post.desk.keys.seal("wrong")).where(Secret.id == 1).execute()
        done = call("mail", "fetch", config=post.desk.config.path)
        assert done.code == 77
        assert f"mailbox {SUPPORT}: login refused" in done.err
        assert f"helpdeskctl mailbox password {SUPPORT}" in done.err
        assert Ticket.select().count() == 1

    def test_a_mailbox_that_another_run_reads_is_no_fault_unless_asked(
        self, post: Post, account: ImapAccount, call: Call
    ) -> None:
        post.mailbox_at(account)
        with post.desk.lock(f"mailbox:{SUPPORT}"):
            done = call("mail", "fetch", config=post.desk.config.path)
            asked = call("mail", "fetch", "--fail-if-locked", config=post.desk.config.path)
        assert (done.code, asked.code) == (0, 75)
        assert "another run is reading it" in done.err

    def test_a_dry_run_tells_and_leaves_all_as_it_is(self, post: Post, account: ImapAccount, call: Call) -> None:
        post.mailbox_at(account, after="delete")
        account.append(letter("One"))
        done = call("mail", "fetch", "--dry-run", "-o", "json", config=post.desk.config.path)
        assert (done.code, done.json["total"]["opened"]) == (0, 1)
        assert (len(account.mails()), IncomingMail.select().count(), Ticket.select().count()) == (1, 0, 0)
        assert call("mail", "fetch", "-o", "json", config=post.desk.config.path).json["total"]["opened"] == 1

    def test_a_copied_desk_says_how_to_let_mail_flow(self, post: Post, account: ImapAccount, call: Call) -> None:
        post.mailbox_at(account)
        DeskState.update(value="another").where(DeskState.key == "installation").execute()
        done = call("mail", "fetch", config=post.desk.config.path)
        assert done.code == 69
        assert "helpdeskctl mail hold off" in done.err

    def test_an_unknown_mailbox_is_named(self, post: Post, call: Call) -> None:
        done = call("mail", "fetch", "suport@example.org", "-o", "json", config=post.desk.config.path)
        assert (done.code, done.error["object"]) == (67, "mailbox/suport@example.org")


class TestPipe:
    def test_a_mail_on_stdin_becomes_a_ticket(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        done = call("mail", "pipe", "-o", "json", config=post.desk.config.path, stdin=letter())
        assert (done.code, done.json) == (0, {"decision": "open"})
        assert Ticket.get().subject == "Printer on fire"

    def test_what_cannot_be_read_is_taken_all_the_same(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        for raw in (b"", b"\x00\xff" * 100, b"From: x\r\n" * 5000):
            assert call("mail", "pipe", "--mailbox", SUPPORT, config=post.desk.config.path, stdin=raw).code == 0
        assert IncomingMail.select().count() == 3

    @pytest.mark.parametrize("trouble", ["held", "no mailbox", "no config", "bug"])
    def test_whatever_goes_wrong_the_mail_server_keeps_the_mail(
        self, post: Post, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str
    ) -> None:
        post.build.mailbox()
        config, more = post.desk.config.path, []
        if trouble == "held":
            DeskState.insert(key="hold", value="restored").execute()
        elif trouble == "no mailbox":
            more = ["--mailbox", "nobody@example.org"]
        elif trouble == "no config":
            config = tmp_path / "nowhere.toml"
        else:
            monkeypatch.setattr("helpdeskctl.operations.intake_doors.take_in", lambda *_: 1 / 0)
        done = call("mail", "pipe", *more, config=config, stdin=letter())
        assert done.code == 75
        assert "was not taken" in done.err
        assert IncomingMail.select().count() == 0


class TestImport:
    def test_a_folder_an_mbox_and_a_maildir_are_told_apart_and_taken_once(
        self, post: Post, call: Call, tmp_path: Path
    ) -> None:
        post.build.mailbox()
        (tmp_path / "mails").mkdir()
        (tmp_path / "mails" / "a.eml").write_bytes(letter("In a file"))
        box = mailboxes.mbox(tmp_path / "box")
        box.add(letter("In an mbox"))
        box.add(letter("In a file"))
        box.close()
        folder = mailboxes.Maildir(tmp_path / "Maildir")
        folder.add(letter("In a Maildir"))
        folder.close()
        done = {
            name: call("mail", "import", tmp_path / name, "-o", "json", config=post.desk.config.path).json["total"]
            for name in ("mails", "box", "Maildir")
        }
        assert [done[name]["opened"] for name in done] == [1, 1, 1]
        assert done["box"]["duplicate"] == 1
        assert [t.subject for t in post.tickets()] == ["In a file", "In an mbox", "In a Maildir"]

    def test_an_archive_is_closed_and_silent(self, post: Post, call: Call, tmp_path: Path) -> None:
        post.build.mailbox()
        (tmp_path / "a.eml").write_bytes(letter("Old"))
        done = call(
            "mail", "import", tmp_path / "a.eml", "--archive", "--mailbox", SUPPORT, config=post.desk.config.path
        )
        assert done.code == 0
        assert (Ticket.get().closed_at is not None, post.outbox()) == (True, [])

    def test_a_file_that_is_not_there_and_a_format_that_is_none(self, post: Post, call: Call, tmp_path: Path) -> None:
        assert call("mail", "import", tmp_path / "x", config=post.desk.config.path).code == 66
        (tmp_path / "a.eml").write_bytes(letter())
        done = call("mail", "import", tmp_path / "a.eml", "--format", "pst", config=post.desk.config.path)
        assert (done.code, "maildir" in done.err) == (65, True)


class TestExplain:
    def test_every_decision_comes_with_its_header_and_nothing_is_written(
        self, post: Post, call: Call, tmp_path: Path
    ) -> None:
        post.build.mailbox()
        number = post.build.ticket()
        (tmp_path / "mail.eml").write_bytes(letter(f"Re: [Support#{number}] Printer", lines="Precedence: list"))
        done = call("mail", "explain", tmp_path / "mail.eml", "-o", "json", config=post.desk.config.path)
        assert list(done.json) == EXPLAINED
        assert done.json["from"] == {"address": "alice@acme.example", "name": "Alice"}
        assert (done.json["class"], done.json["decision"], done.json["ticket"]) == ("normal", "add", number)
        assert done.json["rule"] == "subject_tag"
        steps = {step["rule"]: step for step in done.json["trail"]}
        assert steps["automatic"]["evidence"] == "Precedence: list"
        assert steps["subject_tag"]["evidence"] == f"Subject: Re: [Support#{number}] Printer"
        assert IncomingMail.select().count() == 0

    def test_every_key_says_what_stands_in_the_mail(self, post: Post, call: Call, tmp_path: Path) -> None:
        post.build.mailbox()
        number = post.build.ticket()
        (tmp_path / "mail.eml").write_bytes(full_letter(f"Re: [Support#{number}] Printer"))
        told = call("mail", "explain", tmp_path / "mail.eml", "-o", "json", config=post.desk.config.path).json
        trail, text = told.pop("trail"), told.pop("text")
        assert "first line\n> It smoked." in text
        assert told == {
            "file": str(tmp_path / "mail.eml"),
            "message_id": "<full@acme.example>",
            "from": {"address": "alice@acme.example", "name": "Alice"},
            "to": [{"address": SUPPORT, "name": "Support"}],
            "cc": [{"address": "bob@acme.example", "name": "Bob"}],
            "reply_to": "office@acme.example",
            "subject": f"Re: [Support#{number}] Printer",
            "date": "2026-03-10T08:59:00Z",
            "visible": "My first line",
            "attachments": [{"filename": "a.bin", "size": 3, "type": "application/octet-stream", "inline": False}],
            "class": "normal",
            "decision": "add",
            "ticket": number,
            "department": "support",
            "rule": "subject_tag",
            "reason": f"names #{number}, and the sender is its requester",
            "defects": [],
        }
        assert trail[0] == {"rule": "known", "answer": "pass", "evidence": ""}
        assert trail[-1]["rule"] == "existing" and trail[-1]["answer"].startswith("add: ")
        assert {key for step in trail for key in step} == {"rule", "answer", "evidence"}

    @pytest.mark.parametrize(
        ("lines", "kind", "decision"),
        [
            ("X-Nothing: special", "normal", "open"),
            ("Auto-Submitted: auto-replied", "automatic", "open"),
            ("X-Failed-Recipients: x@y.example", "bounce", "quarantine"),
            ('Content-Type: multipart/report; report-type="feedback-report"; boundary=b', "complaint", "complaint"),
        ],
    )
    def test_the_class_is_one_of_four(
        self, post: Post, call: Call, tmp_path: Path, lines: str, kind: str, decision: str
    ) -> None:
        post.build.mailbox()
        (tmp_path / "mail.eml").write_bytes(letter(lines=lines))
        told = call("mail", "explain", tmp_path / "mail.eml", "-o", "json", config=post.desk.config.path).json
        assert (told["class"], told["decision"], told["ticket"]) == (kind, decision, None)

    def test_a_mail_that_nobody_signed_has_no_sender_and_says_what_is_wrong(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        mail = b"To: support@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nHello\r\n"
        told = call("mail", "explain", "-", "-o", "json", config=post.desk.config.path, stdin=mail).json
        assert told["file"] == "-"
        assert [told[key] for key in ("from", "message_id", "reply_to", "date")] == [None] * 4
        assert told["defects"] == ["a multipart without parts"]

    def test_many_files_give_one_object_a_line(self, post: Post, call: Call, tmp_path: Path) -> None:
        post.build.mailbox()
        for n in range(3):
            (tmp_path / f"{n}.eml").write_bytes(letter(f"Number {n}"))
        (tmp_path / "3.eml").write_bytes(b"From: x\r\n" * 5000)
        done = call("mail", "explain", tmp_path, "-o", "jsonl", config=post.desk.config.path)
        rows = [json.loads(line) for line in done.out.splitlines()]
        assert [row["decision"] for row in rows] == ["open", "open", "open", "quarantine"]
        assert rows[0]["file"] == str(tmp_path / "0.eml")
        assert rows[3]["rule"] == "parse"

    def test_a_person_reads_why(self, post: Post, call: Call, tmp_path: Path) -> None:
        post.build.mailbox()
        (tmp_path / "mail.eml").write_bytes(letter("\x1b[2J x", lines="Auto-Submitted: auto-replied"))
        done = call("mail", "explain", tmp_path / "mail.eml", config=post.desk.config.path)
        assert "automatic    noted: no person wrote it  [Auto-Submitted: auto-replied]" in done.out
        assert "\x1b" not in done.out

    def test_a_mail_on_stdin_by_a_mailbox(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        mail = letter(to="undisclosed-recipients:;")
        nobody = call("mail", "explain", "-", "-o", "json", config=post.desk.config.path, stdin=mail).json
        mailbox = ("--mailbox", SUPPORT)
        ours = call("mail", "explain", "-", *mailbox, "-o", "json", config=post.desk.config.path, stdin=mail).json
        assert (nobody["decision"], ours["decision"]) == ("quarantine", "open")
