"""`helpdeskctl ticket`: what is read. The JSON here is a promise to other programs."""

from __future__ import annotations

import csv
import io
import json
import mailbox
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.store.tables import (
    Contact,
    Department,
    Event,
    IncomingMail,
    Link,
    Message,
    OutgoingMail,
    OutgoingRecipient,
)
from tests.builders import Builder
from tests.cli.conftest import PROGRAM, Answer, Call
from tests.clock import SteppedClock

Ticket = Callable[..., Answer]


@pytest.fixture
def build(desk: Desk, clock: SteppedClock) -> Builder:
    clock.set(utc_now() - timedelta(seconds=90))  # the command line reads the real clock
    return Builder(desk)


@pytest.fixture
def ticket(call: Call, desk: Desk) -> Ticket:
    """`helpdeskctl ticket …` on the desk of the test."""
    return lambda *words, **options: call("ticket", *words, config=desk.config.path, **options)


def test_a_list_reads_as_in_the_first_ten_minutes(ticket: Ticket, build: Builder) -> None:
    number = build.ticket("Test from my phone", requester="ada@private.example")
    answer = ticket("list")
    assert answer.out == f"#{number}  Test from my phone  Ada  Support  -  waits 1m\n"
    assert (answer.code, answer.err) == (0, "")


