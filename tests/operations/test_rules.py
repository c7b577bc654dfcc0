"""The desk's own rules through the real pipeline: what becomes of mail, and what is written down of it (MAIL-17)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import intake_doors, quarantine, setup
from helpdeskctl.queries import rules
from helpdeskctl.queries.explain import explain
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.tables import (
    Event,
    IncomingMail,
    Message,
    OutgoingMail,
    Participant,
    Quarantine,
    Rule,
    RuleRun,
    Status,
    Tag,
    Ticket,
    TicketTag,
)
from tests.builders import Builder
from tests.post import SUPPORT, Post, letter
from tests.queries.counting import counted

SPAM = letter(lines="X-Spam-Flag: YES")


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    build.department("billing")
    build.agent("ada@example.org", support="agent", billing="agent")
    return Post(desk, build)


def rule(post: Post, key: str, when: str, *do: str, **more: Any) -> None:
    setup.create(post.desk, SYSTEM, "rule", key, {"on": "mail", "when": when, "do": list(do), **more})


def tags(number: int) -> list[str]:
    on = Tag.select().join(TicketTag, on=(TicketTag.tag_id == Tag.id)).where(TicketTag.ticket_id == number)
    return sorted(row.key for row in on)


def ran(post: Post) -> list[tuple[str, int | None, list[str]]]:
    keys = {row.id: row.key for row in Rule.select()}
    return [(keys[row.rule_id], row.ticket_id, row.actions) for row in RuleRun.select().order_by(RuleRun.id)]


class TestNewTickets:
    def test_a_ticket_is_opened_as_the_rules_say(self, post: Post) -> None:
        setup.create(post.desk, SYSTEM, "type", "incident", {"name": "Incident"})
        setup.create(post.desk, SYSTEM, "topic", "hardware", {"name": "Hardware", "department": "billing"})
        rule(post, "fire", "subject~fire", "department:billing", "priority:urgent", "tag:safety", "tag:hot")
        rule(post, "kind", "from:acme.example", "type:incident", "topic:hardware", "assign:ada@example.org")
        assert post.pipe(letter()) == "open"
        (ticket,) = post.tickets()
        assert ticket.department_id == post.build.department("billing")
        assert (ticket.priority, ticket.assignee_id) == (5, post.build.agent("ada@example.org"))
        assert ticket.type_id is not None
        assert ticket.topic_id is not None
        assert tags(ticket.id) == ["hot", "safety"]
        assert ran(post) == [
            ("fire", ticket.id, ["department:billing", "priority:urgent", "tag:safety", "tag:hot"]),
            ("kind", ticket.id, ["type:incident", "topic:hardware", "assign:ada@example.org"]),
        ]

    def test_the_history_names_the_rules_and_what_they_rest_on(self, post: Post) -> None:
        rule(post, "fire", "subject~fire", "tag:safety", "assign:ada@example.org")
        post.pipe(letter())
        events = Event.select().where(Event.ticket_id == post.tickets()[0].id)
        (told,) = [event for event in events if event.verb == "rule"]
        assert told.data == {
            "rule": "fire",
            "did": ["tag:safety", "assign:ada@example.org"],
            "evidence": "Subject: Printer on fire",
        }
        assert [event.actor_label for event in events if event.verb == "assigned"] == ["rule fire"]

    def test_spam_goes_to_the_spam_list_brings_nobody_in_and_is_answered_by_nothing(self, post: Post) -> None:
        rule(post, "spam", "header.x-spam-flag:yes", "spam")
        post.pipe(letter(lines="X-Spam-Flag: YES\nCc: bob@acme.example"))
        assert post.tickets()[0].spam
        assert (post.outbox(), Participant.select().count()) == ([], 0)
        post.pipe(letter("Another"))
        assert len(post.outbox()) == 1

    def test_what_is_closed_at_once_is_closed_silently(self, post: Post) -> None:
        rule(post, "news", "is:bulk or subject~newsletter", "close")
        post.pipe(letter("Newsletter"))
        (ticket,) = post.tickets()
        assert Status.get(Status.id == ticket.status_id).kind == "closed"
        assert ticket.closed_at is not None
        assert ticket.waiting_since is None
        assert post.outbox() == []

    def test_an_agent_who_works_there_no_more_gets_nothing_and_the_mail_is_not_held_up(self, post: Post) -> None:
        rule(post, "ada", "", "assign:ada@example.org", "tag:seen")
        post.desk.database.execute("UPDATE agent SET active = 0")
        assert post.pipe(letter()) == "open"
        (ticket,) = post.tickets()
        assert (ticket.assignee_id, tags(ticket.id)) == (None, ["seen"])
        assert ran(post) == [("ada", ticket.id, ["tag:seen"])]
        told = Event.get(Event.verb == "rule").data["not_done"]
        assert "cannot work in support" in told["assign:ada@example.org"]

    def test_text_is_folded_from_the_line_on_and_kept(self, post: Post) -> None:
        rule(post, "small-print", "", 'fold:"^this mail is confidential"')
        post.pipe(letter(text="Please help.\r\n\r\nThis mail is confidential.\r\nBurn it."))
        (message,) = post.messages(post.tickets()[0].id)
        assert message.folds == [["quote", 2, 3]]
        assert "Burn it." in message.body

    def test_a_disabled_rule_is_not_asked(self, post: Post) -> None:
        rule(post, "spam", "", "spam", enabled=False)
        post.pipe(letter())
        assert (post.tickets()[0].spam, ran(post)) == (False, [])

    def test_rules_are_asked_in_their_order(self, post: Post) -> None:
        rule(post, "first", "", "priority:low", position=5)
        rule(post, "second", "", "priority:high", "stop", position=2)
        post.pipe(letter())
        assert ran(post) == [("second", 1001, ["priority:high", "stop"])]
        setup.order(post.desk, SYSTEM, "rule", ["first", "second"])
        post.pipe(letter("Another"))
        assert [key for key, *_ in ran(post)] == ["second", "first", "second"]
        assert [ticket.priority for ticket in post.tickets()] == [4, 4]


class TestQuarantine:
    def test_a_mail_is_held_with_the_name_of_the_rule_and_a_release_lets_it_in(self, post: Post) -> None:
        rule(post, "no-exe", "from:acme.example", "tag:odd", "quarantine")
        assert post.pipe(letter()) == "quarantine"
        held = Quarantine.get()
        assert (held.reason, held.department_id) == ("rejected_pattern", post.build.department())
        assert held.detail == "rule no-exe: From: Alice <alice@acme.example>"
        assert ran(post) == [("no-exe", None, ["tag:odd", "quarantine"])]
        assert Event.get(Event.verb == "rule").object_key == str(post.row().id)
        quarantine.release(post.desk, SYSTEM, post.row().id)
        (ticket,) = post.tickets()
        assert tags(ticket.id) == ["odd"]
        assert ran(post)[1:] == [("no-exe", ticket.id, ["tag:odd"])]

    def test_an_answer_waits_for_the_agents_of_its_ticket(self, post: Post) -> None:
        number = post.build.ticket(department="billing")
        rule(post, "no-fire", "subject~fire", "quarantine")
        assert post.pipe(letter(f"[Support#{number}] on fire")) == "quarantine"
        assert Quarantine.get().department_id == post.build.department("billing")
        assert len(post.messages(number)) == 1
        quarantine.release(post.desk, SYSTEM, post.row().id)
        assert len(post.messages(number)) == 2


class TestReject:
    def test_the_sender_is_told_once_an_hour_and_no_ticket_is_opened(self, post: Post) -> None:
        rule(post, "no", "subject~fire", "reject")
        assert [post.pipe(letter(f"Fire {n}", text=f"{n}")) for n in range(3)] == ["refuse"] * 3
        assert (post.tickets(), [row.event for row in post.outbox()]) == ([], ["refused"])
        assert [row.state for row in IncomingMail.select()] == ["refused"] * 3

    def test_robots_and_lists_are_told_nothing(self, post: Post) -> None:
        rule(post, "no", "", "reject")
        assert post.pipe(letter(lines="Precedence: bulk")) == "refuse"
        assert post.outbox() == []


class TestAnswers:
    def test_rules_neither_move_nor_hide_nor_close_a_ticket_that_is_there(self, post: Post) -> None:
        number = post.build.ticket()
        before = Ticket.get(Ticket.id == number)
        rule(post, "all", "header.x-spam-flag:yes", "spam", "close", "department:billing", "priority:low", "tag:x")
        assert post.pipe(letter(f"[Support#{number}] again", lines="X-Spam-Flag: YES")) == "add"
        ticket = Ticket.get(Ticket.id == number)
        assert (ticket.spam, ticket.department_id, ticket.priority) == (False, before.department_id, before.priority)
        assert (ticket.closed_at, tags(number), ran(post)) == (None, [], [])

    def test_their_text_is_folded_too(self, post: Post) -> None:
        number = post.build.ticket()
        rule(post, "fold", "", "fold:^confidential")
        post.pipe(letter(f"[Support#{number}] again", text="It does.\r\nConfidential stuff\r\nby x"))
        assert post.messages(number)[-1].folds == [["quote", 1, 2]]
        assert ran(post) == [("fold", number, ["fold:^confidential"])]


class TestExplain:
    def test_each_rule_that_held_is_shown_with_the_piece_it_rests_on_and_nothing_is_written(self, post: Post) -> None:
        rule(post, "fire", "subject~fire", "tag:safety")
        rule(post, "no-acme", "from:acme.example", "quarantine")
        rule(post, "never", "subject~smoke", "spam")
        said = explain(post.desk, standing(post.desk), "x", letter(), mailbox_id=1)
        lines = [step for step in said["trail"] if step["rule"] == "filters" and step["answer"] != "pass"]
        assert lines == [
            {"rule": "filters", "answer": "noted: rule fire: tag:safety", "evidence": "Subject: Printer on fire"},
            {
                "rule": "filters",
                "answer": "noted: rule no-acme: quarantine",
                "evidence": "From: Alice <alice@acme.example>",
            },
            {
                "rule": "filters",
                "answer": "quarantine: a rule holds such mail",
                "evidence": "rule no-acme: From: Alice <alice@acme.example>",
            },
        ]
        assert (said["decision"], RuleRun.select().count()) == ("quarantine", 0)


class TestSetUp:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"do": ["department:biling"]}, 'no department "biling"'),
            ({"do": ["type:incident"]}, 'no type "incident"'),
            ({"do": ["assign:eve@example.org"]}, 'no agent "eve@example.org"'),
            ({"do": ["assign:team:first"]}, 'no team "first"'),
            ({"do": ["spam"], "when": "department:biling"}, 'no department "biling"'),
            ({"do": ["spam"], "when": "mailbox:x@example.org"}, 'no mailbox "x@example.org"'),
        ],
    )
    def test_what_is_named_and_not_there_is_refused(self, post: Post, values: dict[str, Any], words: str) -> None:
        with pytest.raises(NotFound, match=words):
            setup.create(post.desk, SYSTEM, "rule", "a", {"on": "mail", **values})

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"do": []}, "the rule does nothing"),
            ({"do": ["spam"], "when": "tag:vip"}, "is a word for tickets, not for mail"),
            ({"do": ["priority:low", "priority:high"]}, '"priority" stands twice'),
            ({"do": ["quarantine", "reject"]}, "a mail has one fate"),
            ({"do": ["fold:a.+b"]}, "patterns know no"),
            ({"do": ["spam:yes"]}, "takes nothing behind a colon"),
            ({"do": ["tag"]}, "lacks what it takes"),
            ({"do": ["spma"]}, 'no action "spma"'),
            ({"do": ["department:billing", "assign:ben@example.org"]}, "does not work in billing"),
        ],
    )
    def test_what_cannot_work_is_refused(self, post: Post, values: dict[str, Any], words: str) -> None:
        post.build.agent("ben@example.org", support="agent")
        with pytest.raises(InvalidInput, match=words):
            setup.create(post.desk, SYSTEM, "rule", "a", {"on": "mail", **values})

    def test_what_is_out_of_use_takes_no_mail_and_the_rule_can_still_be_switched_off(self, post: Post) -> None:
        rule(post, "bills", "", "department:billing", "assign:ada@example.org")
        setup.archive(post.desk, SYSTEM, "department", "billing")
        post.desk.database.execute("UPDATE agent SET active = 0")
        Rule.update(query="no:word").execute()
        assert setup.edit(post.desk, SYSTEM, "rule", "bills", {"enabled": False}).changed == ("enabled",)
        with pytest.raises(InvalidInput) as error:
            setup.edit(post.desk, SYSTEM, "rule", "bills", {"enabled": True})
        assert sorted(problem.what for problem in error.value.problems) == [
            "agent ada@example.org is not active",
            "department billing is archived",
            'unknown word "no"',
        ]

    @pytest.mark.parametrize("trigger", ["created", "updated", "reply", "time"])
    def test_of_what_is_not_built_it_says_so(self, post: Post, trigger: str) -> None:
        with pytest.raises(InvalidInput, match="not there yet"):
            setup.create(post.desk, SYSTEM, "rule", "a", {"on": trigger, "do": ["spam"]})

    def test_stop_may_be_said_as_an_action_and_be_the_only_one(self, post: Post) -> None:
        rule(post, "friends", "from:acme.example", "stop")
        row = Rule.get()
        assert (row.actions, row.stop) == ([], True)

    def test_only_admins_change_rules(self, post: Post) -> None:
        post.build.agent("lead@example.org", support="lead")
        with pytest.raises(NotPermitted, match="only admins change a rule"):
            setup.create(post.desk, post.build.actor("lead@example.org"), "rule", "a", {"on": "mail", "do": ["spam"]})

    @pytest.mark.parametrize(
        ("kind", "key", "when", "do"),
        [
            ("department", "billing", "", "department:billing"),
            ("department", "billing", "not department:billing", "spam"),
            ("mailbox", SUPPORT, f"mailbox:{SUPPORT}", "spam"),
            ("agent", "ada@example.org", "", "assign:ada@example.org"),
            ("team", "first", "", "assign:team:first"),
            ("type", "incident", "", "type:incident"),
            ("topic", "hardware", "", "topic:hardware"),
            ("tag", "vip", "", "tag:vip"),
        ],
    )
    def test_what_a_rule_names_cannot_be_deleted_and_is_followed_when_renamed(
        self, post: Post, kind: str, key: str, when: str, do: str
    ) -> None:
        post.build.team("first", "ada@example.org", support="agent")
        setup.create(post.desk, SYSTEM, "type", "incident", {"name": "Incident"})
        setup.create(post.desk, SYSTEM, "topic", "hardware", {"name": "Hardware", "department": "support"})
        Tag.insert(key="vip").execute()
        rule(post, "mine", when, do, enabled=False)
        with pytest.raises(Refused, match="rule mine"):
            setup.delete(post.desk, SYSTEM, kind, key)
        new = "other@example.org" if "@" in key else "other"
        setup.rename(post.desk, SYSTEM, kind, key, new)
        row = Rule.get()
        assert key not in f"{row.query} {row.actions}"
        assert new in f"{row.query} {row.actions}"
        rules.one(post.desk, "mine")

    def test_who_moves_on_takes_the_rules_along(self, post: Post) -> None:
        rule(post, "mine", "department:billing", "department:billing")
        setup.delete(post.desk, SYSTEM, "department", "billing", move_to="support")
        assert (Rule.get().query, Rule.get().actions) == ("department:support", ["department:support"])

    def test_a_rule_that_cannot_be_read_any_more_keeps_no_mail_out(self, post: Post) -> None:
        rule(post, "old", "", "spam")
        Rule.update(query="gone:word").execute()
        assert post.pipe(letter()) == "open"
        assert not post.tickets()[0].spam


class TestWhatItCosts:
    def test_a_desk_without_rules_pays_nothing_a_mail_and_a_rule_that_does_not_hold_neither(self, post: Post) -> None:
        post.pipe(letter("Warm"))
        with counted(post.desk) as without:
            post.pipe(letter("One"))
        rule(post, "never", "subject~smoke body~smoke header.x-spam:yes", "spam")
        with counted(post.desk) as beside:
            post.pipe(letter("Two"))
        assert len(beside) == len(without)


def test_an_archive_is_filed_by_the_rules_and_answered_by_none(post: Post) -> None:
    rule(post, "fire", "subject~fire", "tag:safety", "priority:urgent")
    rule(post, "no", "subject~smoke", "reject")
    mails = [replace_date(letter()), replace_date(letter("Smoke"))]
    list(intake_doors.import_files(post.desk, mails, mailbox=SUPPORT, archive=True))
    (ticket,) = post.tickets()
    assert (tags(ticket.id), ticket.priority) == (["safety"], 5)
    assert OutgoingMail.select().count() == 0


def replace_date(raw: bytes) -> Any:
    from helpdeskctl.mail.files import Found

    return replace(Found("x", b""), raw=raw)


def test_the_log_tells_when_a_rule_held_the_newest_first(post: Post) -> None:
    rule(post, "fire", "subject~fire", "tag:safety")
    post.pipe(letter())
    post.pipe(letter("Fire again"))
    post.pipe(letter("Smoke"))
    found = list(rules.runs(post.desk, SYSTEM, "fire"))
    assert [(held.subject, held.ticket, held.did) for held in found] == [
        ("Fire again", 1002, ("tag:safety",)),
        ("Printer on fire", 1001, ("tag:safety",)),
    ]
    assert Message.select().count() == 3
