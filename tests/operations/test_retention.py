"""What goes after its time, what stays whatever happens, and what a look ahead says of it (OPS-7, MAIL-7)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.erasure import NAME
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotFound
from helpdeskctl.operations import blob_uses, jobs, quarantine, retention
from helpdeskctl.queries import doctor, ledger
from helpdeskctl.queries import retention as preview
from helpdeskctl.store.tables import (
    Attachment,
    Blob,
    Contact,
    Department,
    Draft,
    Event,
    IncomingMail,
    Quarantine,
    Setting,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import Post, letter

DAY = 24 * 3600
SCHEMA = Path(__file__).parents[2] / "schema.sql"


def never() -> bool:
    return False


def stopping_after(asked: int) -> Callable[[], bool]:
    answers = iter([False] * asked)
    return lambda: next(answers, True)


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def clean(post: Post) -> dict[str, int]:
    return dict(retention.job(post.desk, stop=never))


def keep(post: Post, **settings: str) -> None:
    for key, value in settings.items():
        Setting.insert(key=key, value=value).on_conflict(
            conflict_target=[Setting.key], update={Setting.value: value}
        ).execute()


def with_file(subject: str = "Photo") -> bytes:
    lines = 'MIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="a"'
    return letter(subject, lines=lines, text="the bytes")


def blobs(post: Post) -> set[str]:
    return {row.sha256 for row in Blob.select()}


class TestRawMail:
    def test_it_goes_after_a_year_and_what_was_said_stays(self, post: Post, clock: SteppedClock) -> None:
        post.pipe(with_file())
        raw = post.row().raw_sha256
        clock.advance(364 * DAY)
        assert clean(post) == {}
        clock.advance(2 * DAY)
        assert clean(post) == {"raw_mail": 1, "blobs": 1}
        assert raw not in blobs(post)
        assert post.desk.blobs.get(Attachment.get().sha256) == b"the bytes\r\n"
        with pytest.raises(NotFound, match="not kept"):
            ledger.raw(post.desk, ledger.entry(post.desk, SYSTEM, post.row().id))

    def test_the_same_mail_is_still_known_when_it_comes_again(self, post: Post, clock: SteppedClock) -> None:
        post.pipe(letter())
        clock.advance(400 * DAY)
        clean(post)
        assert post.pipe(letter()) == "duplicate"
        assert len(post.tickets()) == 1

    def test_what_is_not_settled_yet_and_what_is_kept_for_ever_stays(self, post: Post, clock: SteppedClock) -> None:
        post.pipe(letter("One"))
        IncomingMail.update(state="failed").execute()
        post.pipe(letter("Two"))
        clock.advance(400 * DAY)
        assert clean(post) == {"raw_mail": 1, "blobs": 1}
        keep(post, raw_mail_kept="forever")
        IncomingMail.update(state="stored").execute()
        assert clean(post) == {}

    def test_bytes_that_two_mails_share_stay_until_the_second_needs_them_no_more(
        self, post: Post, clock: SteppedClock
    ) -> None:
        post.pipe(letter())
        clock.advance(200 * DAY)
        post.pipe(letter())
        clock.advance(200 * DAY)
        assert clean(post) == {"raw_mail": 1}
        assert len(blobs(post)) == 1
        clock.advance(200 * DAY)
        assert clean(post) == {"raw_mail": 1, "blobs": 1}


class TestQuarantine:
    def hold(self, post: Post) -> int:
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter())
        return post.row().id

    @pytest.mark.parametrize("discarded", [False, True])
    def test_it_goes_after_ninety_days_held_or_discarded(
        self, post: Post, clock: SteppedClock, discarded: bool
    ) -> None:
        held = self.hold(post)
        if discarded:
            quarantine.discard(post.desk, SYSTEM, held)
        clock.advance(89 * DAY)
        assert clean(post) == {}
        clock.advance(2 * DAY)
        assert clean(post) == {"quarantine": 1, "blobs": 1}
        assert (Quarantine.get().state, post.row().state, post.row().raw_sha256) == ("discarded", "dead", None)
        assert [event.actor_kind for event in Event.select().where(Event.verb == "discarded")] == ["system"]
        assert post.pipe(letter()) == "duplicate"
        assert clean(post) == {}

    def test_its_own_time_counts_and_not_that_of_raw_mail(self, post: Post, clock: SteppedClock) -> None:
        self.hold(post)
        keep(post, raw_mail_kept="30d", quarantine_kept="forever")
        clock.advance(400 * DAY)
        assert clean(post) == {}
        assert post.held() == ["unknown_sender_held"]


class TestSpam:
    def test_it_goes_with_its_mail_and_files_a_month_after_the_last_word(self, post: Post, clock: SteppedClock) -> None:
        post.pipe(with_file())
        post.pipe(letter("Kept"))
        number = post.tickets()[0].id
        Ticket.update(spam=True).where(Ticket.id == number).execute()
        clock.advance(29 * DAY)
        assert clean(post) == {}
        clock.advance(2 * DAY)
        assert clean(post) == {"spam": 1, "blobs": 2}
        assert [ticket.subject for ticket in post.tickets()] == ["Kept"]
        deleted = Event.get(Event.object_kind == "ticket", Event.object_key == str(number))
        assert (deleted.verb, deleted.reason) == ("deleted", "spam_kept")
        assert post.pipe(with_file()) == "duplicate"

    def test_spam_that_holds_another_ticket_stays(self, post: Post, clock: SteppedClock) -> None:
        spam, merged = post.build.ticket(), post.build.ticket()
        Ticket.update(spam=True).where(Ticket.id == spam).execute()
        Ticket.update(merged_into_id=spam).where(Ticket.id == merged).execute()
        clock.advance(400 * DAY)
        assert "spam" not in clean(post)


class TestPersonsOfClosedTickets:
    def test_who_has_only_tickets_closed_long_ago_is_erased_once(self, post: Post, clock: SteppedClock) -> None:
        keep(post, closed_tickets_kept="365d")
        old = post.build.ticket("Old", requester="alice@acme.example", status="closed", closed_at=post.desk.now())
        post.build.ticket("Old too", requester="bob@acme.example", status="closed", closed_at=post.desk.now())
        post.build.ticket("Open", requester="bob@acme.example")
        post.build.participant(old, "carol@acme.example")
        post.build.ticket("Carol's", requester="carol@acme.example", status="closed", closed_at=post.desk.now())
        Ticket.update(status_id=post.build.status("open")).where(Ticket.subject == "Open").execute()
        clock.advance(364 * DAY)
        assert clean(post) == {}
        clock.advance(2 * DAY)
        assert clean(post) == {"persons": 2}
        assert sorted(row.name for row in Contact.select()) == sorted([NAME, "Bob", NAME])
        assert Ticket.get(Ticket.id == old).requester_address != "alice@acme.example"
        assert clean(post) == {}

    def test_taking_part_in_something_open_keeps_a_person(self, post: Post, clock: SteppedClock) -> None:
        keep(post, closed_tickets_kept="30d")
        post.build.ticket(requester="alice@acme.example", status="closed", closed_at=post.desk.now())
        other = post.build.ticket(requester="bob@acme.example")
        post.build.participant(other, "alice@acme.example")
        clock.advance(400 * DAY)
        assert "persons" not in clean(post)

    def test_nobody_is_erased_by_default_nor_an_agent_who_once_asked(self, post: Post, clock: SteppedClock) -> None:
        post.build.agent("ann@example.org")
        for requester in ("ann@example.org", "alice@acme.example"):
            post.build.ticket(requester=requester, status="closed", closed_at=post.desk.now())
        clock.advance(4000 * DAY)
        assert "persons" not in clean(post)
        keep(post, closed_tickets_kept="365d")
        assert clean(post)["persons"] == 1
        assert Contact.select().where(Contact.name == "Ann").count() == 1


class TestBytesWithoutUse:
    def test_files_of_mail_that_ended_in_no_ticket_go(self, post: Post) -> None:
        Department.update(unknown_senders="hold").execute()
        post.pipe(with_file())
        if post.desk.database.kind == "postgres":
            assert len(blobs(post)) == 1
            return
        files = [path for path in post.desk.blobs.root.rglob("*") if path.is_file()]
        assert len(files) == 2
        assert post.desk.blobs.clear_unnamed(stop=never) == 0  # somebody may be about to name it
        for path in files:
            os.utime(path, (time.time() - 4000, time.time() - 4000))
        assert post.desk.blobs.clear_unnamed(stop=never) == 1
        assert ledger.raw(post.desk, ledger.entry(post.desk, SYSTEM, post.row().id)) == with_file()

    def test_what_a_draft_carries_is_somebody_s(self, post: Post, clock: SteppedClock) -> None:
        number, agent = post.build.ticket(), post.build.agent("ann@example.org")
        used, unused = (post.desk.blobs.put(data, now=post.desk.now()) for data in (b"used", b"unused"))
        file = {"filename": "a", "content_type": "text/plain", "size": 4, "sha256": used}
        Draft.insert(
            agent_id=agent, ticket_id=number, kind="reply", content={"attachments": [file]}, saved_at=post.desk.now()
        ).execute()
        assert clean(post) == {}
        clock.advance(2 * DAY)
        assert clean(post) == {"blobs": 1}
        assert (used in blobs(post), unused in blobs(post)) == (True, False)

    def test_every_column_that_names_bytes_is_asked(self) -> None:
        tables = re.findall(r"^CREATE TABLE (\w+) \((.*?)^\);", SCHEMA.read_text(), re.M | re.S)
        named = {
            (table, column)
            for table, body in tables
            for column in re.findall(r"^  ((?:raw_)?sha256) TEXT", body, re.M)
            if table != "blob"
        }
        asked = {(column.model._meta.table_name, column.column_name) for column in blob_uses.COLUMNS}
        assert asked == named


def test_a_run_that_is_told_to_stop_leaves_the_rest_to_the_next(post: Post, clock: SteppedClock) -> None:
    for n in range(3):
        Ticket.update(spam=True).where(Ticket.id == post.build.ticket(f"Spam {n}")).execute()
    clock.advance(31 * DAY)
    assert retention.job(post.desk, stop=stopping_after(4))["spam"] == 2
    assert clean(post)["spam"] == 1


def test_it_runs_once_a_day(post: Post, clock: SteppedClock) -> None:
    job = jobs.named("retention.clean")
    assert job.every == timedelta(days=1)
    post.pipe(letter())
    clock.advance(400 * DAY)
    assert jobs.run(post.desk, job, stop=never).summary == {"raw_mail": 1, "blobs": 1}


def test_a_look_ahead_says_what_would_go_and_removes_nothing(post: Post, clock: SteppedClock) -> None:
    post.pipe(letter())
    at = post.desk.now()
    Ticket.update(spam=True).execute()
    clock.advance(400 * DAY)
    for _ in range(2):
        due = {each.setting: each for each in preview.due(post.desk)}
        assert {key: (each.kept, each.number) for key, each in due.items()} == {
            "raw_mail_kept": ("365d", 1),
            "quarantine_kept": ("90d", 0),
            "spam_kept": ("30d", 1),
            "closed_tickets_kept": ("forever", 0),
        }
        (told,) = [each.finding for each in doctor.examine(post.desk, ["mail"]) if each.check == "kept_long_enough"]
        assert (told.text.endswith("1 raw mail, 1 spam tickets"), told.mend) == (True, "helpdeskctl mail retention")
        assert (due["raw_mail_kept"].octets, due["raw_mail_kept"].oldest) == (len(letter()), at)