def test_a_list_in_json_has_the_keys_of_the_contract(ticket: Ticket, build: Builder) -> None:
    team = build.team("night")
    number = build.ticket(
        "Fire",
        requester="ann@muster.example",
        company="muster",
        assignee="ada@example.org",
        team_id=team,
        language="de",
    )
    other = build.ticket("Other", department="billing")
    build.tag(number, "vip")
    build.participant(number, "bob@muster.example")
    build.participant(number, "suggested@muster.example", state="suggested")
    Link.insert(ticket_id=number, other_id=other, kind="related").execute()
    row = next(row for row in ticket("list", "-o", "json").json if row["number"] == number)
    expected = {
        "number": number, "subject": "Fire", "status": "new", "status_kind": "new", "priority": "normal",
        "department": "support", "assignee": "ada@example.org", "team": "night", "requester": "ann@muster.example",
        "company": "muster", "participants": ["bob@muster.example"], "tags": ["vip"], "language": "de",
        "due": {"at": None}, "merged_into": None, "linked": [other],
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected
    assert row["created_at"].endswith("Z")
    assert row["updated_at"].endswith("Z")
    assert "messages" not in row


def test_every_form_of_a_list_gives_the_numbers_the_next_command_takes(ticket: Ticket, build: Builder) -> None:
    numbers = [build.ticket() for _ in range(3)]
    assert ticket("list", "-o", "id", "--sort", "number").out.split() == [str(n) for n in numbers]
    assert [
        json.loads(line)["number"] for line in ticket("list", "-o", "jsonl", "--sort", "number").out.splitlines()
    ] == numbers
    assert ticket("list", "--sort", "-number", "--limit", "2", "-o", "id").out.split() == [
        str(numbers[2]),
        str(numbers[1]),
    ]
    assert ticket("list", "--fields", "number,subject", "--no-header", "--limit", "1").out.split()[0] == str(numbers[0])
    assert len(ticket("list", "--all", "-o", "id").out.split()) == 3


def test_words_query_and_view_must_all_hold(ticket: Ticket, build: Builder) -> None:
    wanted = build.ticket("Invoice", department="billing", priority=5)
    build.ticket("Invoice", department="billing")
    build.ticket("Invoice", priority=5)
    build.ticket("Invoice", department="billing", priority=5, status="closed")
    answer = ticket(
        "list", "dept:billing", "--query", "priority:urgent or priority:high", "--view", "unassigned", "-o", "id"
    )
    assert answer.out.split() == [str(wanted)]


def test_a_faulty_query_names_the_column_and_exits_65(ticket: Ticket, build: Builder) -> None:
    answer = ticket("list", "status:open asignee:me")
    assert answer.code == 65
    assert 'query:1:13: unknown word "asignee"' in answer.err
    assert 'did you mean "assignee"?' in answer.err


def test_an_unknown_department_in_a_query_exits_67_with_near_ones(ticket: Ticket, build: Builder) -> None:
    build.department("support")
    answer = ticket("list", "dept:suport", "-o", "json")
    assert answer.code == 67
    assert (answer.error["object"], answer.error["hint"]) == ("department/suport", "near: support")


def test_show_in_json_has_messages_files_and_deliveries(ticket: Ticket, build: Builder, desk: Desk) -> None:
    number = build.ticket("Fire", body="It burns.\n> you said it would not")
    first = Message.get(Message.ticket_id == number)
    Message.update(folds=[["quote", 1, 1]], mail_id="<a@muster.example>").where(Message.id == first.id).execute()
    file = build.attachment(first.id, "photo.jpg", b"12345")
    build.attachment(first.id, "gone.jpg", b"1", deleted_at=desk.now())
    reply = build.message(number, "Use water.", agent="ada@example.org")
    outgoing = OutgoingMail.insert(
        ticket_id=number, message_id=reply, event="reply", mail_id="<x@example.org>", content={}, state="sent",
        not_before=desk.now(), created_at=desk.now(),
    ).execute()  # fmt: skip
    OutgoingRecipient.insert(
        outgoing_id=outgoing, address="alice@acme.example", state="sent", at=desk.now(), detail="250 ok"
    ).execute()
    shown = ticket("show", f"#{number}", "-o", "json").json
    asked, answered = shown["messages"]
    expected = {
        "kind": "mail", "direction": "in", "author": "alice@acme.example", "author_kind": "contact",
        "message_id": "<a@muster.example>", "text": "It burns.\n> you said it would not", "visible": "It burns.",
        "automatic": False,
    }  # fmt: skip
    assert {key: asked[key] for key in expected} == expected
    (attachment,) = asked["attachments"]
    assert attachment["id"] == file
    assert {key: attachment[key] for key in ("filename", "size", "type", "inline")} == {
        "filename": "photo.jpg", "size": 5, "type": "image/jpeg", "inline": False,
    }  # fmt: skip
    assert len(attachment["sha256"]) == 64
    assert answered["author_kind"] == "agent"
    (delivery,) = answered["deliveries"]
    assert (delivery["address"], delivery["state"], delivery["detail"]) == ("alice@acme.example", "sent", "250 ok")
    assert shown["last_message_id"] == reply


def test_people_see_the_last_message_or_the_whole_thread(ticket: Ticket, build: Builder) -> None:
    number = build.ticket("Fire", body="It burns.")
    build.note(number, "careful", agent="ada@example.org")
    build.message(number, "Use water.", agent="ada@example.org")
    last = ticket("show", number).out
    assert "Use water." in last
    assert "It burns." not in last
    assert f"2 earlier messages: helpdeskctl ticket show {number} --thread" in last
    whole = ticket("show", number, "--thread").out
    assert whole.index("It burns.") < whole.index("careful") < whole.index("Use water.")
    assert "internal note" in whole


def test_an_agent_who_read_a_thread_has_read_it_and_a_program_has_not(ticket: Ticket, build: Builder) -> None:
    build.agent("ada@example.org", support="agent")
    number = build.ticket()
    unread = ("list", "is:unread", "-o", "id", "--as", "ada@example.org")
    ticket("show", number, "-o", "json", "--as", "ada@example.org")
    assert ticket(*unread).out == f"{number}\n"
    ticket("show", number, "--as", "ada@example.org")
    assert ticket(*unread).out == ""


def test_a_merged_ticket_says_where_it_went(ticket: Ticket, build: Builder) -> None:
    last = build.ticket("Survivor")
    middle = build.ticket("Middle", merged_into_id=last)
    first = build.ticket("First", merged_into_id=middle)
    assert ticket("show", first, "-o", "json").json["merged_into"] == last
    assert f"merged into #{last}: helpdeskctl ticket show {last}" in ticket("show", first).out
    assert ticket("show", middle, "-o", "json").json["merged_from"] == [first]


def test_a_ticket_that_may_not_be_seen_is_one_that_is_not_there(ticket: Ticket, build: Builder) -> None:
    build.agent("ada@example.org", support="agent")
    hidden = build.ticket(department="secret")
    missing = hidden + 1000
    for verb in ("show", "history"):
        answers = [ticket(verb, n, "--as", "ada@example.org") for n in (hidden, missing)]
        assert [answer.code for answer in answers] == [67, 67]
        assert answers[0].err.replace(str(hidden), "N") == answers[1].err.replace(str(missing), "N")


def test_an_admin_opens_a_personal_department_with_a_reason_that_is_written_down(
    ticket: Ticket, build: Builder
) -> None:
    build.agent("root@example.org", admin=True)
    build.personal("ben@example.org")
    number = build.ticket("Private", department="agent:ben@example.org")
    refused = ticket("show", number, "--as", "root@example.org")
    assert refused.code == 67
    assert "--reason" in refused.err
    assert Event.select().where(Event.verb == "opened").count() == 0
    assert ticket("show", number, "--as", "root@example.org", "--reason", "he is ill").code == 0
    event = Event.get(Event.verb == "opened")
    assert (event.ticket_id, event.actor_label, event.reason) == (number, "root@example.org", "he is ill")


def test_raw_writes_the_exact_bytes_of_the_mail(ticket: Ticket, build: Builder, desk: Desk) -> None:
    number = build.ticket()
    raw = b"From: alice@acme.example\r\nSubject: \xff\xfe\r\n\r\nbody\x00\r\n"
    sha = desk.blobs.put(raw, now=desk.now())
    row = IncomingMail.insert(state="stored", size=len(raw), raw_sha256=sha, created_at=desk.now()).execute()
    Message.update(incoming_id=row).where(Message.ticket_id == number).execute()
    message = Message.get(Message.ticket_id == number).id
    done = subprocess.run(
        [PROGRAM, "ticket", "show", str(number), "--raw", str(message), "-C", str(desk.config.path)],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == raw
    reply = build.message(number, "no mail", agent="ada@example.org")
    assert ticket("show", number, "--raw", reply).code == 67


def test_history_tells_who_did_what_and_why(ticket: Ticket, build: Builder) -> None:
    build.agent("ada@example.org", support="agent")
    number = build.ticket()
    ticket("priority", number, "high", "--as", "ada@example.org", "--reason", "he shouted")
    (event,) = ticket("history", number, "-o", "json").json
    assert (event["verb"], event["actor"], event["data"]) == (
        "priority",
        "ada@example.org",
        {"from": "normal", "to": "high"},
    )
    line = ticket("history", number).out.splitlines()[-1]
    assert "priority" in line
    assert "normal -> high, (he shouted)" in line


def test_next_gives_the_most_urgent_one_and_skips(ticket: Ticket, build: Builder) -> None:
    build.agent("ada@example.org", support="agent")
    normal, urgent = build.ticket(), build.ticket(priority=5)
    assert ticket("next", "-o", "id", "--as", "ada@example.org").out == f"{urgent}\n"
    assert ticket("next", "--skip", urgent, "-o", "id", "--as", "ada@example.org").out == f"{normal}\n"
    done = ticket("next", "--skip", urgent, "--skip", normal, "--as", "ada@example.org")
    assert (done.code, done.out, done.err) == (0, "", "nothing left to do\n")
    assert ticket("next").code == 77


HOSTILE = "\x1b]52;c;AAAA\x07 [red]x[/red] \x9b31m \u202egnp.exe =cmd|' /C calc'!A0"


def test_no_control_byte_of_a_stranger_reaches_the_terminal(ticket: Ticket, build: Builder) -> None:
    number = build.ticket(HOSTILE, requester="eve@beta.example", body=HOSTILE)
    Contact.update(name=HOSTILE).execute()
    Department.update(name=HOSTILE).execute()
    build.attachment(Message.get().id, HOSTILE)
    build.tag(number, "x")
    for words in (
        ["list"], ["show", number, "--thread"], ["history", number], ["list", "-o", "json"],
        ["show", number, "-o", "json"], ["list", "-o", "csv"], ["export", "--format", "html"],
        ["export", "--format", "csv"], ["list", HOSTILE],
    ):  # fmt: skip
        answer = ticket(*words)
        text = answer.out.replace("\r\n", "\n") + answer.err
        assert not [c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) <= 0x9F or c == "\u202e"], (
            words
        )
    assert "[red]x[/red]" in ticket("list").out
    assert json.loads(ticket("show", number, "-o", "json").out)["subject"] == HOSTILE


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_csv_begins_a_formula(ticket: Ticket, build: Builder, start: str) -> None:
    number = build.ticket(start, requester=f"{start.strip()}x@beta.example")
    Contact.update(name=start).execute()
    for words in (["list", "-o", "csv"], ["export", "--format", "csv"]):
        rows = list(csv.reader(io.StringIO(ticket(*words).out)))
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    rows = list(csv.DictReader(io.StringIO(ticket("export", "--format", "csv", "--raw").out, newline="")))
    assert (rows[0]["number"], rows[0]["subject"]) == (str(number), start)


def test_an_export_as_json_is_what_show_gives(ticket: Ticket, build: Builder) -> None:
    numbers = [build.ticket(), build.ticket()]
    exported = ticket("export").json
    assert exported == [ticket("show", n, "-o", "json").json for n in numbers]


def test_an_export_as_mbox_is_read_by_every_program(ticket: Ticket, build: Builder, desk: Desk, tmp_path: Path) -> None:
    number = build.ticket("Grüße", body="From here on\n>From there\nend", requester="ann@muster.example")
    build.attachment(Message.get(Message.ticket_id == number).id, "a.bin", b"\x00\xff")
    build.note(number, "secret", agent="ada@example.org")
    odd = build.ticket("odd", requester="ann@muster.example")
    Message.update(author_address="not an address\n").where(Message.ticket_id == odd).execute()
    written = subprocess.run(
        [PROGRAM, "ticket", "export", "--format", "mbox", "-C", str(desk.config.path)], capture_output=True, check=True
    ).stdout
    path = tmp_path / "out.mbox"
    path.write_bytes(written)
    with closing(mailbox.mbox(path)) as box:
        first, note, last = box
    assert first["From"] == "Ann <ann@muster.example>"
    assert [part.get_filename() for part in first.walk() if part.get_filename()] == ["a.bin"]
    assert str(make_header(decode_header(note["Subject"]))) == "[internal note] Grüße"
    assert "unknown@invalid" in last["From"]


def test_an_export_as_html_runs_nothing(ticket: Ticket, build: Builder) -> None:
    build.ticket("<script>alert(1)</script>", body='<img src=x onerror="alert(1)">')
    page = ticket("export", "--format", "html").out
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
