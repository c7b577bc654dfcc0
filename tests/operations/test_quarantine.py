"""What waits in quarantine, who sees it, and what a release makes of it (security.md 51)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotFound, NotPermitted, Refused
from helpdeskctl.mail import reading
from helpdeskctl.operations import intake_settle, quarantine
from helpdeskctl.queries import ledger
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.tables import Attachment, Block, Department, Event, IncomingMail, Message, Quarantine
from tests.builders import Builder
from tests.post import Post, letter

DSN = letter("failure notice", sender="MAILER-DAEMON", lines="Return-Path: <>")


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def block_eve(post: Post) -> None:
    Block.insert(kind="address", value="eve@beta.example", at=post.desk.now()).execute()


def hold_strangers(post: Post) -> None:
    Department.update(unknown_senders="hold").execute()


def both(post: Post) -> None:
    block_eve(post)
    hold_strangers(post)


def small(post: Post) -> None:
    post.desk.database.execute("UPDATE mailbox SET max_size = 50")


def nothing(post: Post) -> None:
    pass


HELD: list[tuple[str, Callable[[Post], None], bytes]] = [
    ("blocked_sender", block_eve, letter(sender="eve@beta.example")),
    ("blocked_sender", both, letter(sender="eve@beta.example")),
    ("unknown_sender_held", hold_strangers, letter()),
    ("unidentified_sender", nothing, letter(sender="a@x.example, b@x.example")),
    ("unidentified_sender", nothing, b""),
    ("backscatter", nothing, DSN),
    ("too_large", small, letter()),
    ("bomb", nothing, b"From: alice@acme.example\r\nSubject: Boom\r\n" + b"X-A: b\r\n" * 5000 + b"\r\nx"),
]


@pytest.mark.parametrize(("reason", "arrange", "raw"), HELD)
def test_a_release_makes_exactly_one_message_of_it(
    post: Post, reason: str, arrange: Callable[[Post], None], raw: bytes
) -> None:
    arrange(post)
    assert post.pipe(raw) == "quarantine"
    (held,) = ledger.held(post.desk, SYSTEM)
    assert (held.reason, held.department) == (reason, "support")
    assert ledger.raw(post.desk, ledger.entry(post.desk, SYSTEM, held.id)) == raw
    assert Message.select().count() == 0
    quarantine.release(post.desk, SYSTEM, held.id)
    assert Message.select().count() == 1
    assert Message.get().incoming_id == held.id
    assert (list(ledger.held(post.desk, SYSTEM)), post.row().state) == ([], "stored")
    assert Event.select().where(Event.verb == "released").count() == 1
    with pytest.raises(Refused, match="released already"):
        quarantine.release(post.desk, SYSTEM, held.id)


def test_what_cannot_be_read_comes_in_as_a_note_with_the_mail_attached(post: Post) -> None:
    raw = b"From: Alice <alice@acme.example>\r\nSubject: Boom\r\n" + b"X-A: b\r\n" * 5000 + b"\r\nx"
    post.pipe(raw)
    quarantine.release(post.desk, SYSTEM, post.row().id)
    assert (post.tickets()[0].subject, post.tickets()[0].requester_address) == ("Boom", "alice@acme.example")
    assert post.desk.blobs.get(Attachment.get().sha256) == raw


def test_a_mail_that_failed_three_times_is_attached_when_it_fails_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> object:
        raise RecursionError

    monkeypatch.setattr(reading, "parse", broken)
    post.pipe(letter())
    for _ in range(2):
        list(intake_settle.settle_waiting(post.desk, standing(post.desk), [1]))
    assert post.held() == ["unprocessable"]
    quarantine.release(post.desk, SYSTEM, post.row().id)
    assert (post.tickets()[0].requester_address, Attachment.get().content_type) == (
        "alice@acme.example",
        "message/rfc822",
    )


class TestMailForNobody:
    def test_it_goes_to_the_department_that_is_named(self, post: Post) -> None:
        post.build.department("billing")
        post.pipe(letter(to="nobody@elsewhere.example"), mailbox=None)
        ledger_id = post.row().id
        with pytest.raises(Refused, match=f"mail {ledger_id} belongs to no department") as refused:
            quarantine.release(post.desk, SYSTEM, ledger_id)
        assert refused.value.hint == f"helpdeskctl mail quarantine release {ledger_id} --department KEY"
        with pytest.raises(NotFound, match="no department"):
            quarantine.release(post.desk, SYSTEM, ledger_id, department="bilings")
        assert post.held() == ["no_department"]
        quarantine.release(post.desk, SYSTEM, ledger_id, department="billing")
        assert Department.get(Department.id == post.tickets()[0].department_id).key == "billing"

    def test_where_there_is_but_one_department_it_goes_there(self, post: Post) -> None:
        post.pipe(letter(to="nobody@elsewhere.example"), mailbox=None)
        quarantine.release(post.desk, SYSTEM, post.row().id)
        assert len(post.tickets()) == 1


class TestWhoMayRelease:
    def test_the_department_s_agents_and_admins_others_find_nothing(self, post: Post) -> None:
        for address, roles in {
            "ann@example.org": {"support": "agent"},
            "rob@example.org": {"support": "reader"},
            "ben@example.org": {"billing": "lead"},
        }.items():
            post.build.agent(address, **roles)
        post.build.agent("root@example.org", admin=True)
        hold_strangers(post)
        post.pipe(letter())
        ledger_id = post.row().id
        seen = {}
        for name in ("ann", "rob", "ben", "root"):
            actor = post.build.actor(f"{name}@example.org")
            seen[name] = len(list(ledger.held(post.desk, actor)))
            if not seen[name]:
                with pytest.raises(NotFound):
                    quarantine.release(post.desk, actor, ledger_id)
        assert seen == {"ann": 1, "rob": 0, "ben": 0, "root": 1}
        assert quarantine.release(post.desk, post.build.actor("ann@example.org"), ledger_id).action == "updated"
        assert Event.get(Event.verb == "released").actor_label == "ann@example.org"

    def test_mail_of_no_department_is_for_admins(self, post: Post) -> None:
        post.build.agent("ann@example.org", support="lead")
        post.build.agent("root@example.org", admin=True)
        post.pipe(letter(to="nobody@elsewhere.example"), mailbox=None)
        assert list(ledger.held(post.desk, post.build.actor("ann@example.org"))) == []
        assert len(list(ledger.held(post.desk, post.build.actor("root@example.org")))) == 1


def test_what_is_discarded_stays_away_and_so_does_its_copy_until_somebody_thinks_better_of_it(post: Post) -> None:
    hold_strangers(post)
    post.pipe(letter())
    ledger_id = post.row().id
    assert quarantine.discard(post.desk, SYSTEM, ledger_id).action == "deleted"
    assert (post.held(), IncomingMail.get(IncomingMail.id == ledger_id).state) == ([], "dead")
    assert Quarantine.get().state == "discarded"
    assert post.pipe(letter()) == "duplicate"
    with pytest.raises(Refused, match="discarded already"):
        quarantine.discard(post.desk, SYSTEM, ledger_id)
    quarantine.release(post.desk, SYSTEM, ledger_id)
    assert (len(post.tickets()), IncomingMail.get(IncomingMail.id == ledger_id).state) == (1, "stored")
    assert [event.verb for event in Event.select().where(Event.object_kind == "mail").order_by(Event.id)] == [
        "discarded",
        "released",
    ]


def test_what_is_discarded_cannot_be_released_once_its_bytes_are_gone(post: Post) -> None:
    hold_strangers(post)
    post.pipe(letter())
    quarantine.discard(post.desk, SYSTEM, post.row().id)
    IncomingMail.update(raw_sha256=None).execute()
    with pytest.raises(NotFound, match="not kept"):
        quarantine.release(post.desk, SYSTEM, post.row().id)
    assert Quarantine.get().state == "discarded"


def test_who_comes_second_at_the_same_moment_makes_no_second_message_of_it(post: Post) -> None:
    hold_strangers(post)
    post.pipe(letter())
    seen = ledger.one_held(post.desk, SYSTEM, post.row().id)
    quarantine.release(post.desk, SYSTEM, seen.id)
    with pytest.raises(Refused, match="already"):
        quarantine._release(post.desk, SYSTEM, seen, letter(), None)
    with pytest.raises(Refused, match="released already"):
        quarantine.discard(post.desk, SYSTEM, seen.id)
    assert (Message.select().count(), post.row().state) == (1, "stored")


def test_four_people_who_let_a_mail_in_at_once_make_one_message_of_it(post: Post) -> None:
    hold_strangers(post)
    for n in range(3):
        post.pipe(letter(f"Number {n}"))
    for ledger_id in (1, 2, 3):
        start = threading.Barrier(4)

        def let_in(_: int, held: int = ledger_id, start: threading.Barrier = start) -> bool:
            with post.desk.connected():
                start.wait(10)
                try:
                    return quarantine.release(post.desk, SYSTEM, held).action == "updated"
                except Refused:
                    return False

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(let_in, range(4))) == 1
    assert sorted(message.subject for message in Message.select()) == ["Number 0", "Number 1", "Number 2"]
    assert post.held() == []


class TestBlockingTheSender:
    def test_who_is_blocked_while_their_mail_is_discarded_comes_in_no_more(self, post: Post) -> None:
        hold_strangers(post)
        post.pipe(letter())
        quarantine.discard(post.desk, SYSTEM, post.row().id, block=True)
        assert Event.get(Event.verb == "discarded").data["blocked"] == "alice@acme.example"
        Department.update(unknown_senders="accept").execute()
        post.pipe(letter("Again"))
        assert (post.held(), post.tickets()) == (["blocked_sender"], [])

    def test_a_block_is_for_leads_and_nothing_is_discarded_without_it(self, post: Post) -> None:
        post.build.agent("ann@example.org", support="agent")
        hold_strangers(post)
        post.pipe(letter())
        with pytest.raises(NotPermitted):
            quarantine.discard(post.desk, post.build.actor("ann@example.org"), post.row().id, block=True)
        assert (post.held(), Block.select().count()) == (["unknown_sender_held"], 0)

    def test_nobody_cannot_be_blocked(self, post: Post) -> None:
        post.pipe(b"")
        with pytest.raises(Refused, match="does not say who wrote it"):
            quarantine.discard(post.desk, SYSTEM, post.row().id, block=True)
        assert len(post.held()) == 1


def test_a_release_of_a_bounce_answers_nobody(post: Post) -> None:
    post.pipe(DSN)
    quarantine.release(post.desk, SYSTEM, post.row().id)
    assert post.outbox() == []
