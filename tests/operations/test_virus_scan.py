"""Mail and files that carry malware, and a scanner that is away (TIC-19, security.md 5.4.3)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Refused, TryAgain
from helpdeskctl.mail import virus
from helpdeskctl.operations import attachments, files, intake_settle, jobs, portal_drafts, quarantine
from helpdeskctl.operations.intake_doors import import_files
from helpdeskctl.operations.portal_drafts import Form, LeftOut, NewFile
from helpdeskctl.queries import ledger
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.tables import Attachment, Blob, IncomingMail, Message, Upload
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.mail.test_virus import answering
from tests.post import SUPPORT, Post, letter
from tests.servers.clamd import EICAR, LARGEST, SIGNATURE, Clamd
from tests.servers.imap import ImapServer

NOWHERE = "unix:/nowhere/clamd.ctl"
FORM = Form("nonce", "/new", 1, "192.0.2.1")


def never() -> bool:
    return False


def infected(subject: str = "Invoice") -> bytes:
    """A mail that carries the test file in base64, as real ones do."""
    parts = [
        "--b", "Content-Type: text/plain", "", "See the file.",
        "--b", "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="invoice.bin"', "", base64.b64encode(EICAR).decode(), "--b--",
    ]  # fmt: skip
    lines = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
    return letter(subject, lines=lines, text="\r\n".join(parts))


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


@pytest.fixture
def scanned(post: Post, clamd: Clamd) -> Post:
    set_scanner(post, clamd.unix)
    return post


def set_scanner(post: Post, clamd: str | None) -> None:
    config = post.desk.config
    post.desk = replace(post.desk, config=replace(config, mail=config.mail._replace(clamd=clamd)))


class TestMail:
    def test_malware_waits_in_quarantine_with_its_name_and_the_rest_comes_in(self, scanned: Post) -> None:
        assert [scanned.pipe(infected()), scanned.pipe(letter())] == ["quarantine", "open"]
        (held,) = ledger.held(scanned.desk, SYSTEM)
        assert (held.reason, held.detail, held.sender, held.subject) == (
            "malware", SIGNATURE, "alice@acme.example", "Invoice",
        )  # fmt: skip
        row = IncomingMail.get(IncomingMail.id == held.id)
        assert (row.rule, row.reason) == ("virus", f"it carries malware ({SIGNATURE})")
        assert ledger.raw(scanned.desk, ledger.entry(scanned.desk, SYSTEM, held.id)) == infected()
        assert [each.subject for each in scanned.tickets()] == ["Printer on fire"]

    def test_its_file_is_kept_nowhere_but_in_the_mail(self, scanned: Post) -> None:
        scanned.pipe(infected())
        assert [blob.sha256 for blob in Blob.select()] == [scanned.row().raw_sha256]

    def test_it_is_released_only_by_who_says_that_it_is_malware(self, scanned: Post) -> None:
        scanned.pipe(infected())
        ledger_id = scanned.row().id
        with pytest.raises(Refused, match=SIGNATURE) as refused:
            quarantine.release(scanned.desk, SYSTEM, ledger_id)
        assert "--malware" in (refused.value.hint or "")
        set_scanner(scanned, None)  # what was found stays found
        with pytest.raises(Refused, match=SIGNATURE):
            quarantine.release(scanned.desk, SYSTEM, ledger_id)
        quarantine.release(scanned.desk, SYSTEM, ledger_id, malware=True)
        assert (len(scanned.tickets()), Attachment.get().filename) == (1, "invoice.bin")

    def test_mail_that_waits_for_another_reason_is_looked_at_again_before_it_is_released(
        self, post: Post, clamd: Clamd
    ) -> None:
        post.desk.database.execute("UPDATE department SET unknown_senders = 'hold'")
        post.pipe(infected())
        set_scanner(post, clamd.tcp)
        with pytest.raises(Refused, match=SIGNATURE):
            quarantine.release(post.desk, SYSTEM, post.row().id)
        assert post.held() == ["unknown_sender_held"]

    def test_a_second_copy_is_a_duplicate_and_nobody_s_work(self, scanned: Post) -> None:
        assert [scanned.pipe(infected()), scanned.pipe(infected())] == ["quarantine", "duplicate"]

    def test_the_mark_of_another_desk_makes_no_first_mail_a_copy(self, scanned: Post) -> None:
        marked = infected().replace(b"MIME-Version", b"X-Helpdesk-Installation: elsewhere\r\nMIME-Version", 1)
        assert [scanned.pipe(marked), scanned.pipe(marked)] == ["quarantine", "duplicate"]
        assert scanned.held() == ["malware"]
        assert scanned.held() == ["malware"]

    def test_more_than_the_scanner_takes_waits_for_a_person(self, scanned: Post) -> None:
        assert scanned.pipe(letter(text="x" * (LARGEST + 1000))) == "quarantine"
        (held,) = ledger.held(scanned.desk, SYSTEM)
        assert (held.reason, "virus scanner" in held.detail) == ("too_large", True)
        quarantine.release(scanned.desk, SYSTEM, held.id)
        assert len(scanned.tickets()) == 1

    def test_a_mail_at_which_a_healthy_scanner_fails_costs_itself_three_tries(self, post: Post) -> None:
        pong = (b"", b"PONG\0")
        with answering(*pong * 3) as address:
            set_scanner(post, address)
            words = [post.pipe(letter())]
            for _ in range(2):
                words += intake_settle.settle_waiting(post.desk, standing(post.desk), [1])
        assert (words, post.held()) == (["failed", "failed", "quarantine"], ["unprocessable"])


class TestWhileTheScannerIsAway:
    def test_mail_waits_untouched_and_comes_in_when_it_is_back(self, post: Post, clamd: Clamd) -> None:
        set_scanner(post, NOWHERE)
        for _ in range(5):
            with pytest.raises(TryAgain, match="virus scanner"):
                post.pipe(letter())
        assert {(row.state, row.attempts) for row in IncomingMail.select()} == {("received", 0)}
        assert (post.held(), Message.select().count()) == ([], 0)
        set_scanner(post, clamd.unix)
        tallies = list(import_files(post.desk, []))
        tallies += list(import_files(post.desk, [], mailbox=SUPPORT))
        assert sum(tally.counts["open"] + tally.counts["opened"] for tally in tallies) == 1
        assert len(post.tickets()) == 1

    def test_cron_speaks_of_it_after_the_quiet_time_and_the_mailbox_goes_on_where_it_was(
        self, post: Post, imap: ImapServer, clamd: Clamd, clock: SteppedClock
    ) -> None:
        account = imap.account()
        post.mailbox_at(account, "billing@example.org")
        post.desk.database.execute("UPDATE mailbox SET imap_url = NULL WHERE address = ?", (SUPPORT,))
        account.append(letter("One"), letter("Two"))
        set_scanner(post, NOWHERE)
        job = jobs.named("mail.fetch")
        first = jobs.run(post.desk, job, stop=never, force=True)
        assert (first.state, first.line) == ("failed", None)
        clock.advance(31 * 60)
        later = jobs.run(post.desk, job, stop=never, force=True)
        assert "virus scanner" in (later.line or "")
        assert (len(account.mails()), Message.select().count()) == (2, 0)
        set_scanner(post, clamd.unix)
        clock.advance(3600)
        back = jobs.run(post.desk, job, stop=never, force=True)
        assert (back.state, back.summary["opened"]) == ("done", 2)
        assert "recovered" in (back.line or "")


@pytest.fixture
def number(scanned: Post) -> int:
    return scanned.build.ticket()


class TestUploads:
    def test_an_agent_s_file_is_refused_by_its_name_and_what_it_carries(self, scanned: Post, number: int) -> None:
        tries: list[Callable[[], object]] = [
            lambda: files.keep(scanned.desk, "C:\\fakepath\\cv.bin", EICAR),
            lambda: attachments.put(scanned.desk, SYSTEM, number, "cv.bin", EICAR),
        ]
        for each in tries:
            with pytest.raises(files.Malware, match=rf"cv\.bin carries malware \({SIGNATURE}\)"):
                each()
        assert Blob.select().count() == 0
        assert files.keep(scanned.desk, "cv.txt", b"hello").filename == "cv.txt"

    def test_the_portal_takes_the_others_and_says_which_it_left_out(self, scanned: Post) -> None:
        chosen = [NewFile("good.txt", "text/plain", b"hello"), NewFile("cv.bin", "text/plain", EICAR)]
        left_out = portal_drafts.put(scanned.desk, FORM, chosen, trusted=True)
        assert left_out == (LeftOut("cv.bin", "malware", SIGNATURE),)
        assert [row.filename for row in Upload.select()] == ["good.txt"]

    def test_what_cannot_be_scanned_just_now_is_to_be_sent_later(self, post: Post) -> None:
        set_scanner(post, NOWHERE)
        left_out = portal_drafts.put(post.desk, FORM, [NewFile("a.txt", "text/plain", b"hello")], trusted=True)
        assert left_out == (LeftOut("a.txt", "later"),)
        with pytest.raises(TryAgain, match="virus scanner"):
            files.keep(post.desk, "a.txt", b"hello")

    def test_nothing_is_asked_while_a_transaction_is_open(
        self, scanned: Post, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_ones: list[bool] = []

        def watched(config: object) -> virus.Scan:
            def scan(data: bytes) -> str | None:
                open_ones.append(scanned.desk.database.orm.in_transaction())
                return None

            return scan

        monkeypatch.setattr(virus, "scanner", watched)
        scanned.desk.database.execute("UPDATE department SET unknown_senders = 'hold'")
        scanned.pipe(letter(sender="stranger@beta.example"))
        quarantine.release(scanned.desk, SYSTEM, scanned.row().id)
        attachments.put(scanned.desk, SYSTEM, number, "a.txt", b"hello")
        portal_drafts.put(scanned.desk, FORM, [NewFile("a.txt", "text/plain", b"hello")], trusted=True)
        assert open_ones == [False] * 4
