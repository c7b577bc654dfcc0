"""`helpdeskctl rule`: set up, switched, tried on past mail, looked back on. The JSON here is a promise."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.store.tables import IncomingMail, RuleRun
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.post import Post, letter
from tests.queries.counting import counted

MATCH = ["id", "file", "received_at", "sender", "subject", "ticket", "did", "evidence"]


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    build.department("billing")
    return Post(desk, build)


@pytest.fixture
def here(post: Post, call: Call) -> Call:
    """`call` on the desk of `post`."""

    def called(*words: object, **more: Any) -> Answer:
        return call(*words, config=post.desk.config.path, **more)

    return called


def create(here: Call, key: str, when: str, *words: str) -> Answer:
    done = here("rule", "create", key, "--on", "mail", "--when", when, *words)
    assert done.code == 0, done.err
    return done


class TestSetUp:
    def test_a_rule_is_created_shown_changed_switched_put_in_order_and_deleted(self, here: Call) -> None:
        assert create(here, "news", "is:bulk", "--do", "tag:news", "--do", "close").out == "created  rule news\n"
        create(here, "fire", 'subject~"fire|brand"', "--do", "priority:urgent", "--stop", "--order", "7")
        (shown,) = [here("rule", "show", "fire", "-o", "json").json]
        created_at = shown.pop("created_at")
        assert created_at.endswith("Z")
        assert shown == {
            "key": "fire", "id": 2, "on": "mail", "when": 'subject~"fire|brand"', "do": ["priority:urgent"],
            "position": 7, "stop": True, "enabled": True, "held": 0,
        }  # fmt: skip
        assert here("rule", "edit", "fire", "--do", "tag:hot", "--no-stop").out == "updated  rule fire: do, stop\n"
        assert here("rule", "disable", "fire").out == "updated  rule fire: enabled\n"
        assert here("rule", "disable", "fire", "-o", "json").json["action"] == "unchanged"
        assert here("rule", "enable", "fire").code == 0
        assert here("rule", "rename", "fire", "brand").out == "updated  rule brand: key\n"
        assert here("rule", "order", "brand").code == 0
        assert here("rule", "list", "-o", "id").out == "brand\nnews\n"
        assert here("rule", "delete", "news").out == "deleted  rule news\n"

    def test_creating_is_idempotent_where_that_is_asked_for(self, here: Call) -> None:
        create(here, "news", "is:bulk", "--do", "close")
        words = ("rule", "create", "news", "--on", "mail", "--when", "is:bulk", "--do", "close", "-o", "json")
        assert here(*words).code == 73
        assert here(*words, "--or-update").json["action"] == "unchanged"
        assert here(*words, "--if-not-exists").json["action"] == "unchanged"

    def test_a_misspelt_department_is_answered_with_the_nearest(self, here: Call) -> None:
        done = here("rule", "create", "bills", "--on", "mail", "--do", "department:biling")
        assert (done.code, done.out) == (67, "")
        assert done.err == (
            'helpdeskctl: error: no department "biling" (rule bills)\n'
            "  try: --do department:billing        (known: billing, support)\n"
        )

    def test_every_fault_of_a_condition_is_told_with_its_column(self, here: Call) -> None:
        done = here("rule", "create", "a", "--on", "mail", "--when", "subjekt~fire tag:vip", "--do", "spma")
        assert done.code == 65
        assert 'query:1:1: unknown word "subjekt"\n  try: did you mean "subject"?' in done.err
        assert 'query:1:14: "tag" is a word for tickets, not for mail' in done.err
        assert 'no action "spma"\n  try: did you mean "spam"?' in done.err
        assert "the rule does nothing" not in done.err

    def test_other_triggers_are_not_there_yet_and_it_says_so(self, here: Call) -> None:
        done = here("rule", "create", "a", "--on", "created", "--do", "spam", "-o", "json")
        assert (done.code, done.out) == (65, "")
        assert done.error["message"] == 'on: rules on "created" are not there yet'
        assert "--on mail" in done.error["hint"]

    def test_a_department_that_a_rule_names_is_not_deleted(self, here: Call) -> None:
        create(here, "bills", "", "--do", "department:billing")
        done = here("department", "delete", "billing")
        assert done.code == 69
        assert "department billing is in use: rule bills" in done.err

    def test_help_shows_the_words_and_the_actions(self, here: Call) -> None:
        words = here("help", "query", "-o", "json").json
        assert {"tickets", "mail"} == {row["about"] for row in words}
        assert "header.KEY" in [row["word"] for row in words]
        assert "quarantine" in [row["action"] for row in here("help", "rules", "-o", "json").json]


class TestTrial:
    def test_past_mail_is_tried_and_nothing_is_written(self, post: Post, here: Call) -> None:
        for raw in (letter("Fire in the hall"), letter("All is well"), letter("Fire again")):
            post.pipe(raw)
        create(here, "fire", "subject~fire", "--do", "priority:urgent", "--do", "tag:hot", "--no-enabled")
        done = here("rule", "test", "fire", "--last", "500", "-o", "json")
        assert done.code == 0, done.err
        assert list(done.json) == ["rule", "tried", "matched", "gone", "unreadable", "mails"]
        assert (done.json["rule"], done.json["tried"], done.json["matched"]) == ("fire", 3, 2)
        newest = done.json["mails"][0]
        assert list(newest) == MATCH
        assert (newest["id"], newest["subject"], newest["ticket"]) == (3, "Fire again", 1003)
        assert (newest["did"], newest["evidence"]) == (["priority:urgent", "tag:hot"], "Subject: Fire again")
        assert RuleRun.select().count() == 0

    def test_no_more_than_asked_for_are_tried(self, post: Post, here: Call) -> None:
        for n in range(4):
            post.pipe(letter(f"Fire {n}"))
        create(here, "fire", "subject~fire", "--do", "tag:hot")
        lines = here("rule", "test", "fire", "--last", "2", "-o", "jsonl").out.splitlines()
        assert [json.loads(line)["subject"] for line in lines] == ["Fire 3", "Fire 2"]

    def test_a_rule_that_would_hold_for_none_answers_with_1(self, post: Post, here: Call) -> None:
        post.pipe(letter())
        create(here, "smoke", "subject~smoke", "--do", "spam")
        done = here("rule", "test", "smoke")
        assert (done.code, done.out) == (1, "")
        assert 'rule "smoke" would hold for none of 1 mails' in done.err
        assert here("rule", "test", "smoke", "-o", "json").json["mails"] == []

    def test_what_is_not_kept_any_more_is_counted_and_said(self, post: Post, here: Call) -> None:
        for n in range(3):
            post.pipe(letter(f"Fire {n}"))
        IncomingMail.update(raw_sha256=None).where(IncomingMail.id < 3).execute()
        create(here, "fire", "subject~fire", "--do", "tag:hot")
        done = here("rule", "test", "fire")
        assert (done.code, done.out.count("Fire")) == (0, 2)  # in its subject and in what the rule rests on
        assert "1 of 1 mails; nothing was changed; 2 more are not kept any more" in done.err

    def test_a_mail_that_is_never_read_as_a_whole_is_not_loaded_either(self, post: Post, here: Call) -> None:
        post.pipe(letter("Fire"))
        IncomingMail.update(size=1 << 40).execute()
        create(here, "fire", "", "--do", "tag:hot")
        said = here("rule", "test", "fire", "-o", "json").json
        assert (said["tried"], said["matched"], said["unreadable"], said["gone"]) == (1, 0, 1, 0)

    def test_the_mails_of_one_ticket_are_tried(self, post: Post, here: Call) -> None:
        post.pipe(letter("Fire"))
        post.pipe(letter("Fire elsewhere"))
        post.pipe(letter("[Support#1001] Fire, more of it"))
        create(here, "fire", "subject~fire", "--do", "tag:hot", "--do", "fold:^regards")
        found = here("rule", "test", "fire", "--ticket", "1001", "-o", "json").json
        assert [(mail["subject"], mail["did"]) for mail in found["mails"]] == [
            ("Fire", ["tag:hot", "fold:^regards"]),
            ("[Support#1001] Fire, more of it", ["fold:^regards"]),
        ]
        assert here("rule", "test", "fire", "--ticket", "4711").code == 67

    def test_mails_in_files_are_tried(self, post: Post, here: Call, tmp_path: Path) -> None:
        (tmp_path / "a.eml").write_bytes(letter("Fire"))
        (tmp_path / "b.eml").write_bytes(letter("Water"))
        create(here, "fire", "subject~fire", "--do", "reject")
        found = here("rule", "test", "fire", "--mail", tmp_path, "-o", "json").json
        assert [(mail["file"], mail["id"]) for mail in found["mails"]] == [(str(tmp_path / "a.eml"), None)]
        assert here("rule", "test", "fire", "--mail", tmp_path / "none.eml").code == 66
        assert (
            here(
                "rule",
                "test",
                "fire",
                "--mail",
                "-",
                stdin=letter("Fire"),
            ).code
            == 0
        )

    def test_only_the_rule_itself_is_tried_whatever_others_would_do(self, post: Post, here: Call) -> None:
        post.pipe(letter("Fire"))
        create(here, "first", "", "--do", "reject", "--stop")
        create(here, "fire", "subject~fire", "--do", "tag:hot")
        assert here("rule", "test", "fire", "-o", "json").json["mails"][0]["did"] == ["tag:hot"]

    def test_one_mail_at_a_time_is_in_memory_and_the_ledger_is_read_in_pages(self, post: Post, here: Call) -> None:
        from helpdeskctl.queries import rule_trial

        for n in range(5):
            post.pipe(letter(f"Fire {n}"))
        mails = rule_trial.last(post.desk, SYSTEM, 500)
        with counted(post.desk) as statements:
            next(mails)
        assert len([sql for sql, _ in statements if "blob" not in sql]) == 1

    def test_agents_try_rules_on_the_mail_that_they_may_see(self, post: Post, here: Call) -> None:
        post.build.agent("ben@example.org", billing="lead")
        post.build.personal("ada@example.org")
        post.build.agent("root@example.org", admin=True)
        post.build.mailbox("bills@example.org", department="billing")
        post.build.mailbox("ada@example.org", department="agent:ada@example.org")
        create(here, "fire", "subject~fire", "--do", "tag:hot")
        for to in ("bills@example.org", "support@example.org", "ada@example.org"):
            post.pipe(letter("Fire", to=to, text=to), mailbox=to)
        for who, seen in {"ben@example.org": [1], "root@example.org": [2, 1], "ada@example.org": [3]}.items():
            tried = here("rule", "test", "fire", "--as", who, "-o", "json").json
            assert ([mail["id"] for mail in tried["mails"]], tried["tried"]) == (seen, len(seen))
            assert [row["mail"] for row in here("rule", "log", "fire", "--as", who, "-o", "json").json] == seen
        assert here("rule", "test", "fire", "--ticket", "1002", "--as", "ben@example.org").code == 67

    def test_two_ways_to_choose_mail_are_one_too_many(self, here: Call) -> None:
        assert here("rule", "test", "fire", "--last", "5", "--ticket", "1001").code == 2


class TestLog:
    def test_it_tells_when_the_rule_held_on_what_and_what_it_did(self, post: Post, here: Call) -> None:
        create(here, "fire", "subject~fire", "--do", "tag:hot", "--do", "quarantine")
        post.pipe(letter("Fire"))
        (row,) = here("rule", "log", "fire", "-o", "json").json
        assert list(row) == ["at", "mail", "sender", "subject", "ticket", "did"]
        assert (row["mail"], row["sender"], row["subject"], row["ticket"], row["did"]) == (
            1, "alice@acme.example", "Fire", None, ["tag:hot", "quarantine"],
        )  # fmt: skip
        assert here("rule", "list", "-o", "json").json[0]["held"] == 1
        assert here("rule", "log", "smoke").code == 67


def test_the_recipes_of_the_documentation_work(here: Call) -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    recipes = [line for line in text.splitlines() if line.startswith("helpdeskctl rule create")]
    here("department", "create", "support-fr", "--name", "Technique")
    here("team", "create", "on-call", "--name", "On call")
    assert len(recipes) > 6
    for recipe in recipes:
        done = here(*shlex.split(recipe)[1:])
        assert done.code == 0, (recipe, done.err)


def test_explain_shows_the_rules_that_held(post: Post, here: Call, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter("Fire"))
    create(here, "fire", "subject~fire", "--do", "tag:hot")
    said = here("mail", "explain", tmp_path / "a.eml").out
    assert "filters      noted: rule fire: tag:hot  [Subject: Fire]" in said
