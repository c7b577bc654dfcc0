"""Kept mail through today's pipeline: what stands is mended in its place, what ended nowhere is decided again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import NotFound, NotPermitted, Refused, TryAgain
from helpdeskctl.operations import attachments, quarantine
from helpdeskctl.operations import replay as replaying
from helpdeskctl.operations.replay import Replayed
from helpdeskctl.queries import replay as asking
from helpdeskctl.queries.intake import standing
from helpdeskctl.queries.replay import Comparison
from helpdeskctl.queries.tickets import every
from helpdeskctl.store.tables import (
    Attachment,
    Block,
    Department,
    Event,
    IncomingMail,
    Mailbox,
    Message,
    Quarantine,
    Status,
    Ticket,
)
from tests.builders import Builder
from tests.operations.test_virus_scan import infected, set_scanner
from tests.post import Post, letter
from tests.servers.clamd import Clamd

MENDED = "Das Wetter ist schön.\n> Wie ist es?"


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def replay(post: Post, ledger_id: int = 1, *, actor: Actor = SYSTEM) -> Replayed:
    return replaying.replay(post.desk, actor, ledger_id, standing(post.desk))


def look(post: Post, ledger_id: int = 1) -> Comparison:
    told, _ = asking.compare(post.desk, standing(post.desk), asking.kept(post.desk, SYSTEM, ledger_id))
    return told


def fields(told: Comparison) -> set[str]:
    return {each.field for each in told.differences}


def two_files() -> bytes:
    parts = []
    for name, content in (("a.txt", "first"), ("b.txt", "second"), ("b.txt", "second")):
        parts += ["--b", "Content-Type: text/plain", f'Content-Disposition: attachment; filename="{name}"', "", content]
    lines = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
    text = "\r\n".join(["--b", "Content-Type: text/plain", "", "See the files.", *parts, "--b--"])
    return letter(lines=lines, text=text)


def garble(number: int) -> None:
    """What an earlier reading made of it."""
    Message.update(subject="Wetter?", body="Das Wetter ist sch?n.", folds=[], html="<p>sch?n</p>").where(
        Message.ticket_id == number
    ).execute()


class TestWhatStandsInATicket:
    @pytest.fixture
    def number(self, post: Post) -> int:
        lines = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nReferences: <other@acme.example>"
        post.pipe(letter("Wetter", lines=lines, text=MENDED.replace("\n", "\r\n")))
        return post.tickets()[0].id

    def test_a_mail_that_is_read_the_same_today_is_left_alone(self, post: Post, number: int) -> None:
        assert look(post).differences == ()
        assert replay(post).changed == ()
        assert Event.select().where(Event.verb == "replayed").count() == 0

    def test_text_subject_html_and_folds_become_today_s_once(self, post: Post, number: int) -> None:
        before = Message.get(Message.ticket_id == number)
        garble(number)
        assert fields(look(post)) == {"subject", "text", "html", "folds"}
        assert set(replay(post).changed) == {"subject", "text", "html", "folds"}
        after = Message.get(Message.ticket_id == number)
        assert (after.subject, after.body, after.folds, after.html) == (
            before.subject, before.body, before.folds, before.html,
        )  # fmt: skip
        assert after.body == MENDED
        event = Event.get(Event.verb == "replayed")
        assert (event.ticket_id, set(event.data["changed"])) == (number, {"subject", "text", "html", "folds"})
        assert replay(post).changed == ()
        assert Event.select().where(Event.verb == "replayed").count() == 1

    def test_it_stays_in_its_ticket_whatever_today_s_rules_say(self, post: Post, number: int) -> None:
        other = post.build.ticket("Other")
        Message.update(ticket_id=other).where(Message.ticket_id == number).execute()
        garble(other)
        Block.insert(kind="address", value="alice@acme.example", at=post.desk.now()).execute()
        told = look(post)
        assert (told.way, told.ticket, told.decision) == ("stays", other, "quarantine")
        replay(post)
        assert Message.get(Message.incoming_id == 1).ticket_id == other
        assert (post.held(), post.row().state) == ([], "stored")

    def test_the_ticket_s_subject_follows_unless_somebody_renamed_it(self, post: Post, number: int) -> None:
        garble(number)
        Ticket.update(subject="Wetter?").where(Ticket.id == number).execute()
        replay(post)
        assert Ticket.get(Ticket.id == number).subject == "Wetter"
        garble(number)
        Ticket.update(subject="Renamed").where(Ticket.id == number).execute()
        replay(post)
        assert Ticket.get(Ticket.id == number).subject == "Renamed"

    def test_the_mended_words_are_found(self, post: Post, number: int) -> None:
        Message.update(body="garbled").execute()
        replay(post)
        assert [row.number for row in every(post.desk, SYSTEM, "sch\u00f6n")] == [number]

    def test_a_mail_is_no_reason_for_where_it_went_itself(self, post: Post, number: int) -> None:
        told = look(post)
        assert (told.decision, told.rule) == ("open", "new_ticket")


class TestFiles:
    @pytest.fixture
    def number(self, post: Post) -> int:
        post.pipe(two_files())
        return post.tickets()[0].id

    def names(self) -> list[tuple[str, bool]]:
        rows = Attachment.select().order_by(Attachment.id)
        return [(row.filename, row.deleted_at is not None) for row in rows]

    def test_one_that_an_agent_took_away_stays_away(self, post: Post, number: int) -> None:
        attachments.delete(post.desk, replace(SYSTEM, reason="private"), 1)
        assert look(post).differences == ()
        Attachment.update(sha256="0" * 64).where(Attachment.id == 1).execute()  # read otherwise in those days
        assert replay(post).changed == ()
        assert self.names() == [("a.txt", True), ("b.txt", False), ("b.txt", False)]

    def test_what_was_missed_is_added_once_and_what_was_none_goes(self, post: Post, number: int) -> None:
        Attachment.update(filename="part.bin", content_type="application/x-old").where(Attachment.id == 1).execute()
        Attachment.delete().where(Attachment.id == 3).execute()
        post.build.attachment(Message.get().id, "winmail.dat", b"the whole")
        told = look(post)
        assert fields(told) == {"attachments"}
        assert [each["filename"] for each in told.differences[0].stands] == ["part.bin", "b.txt", "winmail.dat"]
        assert [each["filename"] for each in told.differences[0].today] == ["a.txt", "b.txt", "b.txt"]
        assert replay(post).changed == ("attachments",)
        assert self.names() == [("a.txt", False), ("b.txt", False), ("b.txt", False)]
        assert {post.desk.blobs.get(row.sha256) for row in Attachment.select()} == {b"first", b"second"}
        assert replay(post).changed == ()


def blocked(post: Post) -> Callable[[], object]:
    Block.insert(kind="address", value="eve@beta.example", at=post.desk.now()).execute()
    return lambda: Block.delete().execute()


def strangers(policy: str) -> Callable[[Post], Callable[[], object]]:
    def arrange(post: Post) -> Callable[[], object]:
        Department.update(unknown_senders=policy).execute()
        return lambda: Department.update(unknown_senders="accept").execute()

    return arrange


@pytest.mark.parametrize(
    ("arrange", "state"),
    [(blocked, "quarantined"), (strangers("hold"), "quarantined"), (strangers("reject"), "refused")],
)
class TestWhatEndedNowhere:
    def test_it_ends_where_today_s_rules_say_exactly_once(
        self, post: Post, arrange: Callable[[Post], Callable[[], object]], state: str
    ) -> None:
        allow = arrange(post)
        post.pipe(letter(sender="eve@beta.example"))
        assert post.row().state == state
        sent = len(post.outbox())
        assert replay(post).changed == ()  # the same rules say the same
        assert (post.row().state, len(post.outbox())) == (state, sent)
        allow()
        told = look(post)
        assert (told.way, told.decision, told.changes) == ("again", "open", True)
        assert Ticket.select().count() == 0
        assert replay(post).told.ticket == post.tickets()[0].id
        assert replay(post).changed == ()
        assert (len(post.tickets()), Message.select().count(), post.row().state) == (1, 1, "stored")
        assert (post.held(), Event.select().where(Event.verb == "replayed").count()) == ([], 1)


class TestOtherEnds:
    def test_what_was_discarded_or_failed_is_decided_again(self, post: Post) -> None:
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter("One"))
        quarantine.discard(post.desk, SYSTEM, 1)
        Department.update(unknown_senders="accept").execute()
        replay(post)
        post.pipe(letter("Two", sender="bob@acme.example"))
        Message.delete().where(Message.incoming_id == 2).execute()
        IncomingMail.update(
            state="failed", decision=None, rule=None, message_id=None, ticket_id=None, attempts=2
        ).where(IncomingMail.id == 2).execute()
        replay(post, 2)
        assert [IncomingMail.get(IncomingMail.id == each).state for each in (1, 2)] == ["stored", "stored"]
        assert Quarantine.get().state == "released"

    def test_what_is_held_again_for_another_reason_waits_again(self, post: Post) -> None:
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter(sender="eve@beta.example"))
        blocked(post)
        replay(post)
        assert post.held() == ["blocked_sender"]
        assert Message.select().count() == 0

    def test_our_own_mail_come_back_stays_that(self, post: Post) -> None:
        number = post.build.ticket()
        mail_id = post.answer_id(number, Message.get().id)
        post.pipe(letter(mail_id=mail_id))
        assert post.row().state == "reflected"
        assert (replay(post).changed, post.row().state) == ((), "reflected")

    def test_a_second_copy_and_a_mail_on_the_server_are_nothing_to_replay(self, post: Post) -> None:
        post.pipe(letter())
        post.pipe(letter())
        assert (look(post, 2).way, replay(post, 2).changed) == ("nothing", ())
        IncomingMail.update(state="left", raw_sha256=None).where(IncomingMail.id == 2).execute()
        with pytest.raises(NotFound, match="not kept"):
            replay(post, 2)

    def test_who_comes_second_at_the_same_moment_leaves_it_to_the_first(self, post: Post) -> None:
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter())
        stale = IncomingMail.get()
        Department.update(unknown_senders="accept").execute()
        replay(post)
        with pytest.raises(TryAgain, match="somebody else"):
            replaying._claim(post.desk, stale)
        assert post.row().state == "stored"

    def test_four_replays_at_once_make_one_message(self, post: Post) -> None:
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter())
        Department.update(unknown_senders="accept").execute()
        start = threading.Barrier(4)

        def again(_: int) -> bool:
            with post.desk.connected():
                start.wait(10)
                try:
                    return bool(replay(post).changed)
                except TryAgain:
                    return False

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(again, range(4))) == 1
        assert (Message.select().count(), post.held()) == (1, [])

    def test_malware_stays_where_it_is_also_without_the_scanner(self, post: Post, clamd: Clamd) -> None:
        set_scanner(post, clamd.unix)
        post.pipe(infected())
        assert replay(post).changed == ()
        set_scanner(post, None)
        with pytest.raises(Refused, match="no scanner is there"):
            replay(post)
        assert (post.held(), Message.select().count()) == (["malware"], 0)


def test_what_is_too_large_is_decided_again_once_its_mailbox_takes_it(post: Post) -> None:
    Mailbox.update(max_size=2_000_000).execute()
    post.pipe(letter(text="x" * 3_000_000))
    assert post.held() == ["too_large"]
    assert (replay(post).changed, len(asking.kept(post.desk, SYSTEM, 1).raw) < 2_000_000) == ((), True)
    Mailbox.update(max_size=4_000_000).execute()
    assert replay(post).changed == ("decision",)
    assert (len(Message.get().body) > 500_000, post.row().state) == (True, "stored")


class TestWhoMayReplay:
    def test_agents_what_they_may_change_or_release_others_find_nothing(self, post: Post) -> None:
        for address, role in {
            "ann@example.org": {"support": "agent"},
            "rob@example.org": {"support": "reader"},
        }.items():
            post.build.agent(address, **role)
        post.build.agent("ben@example.org", billing="lead")
        post.pipe(letter("One"))
        Message.update(body="garbled").execute()
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter("Two", sender="eve@beta.example"))
        Department.update(unknown_senders="accept").execute()
        ann, rob, ben = (post.build.actor(f"{name}@example.org") for name in ("ann", "rob", "ben"))
        with pytest.raises(NotPermitted):
            replay(post, 1, actor=rob)
        for who, which in ((rob, 2), (ben, 1), (ben, 2)):
            with pytest.raises(NotFound):
                replay(post, which, actor=who)
        assert [bool(replay(post, each, actor=ann).changed) for each in (1, 2)] == [True, True]
        assert {event.actor_label for event in Event.select().where(Event.verb == "replayed")} == {"ann@example.org"}


def test_a_closed_ticket_does_not_open_again_by_a_replay(post: Post) -> None:
    post.pipe(letter())
    number = post.tickets()[0].id
    Ticket.update(status_id=Status.get(Status.key == "closed").id, closed_at=post.desk.now()).execute()
    Message.update(body="garbled").execute()
    replay(post)
    assert Ticket.get(Ticket.id == number).status_id == Status.get(Status.key == "closed").id
