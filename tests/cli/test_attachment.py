"""`helpdeskctl attachment`: files of tickets, for those who may read them."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Attachment, Event, Message
from tests.builders import Builder
from tests.cli.conftest import PROGRAM, Answer, Call

Run = Callable[..., Answer]
ADA = ("--as", "ada@example.org")


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    return builder


@pytest.fixture
def attachment(call: Call, desk: Desk) -> Run:
    """`helpdeskctl attachment …` on the desk of the test."""
    return lambda *words, **options: call("attachment", *words, config=desk.config.path, **options)


def file_on(build: Builder, data: bytes = b"\x00\xffbytes", **ticket: str) -> int:
    number = build.ticket(**ticket)
    return build.attachment(Message.get(Message.ticket_id == number).id, "photo.jpg", data)


def test_a_list_has_sizes_and_their_sum(attachment: Run, build: Builder) -> None:
    first = file_on(build, b"x" * 1500)
    file_on(build, b"x" * 400)
    file_on(build, department="secret")
    answer = attachment("list", *ADA)
    assert answer.out.splitlines()[1].split()[:3] == [str(first), "#1001", "photo.jpg"]
    assert answer.err == "2 files, 2 kB\n"
    assert [row["size"] for row in attachment("list", *ADA, "-o", "json").json] == [1500, 400]
    assert attachment("list", "number:1002", *ADA, "-o", "id").out.split() == [str(first + 1)]


def test_get_writes_the_bytes_as_they_came(attachment: Run, build: Builder, desk: Desk, tmp_path: Path) -> None:
    file = file_on(build)
    words = [PROGRAM, "attachment", "get", str(file), "-C", str(desk.config.path)]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"\x00\xffbytes"
    target = tmp_path / "out.jpg"
    assert attachment("get", file, "-f", target, *ADA).code == 0
    assert target.read_bytes() == b"\x00\xffbytes"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_overwritten_only_when_told(attachment: Run, build: Builder, tmp_path: Path) -> None:
    file, target = file_on(build), tmp_path / "out.jpg"
    target.write_text("a much longer text that was there before")
    assert attachment("get", file, "-f", target).code == 73
    assert target.read_text().startswith("a much")
    assert attachment("get", file, "-f", target, "--force").code == 0
    assert target.read_bytes() == b"\x00\xffbytes"


def test_a_file_of_a_ticket_that_may_not_be_seen_is_not_there(attachment: Run, build: Builder, tmp_path: Path) -> None:
    hidden = file_on(build, department="secret")
    target = tmp_path / "out.jpg"
    answers = [attachment("get", n, "-f", target, *ADA) for n in (hidden, hidden + 1000)]
    assert [answer.code for answer in answers] == [67, 67]
    assert answers[0].err.replace(str(hidden), "N") == answers[1].err.replace(str(hidden + 1000), "N")
    assert not target.exists()


def test_an_admin_gets_a_file_of_a_personal_department_with_a_reason(attachment: Run, build: Builder) -> None:
    build.agent("root@example.org", admin=True)
    build.personal("ben@example.org")
    file = file_on(build, b"text", department="agent:ben@example.org")
    assert "--reason" in attachment("get", file, "--as", "root@example.org").err
    assert attachment("get", file, "--as", "root@example.org", "--reason", "he is ill").code == 0
    assert Event.get(Event.verb == "opened").reason == "he is ill"


def test_put_makes_an_internal_note_with_the_file(attachment: Run, build: Builder, desk: Desk) -> None:
    number = build.ticket()
    answer = attachment("put", number, "../../etc/plan.pdf", *ADA, "-o", "json", stdin=b"\x00plan")
    made = Attachment.get(Attachment.id == answer.json["id"])
    message = Message.get(Message.id == made.message_id)
    assert (made.filename, made.content_type, made.size) == ("plan.pdf", "application/pdf", 5)
    assert (message.kind, message.direction, message.author_address) == ("note", "internal", "ada@example.org")
    assert desk.blobs.get(made.sha256) == b"\x00plan"


def test_delete_needs_a_reason_and_leaves_the_name(attachment: Run, build: Builder, call: Call, desk: Desk) -> None:
    file = file_on(build)
    assert attachment("delete", file, *ADA).code == 65
    assert attachment("delete", file, "--reason", "sent by mistake", *ADA).code == 0
    assert attachment("get", file).code == 67
    assert attachment("list", "-o", "id").out == ""
    event = Event.get(Event.verb == "attachment_deleted")
    assert (event.reason, event.data["file"]) == ("sent by mistake", "photo.jpg")
    thread = call("ticket", "show", "1001", "--thread", config=desk.config.path)
    assert "photo.jpg  7 B · deleted" in thread.out
    assert call("ticket", "list", "photo", "-o", "id", config=desk.config.path).out == ""


def test_through_the_door_files_of_the_host_stay_closed(attachment: Run, build: Builder, tmp_path: Path) -> None:
    file = file_on(build)
    answer = attachment("get", file, "-f", tmp_path / "x", door="ada@example.org")
    assert answer.code in (77, 78)  # the door has no configuration of the test's
    assert not (tmp_path / "x").exists()
