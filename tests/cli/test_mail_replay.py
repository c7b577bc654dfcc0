"""`helpdeskctl mail replay`: what would be otherwise today, in both forms; and the replay itself."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Department, Event, IncomingMail, Message, Ticket
from tests.builders import Builder
from tests.cli.conftest import Call
from tests.post import Post, letter

KEYS = ["id", "action", "way", "state", "ticket", "decision", "rule", "reason", "differences"]


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    post = Post(desk, build)
    post.pipe(letter("One", text="Line one\r\nIt smokes."))
    Department.update(unknown_senders="hold").execute()
    post.pipe(letter("Two", sender="eve@beta.example"))
    Department.update(unknown_senders="accept").execute()
    Message.update(body="Line one\nIt sm?kes.").execute()
    return post


def test_a_dry_run_tells_both_sides_and_changes_nothing(post: Post, call: Call) -> None:
    words = ("mail", "replay", 1, 2, "--dry-run", "-o", "json")
    for _ in range(2):
        one, two = call(*words, config=post.desk.config.path).json
        assert list(one) == KEYS
        assert (one["action"], one["way"], one["ticket"], one["state"]) == (
            "would change", "stays", post.tickets()[0].id, "stored",
        )  # fmt: skip
        assert one["differences"] == [
            {"field": "text", "stands": "Line one\nIt sm?kes.", "today": "Line one\nIt smokes."}
        ]
        assert (two["way"], two["decision"], two["state"]) == ("again", "open", "quarantined")
        assert {"field": "decision", "stands": "quarantine", "today": "open"} in two["differences"]
    assert (Ticket.select().count(), Event.select().where(Event.verb == "replayed").count()) == (1, 0)
    assert Message.get().body == "Line one\nIt sm?kes."


def test_a_person_reads_the_lines_that_differ(post: Post, call: Call) -> None:
    told = call("mail", "replay", 1, "-n", config=post.desk.config.path)
    assert f"would change mail 1: stored, #{post.tickets()[0].id}" in told.out
    assert '  text: "It sm?kes." -> "It smokes."' in told.out
    assert "nothing was changed" in told.err


def test_many_are_replayed_by_their_ids_on_stdin_once_somebody_has_said_yes(post: Post, call: Call) -> None:
    ids = call("mail", "log", "-o", "id", config=post.desk.config.path).out
    asked = call("mail", "replay", "-", config=post.desk.config.path, stdin=ids)
    assert (asked.code, "Replay 2 mails?" in asked.err) == (2, True)
    done = call("mail", "replay", "-", "-y", "-o", "json", config=post.desk.config.path, stdin=ids)
    assert [(row["id"], row["action"], row["state"]) for row in done.json] == [
        (2, "updated", "stored"),
        (1, "updated", "stored"),
    ]
    again = call("mail", "replay", "-", "-y", "-o", "json", config=post.desk.config.path, stdin=ids)
    assert [row["action"] for row in again.json] == ["unchanged", "unchanged"]
    assert Ticket.select().count() == 2


def test_one_that_cannot_be_replayed_does_not_keep_the_others(post: Post, call: Call) -> None:
    IncomingMail.update(raw_sha256=None).where(IncomingMail.id == 2).execute()
    done = call("mail", "replay", 2, 99, 1, "-y", config=post.desk.config.path)
    assert (done.code, Message.get().body) == (67, "Line one\nIt smokes.")
    assert "not kept" in done.err
