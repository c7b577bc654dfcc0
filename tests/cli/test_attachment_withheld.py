"""Files of a kind that the desk refuses: kept when they come by mail, named, and handed to nobody (TIC-19)."""

from __future__ import annotations

import json

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Attachment, IncomingMail, OutgoingMail, Setting
from tests.builders import Builder
from tests.cli.conftest import Call
from tests.post import Post, letter

WHY = "files that end in .exe are refused here"


def with_program() -> bytes:
    parts = ["--b", "Content-Type: text/plain", "", "See the files."]
    for name in ("setup.exe", "photo.txt"):
        parts += ["--b", "Content-Type: text/plain", f'Content-Disposition: attachment; filename="{name}"', "", name]
    lines = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
    return letter(lines=lines, text="\r\n".join([*parts, "--b--"]))


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    build.agent("ann@example.org", support="agent")
    build.agent("root@example.org", admin=True)
    post = Post(desk, build)
    post.pipe(with_program())
    return post


def test_it_is_listed_with_the_reason_and_its_bytes_are_kept(post: Post, call: Call) -> None:
    number = post.tickets()[0].id
    listed = call("attachment", "list", "-o", "json", config=post.desk.config.path).json
    assert [(file["filename"], file["withheld"]) for file in listed] == [("setup.exe", WHY), ("photo.txt", None)]
    shown = call("ticket", "show", number, "--thread", "-o", "json", config=post.desk.config.path).json
    assert [file["withheld"] for file in shown["messages"][0]["attachments"]] == [WHY, None]
    assert WHY in call("ticket", "show", number, "--thread", config=post.desk.config.path).out
    assert post.desk.blobs.get(Attachment.get(Attachment.id == 1).sha256) == b"setup.exe"


def test_an_admin_who_insists_gets_it_and_nobody_else(post: Post, call: Call) -> None:
    def get(*more: str) -> tuple[int, str]:
        done = call("attachment", "get", 1, "-f", "-", *more, config=post.desk.config.path)
        return done.code, done.out

    assert get("--as", "ann@example.org", "--force") == (77, "")
    assert get("--as", "root@example.org") == (69, "")
    assert get("--as", "root@example.org", "--force") == (0, "setup.exe")
    assert call("attachment", "get", 2, "--as", "ann@example.org", config=post.desk.config.path).out == "photo.txt"
    told = call("attachment", "get", 1, config=post.desk.config.path)
    assert "attachment get 1 --force" in told.err


def test_it_leaves_with_no_forward_and_no_composed_export(post: Post, call: Call) -> None:
    number = post.tickets()[0].id
    done = call("ticket", "forward", number, "--to", "x@y.example", "-m", "See", config=post.desk.config.path)
    assert done.code == 0, done.err
    content = json.dumps(OutgoingMail.get(OutgoingMail.event == "forward").content)
    assert ("photo.txt" in content, "setup.exe" in content) == (True, False)
    IncomingMail.update(raw_sha256=None).execute()  # else the mail itself is exported
    exported = call("ticket", "export", f"number:{number}", "--format", "mbox", config=post.desk.config.path).out
    assert ("photo.txt" in exported, "setup.exe" in exported) == (True, False)


def test_an_agent_s_own_file_of_that_kind_is_refused_until_the_desk_takes_it(post: Post, call: Call) -> None:
    number = post.tickets()[0].id
    words = ("attachment", "put", number, "tool.EXE")
    refused = call(*words, config=post.desk.config.path, stdin="x")
    assert (refused.code, "tool.EXE: " + WHY in refused.err) == (65, True)
    done = call("setting", "set", "attachment_types_refused", "none", config=post.desk.config.path)
    assert (done.code, Setting.get().value) == (0, [])
    assert call(*words, config=post.desk.config.path, stdin="x").code == 0
    post.pipe(with_program().replace(b"Printer", b"Plotter"))
    assert [row.withheld for row in Attachment.select().order_by(Attachment.id)][-2:] == [None, None]


def test_more_files_than_one_message_may_have_come_in_by_mail_all_the_same(post: Post, call: Call) -> None:
    call("setting", "set", "attachment_files", "1", config=post.desk.config.path)
    call("setting", "set", "attachment_size", "1K", config=post.desk.config.path)
    post.pipe(with_program().replace(b"\r\nphoto.txt", b"\r\n" + b"x" * 5000).replace(b"Printer", b"Plotter"))
    assert [row.size for row in Attachment.select().order_by(Attachment.id)][2:] == [9, 5000]
    refused = call("attachment", "put", post.tickets()[0].id, "a.txt", config=post.desk.config.path, stdin="x" * 5000)
    assert (refused.code, "attachment_size" in refused.err) == (65, True)
