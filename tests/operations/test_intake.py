"""The pipeline: what is kept, what a fault costs, what is answered automatically (security.md 11-14, 50-57)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import Refused, StorageFailed, TryAgain
from helpdeskctl.mail import reading
from helpdeskctl.mail.parse import parse
from helpdeskctl.operations import intake, intake_apply, intake_doors
from helpdeskctl.operations.intake_keep import Letter, Source, keep
from helpdeskctl.operations.intake_settle import settle_waiting
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.blobs import Blobs, Kept
from helpdeskctl.store.tables import (
    Attachment,
    Department,
    DeskState,
    Event,
    IncomingMail,
    Message,
    OutgoingMail,
    Quarantine,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapServer

HOUR = 3600
EVE = "Eve <eve@beta.example>"


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def again(post: Post) -> list[str]:
    """What the next run makes of what an earlier one left."""
    return list(settle_waiting(post.desk, standing(post.desk), [None, 1]))


def kept_only(post: Post, *raws: bytes) -> None:
    """As if the program had died right after the mail was safe."""
    keep(post.desk, Source(1), [Letter(raw, post.desk.now()) for raw in raws])


class TestWhatOthersLoseMailBy:
    def test_out_of_office_mail_is_filed_not_dropped_and_reopens_nothing(self, post: Post, clock: SteppedClock) -> None:
        number = post.build.ticket(status="closed", closed_at=clock(), waiting_since=None)
        mail = letter(f"Automatic reply: [Support#{number}]", lines="Auto-Submitted: auto-replied")
        assert post.pipe(mail) == "add"
        assert post.messages(number)[-1].automatic
        ticket = Ticket.get(Ticket.id == number)
        assert ticket.closed_at is not None
        assert ticket.waiting_since is None

    def test_auto_submitted_no_is_a_person_who_waits(self, post: Post) -> None:
        post.pipe(letter(lines="Auto-Submitted: no"))
        assert not post.messages(post.tickets()[0].id)[0].automatic
        assert post.tickets()[0].waiting_since is not None
        assert len(post.outbox()) == 1

    def test_quotes_are_folded_never_cut(self, post: Post) -> None:
        post.pipe(letter(text="Yes.\r\n\r\nOn Monday Ann wrote:\r\n> Is it on fire?\r\n> Really?"))
        message = post.messages(post.tickets()[0].id)[0]
        assert "> Is it on fire?" in message.body
        assert message.folds[0][0] == "quote"

    def test_raw_bytes_are_not_taken_for_utf_8(self, post: Post) -> None:
        raw = letter(text="Käse").replace("Käse".encode(), "Käse".encode("latin-1"))
        post.pipe(raw)
        assert post.messages(post.tickets()[0].id)[0].body == "Käse"
        assert post.desk.blobs.get(post.row().raw_sha256 or "") == raw

    def test_one_bad_mail_does_not_end_the_run(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "parse", brittle)
        letters = [Letter(letter(subject), post.desk.now()) for subject in ("One", "POISON", "Two")]
        words = intake.take_in(post.desk, Source(1), letters, standing(post.desk))
        assert words == ["open", "failed", "open"]
        assert [t.subject for t in post.tickets()] == ["One", "Two"]


def brittle(raw: bytes) -> object:
    """A parser with a fault."""
    if b"POISON" in raw:
        raise IndexError("list index out of range")
    return parse(raw)


@dataclass
class FullDisk:
    """A blob store on a disk that is full for files larger than `limit`."""

    real: Blobs
    limit: int

    def keep_all(self, contents: Sequence[bytes]) -> list[Kept]:
        if any(len(data) > self.limit for data in contents):
            raise StorageFailed("the blob store cannot be written: No space left on device")
        return self.real.keep_all(contents)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


class TestFaults:
    def test_mail_in_hand_when_the_program_died_is_settled_by_the_next_run(self, post: Post) -> None:
        kept_only(post, letter("One"), letter("Two"))
        assert [row.state for row in IncomingMail.select()] == ["received", "received"]
        assert again(post) == ["open", "open"]
        assert again(post) == []
        assert [t.subject for t in post.tickets()] == ["One", "Two"]

    def test_the_third_death_over_one_mail_puts_it_into_quarantine_and_only_it(self, post: Post) -> None:
        kept_only(post, letter("Deadly"), letter("Two"))
        IncomingMail.update(attempts=3).where(IncomingMail.id == 1).execute()
        assert again(post) == ["quarantine", "open"]
        assert post.held() == ["unprocessable"]

    def test_a_mail_that_fails_three_times_waits_in_quarantine_with_its_bytes(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "parse", brittle)
        raw = letter("POISON")
        assert [post.pipe(raw), *again(post), *again(post), *again(post)] == ["failed", "failed", "quarantine"]
        assert post.held() == ["unprocessable"]
        assert "IndexError" in Quarantine.get().detail
        assert post.desk.blobs.get(post.row().raw_sha256 or "") == raw

    @pytest.mark.parametrize("fault", [TryAgain("locked"), StorageFailed("full")])
    def test_a_fault_of_the_moment_undoes_all_costs_no_attempt_and_condemns_nobody(
        self, post: Post, monkeypatch: pytest.MonkeyPatch, fault: Exception
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(intake_apply.notices, "receipt", raising(fault))
            for _ in range(4):
                with pytest.raises(type(fault)):
                    settle_or_take(post)
        assert (post.row().state, post.row().attempts, post.tickets(), post.held()) == ("received", 0, [], [])
        assert again(post) == ["open"]

    def test_a_full_disk_stops_before_anything_is_acknowledged(self, post: Post) -> None:
        whole = post.desk
        post.desk = replace(whole, blobs=FullDisk(whole.blobs, 10))  # type: ignore[arg-type]  # a store with a fault
        with pytest.raises(StorageFailed):
            post.pipe(letter())
        assert IncomingMail.select().count() == 0
        post.desk = whole
        assert post.pipe(letter()) == "open"

    def test_a_full_disk_while_files_are_kept_leaves_the_mail_for_the_next_run(self, post: Post) -> None:
        whole, big = post.desk, "QUFB" * 2000
        raw = letter(text=big, lines="Content-Type: application/pdf\nContent-Transfer-Encoding: base64")
        post.desk = replace(whole, blobs=FullDisk(whole.blobs, 5999))  # type: ignore[arg-type]  # a store with a fault
        assert len(raw) > 5999
        with pytest.raises(StorageFailed):
            post.pipe(raw)
        post.desk = whole
        assert post.pipe(raw) == "open"
        assert Attachment.select().count() == 1

    def test_what_another_process_settled_meanwhile_is_not_settled_twice(self, post: Post) -> None:
        received = keep(post.desk, Source(1), [Letter(letter(), post.desk.now())])
        assert again(post) == ["open"]
        assert intake.settle(post.desk, received, standing(post.desk)) == []
        assert len(post.tickets()) == Message.select().count() == 1

    def test_a_missing_blob_is_one_mail_s_trouble(self, post: Post) -> None:
        kept_only(post, letter("One"), letter("Two"))
        IncomingMail.update(raw_sha256="0" * 64).where(IncomingMail.id == 1).execute()
        assert again(post) == ["quarantine", "open"]


def raising(fault: Exception) -> object:
    def fails(*_: object, **__: object) -> None:
        raise fault

    return fails


def settle_or_take(post: Post) -> None:
    if IncomingMail.select().exists():
        again(post)
    else:
        post.pipe(letter())


class TestBombs:
    def test_a_bomb_waits_in_quarantine_byte_for_byte_and_the_next_mail_comes_in(self, post: Post) -> None:
        raw = b"From: eve@beta.example\r\n" + b"X-A: b\r\n" * 5000 + b"\r\nboom"
        assert post.pipe(raw) == "quarantine"
        assert post.held() == ["bomb"]
        assert post.desk.blobs.get(post.row().raw_sha256 or "") == raw
        assert post.pipe(letter()) == "open"

    def test_a_mail_that_takes_too_much_cpu_is_given_up(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "CPU_SECONDS", 0.05)
        monkeypatch.setattr(reading, "parse", endless)
        assert post.pipe(letter()) == "quarantine"
        assert post.held() == ["time_out"]


def endless(raw: bytes) -> object:
    """A parser that goes in circles, and guards each step as parsers do."""
    while True:
        try:
            raw = raw[1:] + raw[:1]
        except Exception:
            continue


class TestAutomaticAnswers:
    def test_a_new_ticket_is_confirmed_once_an_hour_to_one_address(self, post: Post, clock: SteppedClock) -> None:
        for n in range(20):
            assert post.pipe(letter(f"Number {n}", sender="victim@v.example")) == "open"
        assert len(post.outbox()) == 1
        clock.advance(HOUR + 1)
        post.pipe(letter("Later", sender="victim@v.example"))
        assert len(post.outbox()) == 2
        assert len(post.tickets()) == 21

    @pytest.mark.parametrize(
        ("sender", "lines"),
        [
            ("alice@acme.example", "Auto-Submitted: auto-replied"),
            ("alice@acme.example", "Precedence: list"),
            ("alice@acme.example", "Return-Path: <>"),
            ("noreply@saas.example", ""),
            (SUPPORT, ""),
            ("listserv@x.example", ""),
        ],
    )
    def test_robots_lists_and_ourselves_get_no_answer_and_their_mail_is_kept(
        self, post: Post, sender: str, lines: str
    ) -> None:
        assert post.pipe(letter("Out of the box", sender=sender, lines=lines)) == "open"
        assert post.outbox() == []

    def test_a_second_helpdesk_that_answers_every_mail_is_answered_once(self, post: Post) -> None:
        for n in range(6):
            post.pipe(letter(f"[Their#{n}] We have your request", sender="help@other.example", text=f"Round {n}"))
        assert len(post.outbox()) == 1

    def test_a_department_that_refuses_strangers_says_so_once_and_opens_nothing(self, post: Post) -> None:
        Department.update(unknown_senders="reject").execute()
        assert [post.pipe(letter(f"{n}", sender=EVE)) for n in range(3)] == ["refuse"] * 3
        assert [row.event for row in post.outbox()] == ["refused"]
        assert (post.tickets(), post.row().state) == ([], "refused")

    def test_the_first_receipt_quotes_nothing_that_the_sender_chose(self, post: Post) -> None:
        post.pipe(letter("BUY THIS http://spam.example", sender="BUY <victim@v.example>", text="spam spam"))
        (mail,) = post.outbox()
        assert "spam" not in str(mail.content).casefold().replace("victim@v.example", "")


def test_control_characters_in_subject_name_and_file_name_do_not_reach_the_desk(post: Post) -> None:
    raw = (
        b"From: =?utf-8?q?Al=0Aice=1B[2J?= <alice@acme.example>\r\nTo: support@example.org\r\n"
        b"Subject: =?utf-8?q?hi=0AX-Injected:_1=00=1B]0;x?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: application/pdf; name="=?utf-8?q?a=0A=1Bb.pdf?="\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nQUFB\r\n"
    )
    assert post.pipe(raw) == "open"
    message = Message.get()
    for text in (post.tickets()[0].subject, message.subject, message.author_name, Attachment.get().filename):
        assert not [c for c in text if ord(c) < 32]


def test_spam_and_proof_are_believed_only_from_the_mail_server_that_is_named(post: Post) -> None:
    verdict = "X-Spam-Flag: YES\nAuthentication-Results: mx.example.org; dmarc=fail (p=none) header.from=acme.example"
    post.pipe(letter("One", lines=verdict))
    first = post.tickets()[0]
    assert (first.spam, Message.get(Message.ticket_id == first.id).sender_proven) == (False, None)
    post.desk.database.execute("UPDATE mailbox SET trust_headers_from = 'mx.example.org'")
    post.pipe(letter("Two", lines=verdict, sender="bob@acme.example"))
    second = post.tickets()[1]
    assert (second.spam, Message.get(Message.ticket_id == second.id).sender_proven) == (True, False)
    assert [row.ticket_id for row in post.outbox()] == [first.id]


class TestDoors:
    def test_the_pipe_takes_nothing_while_mail_is_held(self, post: Post) -> None:
        DeskState.insert(key="hold", value="restored").execute()
        with pytest.raises(Refused, match="held"):
            post.pipe(letter())
        assert IncomingMail.select().count() == 0

    def test_a_mail_piped_without_a_mailbox_goes_where_its_recipient_says(self, post: Post) -> None:
        assert post.pipe(letter(), mailbox=None) == "open"
        assert post.pipe(letter("x", to="nobody@elsewhere.example"), mailbox=None) == "quarantine"
        assert post.held() == ["no_department"]

    def test_importing_twice_takes_nothing_twice(self, post: Post, tmp_path: Path) -> None:
        from helpdeskctl.mail import files

        for n in range(3):
            (tmp_path / f"{n}.eml").write_bytes(letter(f"Number {n}"))

        def run() -> int:
            found = files.mails(tmp_path, files.guess(tmp_path))
            return sum(t.counts["opened"] for t in intake_doors.import_files(post.desk, found, mailbox=SUPPORT))

        assert [run(), run()] == [3, 0]

    def test_old_mail_from_files_is_not_confirmed(self, post: Post, clock: SteppedClock) -> None:
        from helpdeskctl.mail.files import Found

        clock.advance(25 * HOUR)
        list(intake_doors.import_files(post.desk, [Found("a.eml", letter())], mailbox=SUPPORT))
        assert (len(post.tickets()), post.outbox()) == (1, [])


def test_overlapping_fetches_by_several_processes_take_every_mail_once(desk: Desk, imap: ImapServer) -> None:
    post, account = Post(desk, Builder(desk)), imap.account()
    post.mailbox_at(account, after="delete")
    account.append(*(letter(f"Number {n}") for n in range(40)))
    command = [str(Path(sys.executable).parent / "helpdeskctl"), "mail", "fetch", "-C", str(desk.config.path)]
    for _ in range(2):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        ends = [(process.communicate(timeout=120), process.returncode) for process in running]
        assert [code for _, code in ends] == [0, 0, 0], ends
    assert sorted(t.subject for t in post.tickets()) == sorted(f"Number {n}" for n in range(40))
    assert account.mails() == {}


def test_every_row_tells_the_rule_and_the_header_it_rests_on(post: Post) -> None:
    post.pipe(letter())
    row = post.row()
    assert (row.decision, row.rule, row.sender, row.subject) == (
        "open",
        "new_ticket",
        "alice@acme.example",
        "Printer on fire",
    )
    post.pipe(letter(lines="Reply-To: x@y.example", mail_id="<a@b>"))
    assert post.pipe(letter(lines="Reply-To: x@y.example", mail_id="<a@b>")) == "duplicate"
    assert "Message-ID: <a@b>" in (post.row().reason or "")
    assert Event.select().where(Event.verb == "created", Event.ticket_id.is_null(False)).count() == 2
    assert OutgoingMail.select().count() == 1
