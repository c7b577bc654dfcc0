"""`helpdeskctl ticket`: what changes tickets. The verbs are thin; what they do is tested with the operations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.store.tables import Attachment, Event, Field, Message, OutgoingMail, Participant, Ticket, TicketTag
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.clock import SteppedClock
from tests.outgoing import sending
from tests.servers.smtp import SmtpSink

Run = Callable[..., Answer]
ADA = ("--as", "ada@example.org")


@pytest.fixture
def build(desk: Desk, clock: SteppedClock) -> Builder:
    clock.set(utc_now() - timedelta(seconds=90))
    builder = Builder(desk)
    builder.agent("ada@example.org", support="lead", billing="agent")
    return builder


@pytest.fixture
def ticket(call: Call, desk: Desk) -> Run:
    """`helpdeskctl ticket …` on the desk of the test."""
    return lambda *words, **options: call("ticket", *words, config=desk.config.path, **options)


def row(number: int) -> Ticket:
    found: Ticket = Ticket.get(Ticket.id == number)
    return found


def test_a_change_prints_one_object_of_the_contract(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    assert ticket("priority", number, "high", *ADA, "-o", "json").json == {
        "kind": "ticket", "key": str(number), "id": number, "action": "updated", "changed": ["priority"],
    }  # fmt: skip
    assert ticket("priority", number, "high", *ADA, "-o", "json").json["action"] == "unchanged"
    assert ticket("priority", number, "low", *ADA).out == f"updated  ticket {number}: priority\n"


def test_numbers_come_with_and_without_the_sign_and_from_stdin(ticket: Run, build: Builder) -> None:
    numbers = [build.ticket() for _ in range(4)]
    listed = ticket("list", "-o", "id").out
    answer = ticket("assign", "-", "--to", "ada@example.org", "--quiet", *ADA, stdin=listed)
    assert (answer.code, answer.out) == (0, "")
    assert {row(n).assignee_id for n in numbers} == {build.agent("ada@example.org")}
    assert ticket("close", f"#{numbers[0]}", str(numbers[0]), *ADA, "-o", "id").out == f"{numbers[0]}\n" * 2


def test_one_bad_number_does_not_stop_the_others_and_the_worst_code_wins(ticket: Run, build: Builder) -> None:
    first, last = build.ticket(), build.ticket()
    hidden = build.ticket(department="secret")
    answer = ticket("priority", first, hidden, "x1", last, "urgent", *ADA)
    assert answer.code == 65
    assert answer.err.count("helpdeskctl: error:") == 2
    assert [row(n).priority for n in (first, hidden, last)] == [5, 3, 5]


def test_a_dry_run_changes_nothing_and_says_what_would(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    answer = ticket("close", number, *ADA, "-n")
    assert answer.out == f"updated  ticket {number}: status\n"
    assert "nothing was changed (--dry-run)" in answer.err
    assert row(number).closed_at is None


def test_something_newer_holds_a_change_back_and_is_shown(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    seen = Message.get(Message.ticket_id == number).id
    assert ticket("close", number, "--if-last", seen, *ADA).code == 0
    build.message(number, "Wait, it burns again!")
    answer = ticket("status", number, "open", "--if-last", seen, *ADA)
    assert answer.code == 1
    assert "Wait, it burns again!" in answer.err
    assert ticket("close", number, build.ticket(), "--if-last", seen, *ADA).code == 2


def test_customers_are_told_of_one_ticket_and_of_several_only_when_asked(ticket: Run, build: Builder) -> None:
    build.mailbox()
    one, two, three, four, five = (build.ticket(requester=f"c{n}@acme.example") for n in range(5))

    def mails() -> int:
        return OutgoingMail.select().where(OutgoingMail.event == "taken").count()

    ticket("take", one, "--no-notify", *ADA)
    assert mails() == 0
    ticket("take", two, *ADA)
    assert mails() == 1
    ticket("take", three, four, *ADA)
    assert mails() == 1
    ticket("take", "-", "--notify", *ADA, stdin=f"{five}\n{one}")
    assert mails() == 2


def test_a_ticket_is_created_for_a_customer(ticket: Run, build: Builder, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    file.write_text("plan")
    answer = ticket(
        "create", "--from", "Ann@Muster.example", "--name", "Ann", "--subject", "Printer", "--department", "billing",
        "--attach", file, "--body-file", "-", *ADA, "-o", "id", stdin="hello",
    )  # fmt: skip
    number = int(answer.out)
    made = ticket("show", number, "-o", "json").json
    assert (made["requester"], made["department"], made["status"], made["subject"]) == (
        "ann@muster.example", "billing", "open", "Printer",
    )  # fmt: skip
    (message,) = made["messages"]
    assert (message["text"], message["author"], message["attachments"][0]["filename"]) == (
        "hello", "ann@muster.example", "plan.txt",
    )  # fmt: skip
    assert made["waiting_since"] is None


def test_a_call_that_is_written_down_waits_like_a_message_of_the_customer(ticket: Run, build: Builder) -> None:
    words = (
        "create",
        "--from",
        "ann@muster.example",
        "--subject",
        "Printer",
        "-m",
        "hello",
        "--phone",
        *ADA,
        "-o",
        "id",
    )
    several = ticket(*words)
    assert several.code == 65
    assert "--department billing|support" in several.err
    made = ticket("show", ticket(*words, "--department", "support").out.strip(), "-o", "json").json
    assert made["messages"][0]["kind"] == "phone"
    assert made["waiting_since"] is not None


def test_nobody_creates_where_they_only_read(ticket: Run, build: Builder) -> None:
    build.agent("rita@example.org", support="reader")
    answer = ticket(
        "create",
        "--from",
        "a@b.example",
        "--subject",
        "S",
        "-m",
        "x",
        "--department",
        "support",
        "--as",
        "rita@example.org",
    )
    assert answer.code == 77
    assert Ticket.select().count() == 0


def test_every_other_verb_does_what_it_says(ticket: Run, build: Builder, desk: Desk) -> None:
    number, other, source = build.ticket(), build.ticket(), build.ticket(requester="alice@acme.example")
    Field.insert(key="room", on_kind="ticket", type="text", names={}).execute()
    build.company("acme")
    for words in (
        ["department", number, "billing"],
        ["edit", number, "--subject", "New", "--due", "2030-01-01", "--company", "acme", "--billed"],
        ["edit", number, "--unset", "due", "--no-billed"],
        ["tag", number, "--add", "vip", "--add", "press"],
        ["tag", number, "--remove", "press"],
        ["snooze", number, "--until", "3d"],
        ["field", number, "room=3.12"],
        ["time", number, "15m", "-m", "looked"],
        ["cc", number, "--add", "bob@acme.example", "--may-view"],
        ["link", number, other],
        ["spam", other],
        ["spam", other, "--undo"],
        ["merge", source, "--into", number],
        ["unmerge", source],
        ["share", number],
        ["unshare", number],
        ["reopen", source],
    ):
        answer = ticket(*words, *ADA)
        assert answer.code == 0, (words, answer.err)
    shown = ticket("show", number, "-o", "json", *ADA).json
    assert (shown["department"], shown["subject"], shown["company"], shown["due"]) == (
        "billing",
        "New",
        "acme",
        {"at": None},
    )
    assert (shown["tags"], shown["fields"], shown["participants"]) == (["vip"], {"room": "3.12"}, ["bob@acme.example"])
    assert (shown["booked_seconds"], shown["linked"], shown["billed"]) == (900, [other], False)
    assert shown["snoozed_until"] is not None
    assert TicketTag.select().count() == 1
    assert Participant.get().may_view
    moved = build.message(number, "another matter")
    made = ticket("split", number, "--message", moved, "-o", "json", *ADA).json
    assert made["action"] == "created"
    assert [m["text"] for m in ticket("show", made["id"], "-o", "json").json["messages"]] == ["another matter"]


def test_a_shared_link_is_printed_once_and_only_as_a_hash_kept(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    url = ticket("share", number, *ADA).out.strip()
    assert url.startswith("/t/")
    assert len(url) > 40
    assert url not in str(ticket("history", number, "-o", "json", *ADA).json)


def test_deleting_asks_for_the_number_again(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    assert ticket("delete", number, "--confirm", number + 1, *ADA).code == 65
    assert ticket("delete", number, *ADA).code == 2
    assert Ticket.select().count() == 1
    assert ticket("delete", number, "--confirm", number, *ADA).code == 0
    assert Ticket.select().count() == 0
    assert ticket("list", "smoking", "-o", "id").out == ""


def test_moving_to_somebodys_own_department_asks_first(ticket: Run, build: Builder) -> None:
    build.agent("ben@example.org")
    number = build.ticket()
    refused = ticket("department", number, "agent:ben@example.org", *ADA)
    assert refused.code == 2
    assert "no longer be able to open it" in refused.err
    assert ticket("department", number, "agent:ben@example.org", "--yes", *ADA).code == 0
    assert ticket("show", number, *ADA).code == 67


def test_the_reason_stands_in_the_history(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    ticket("close", number, "--reason", "asked by phone", *ADA)
    assert {event.reason for event in Event.select().where(Event.ticket_id == number)} == {"asked by phone"}


def test_missing_words_exit_2_with_a_hint(ticket: Run, build: Builder) -> None:
    number = build.ticket()
    for words in (
        ["status", number],
        ["tag", number],
        ["edit", number],
        ["cc", number],
        ["field", number],
        ["assign", number],
    ):
        assert ticket(*words, *ADA).code == 2, words
    assert Attachment.select().count() == 0


def test_who_is_told_is_told_at_once_where_a_server_takes_it(
    ticket: Run, build: Builder, desk: Desk, smtp: SmtpSink
) -> None:
    sending(desk, build, smtp)
    number = build.ticket(requester="alice@acme.example")
    assert ticket("take", number, *ADA).code == 0
    assert [mail.rcpt_tos for mail in smtp.deliveries] == [("alice@acme.example",)]
    assert OutgoingMail.get(OutgoingMail.ticket_id == number).state == "sent"


def test_a_dry_run_mails_nobody(ticket: Run, build: Builder, desk: Desk, smtp: SmtpSink) -> None:
    sending(desk, build, smtp)
    assert ticket("take", build.ticket(), "-n", *ADA).code == 0
    assert smtp.deliveries == []
