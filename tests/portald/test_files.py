"""Attachments up and down, and bodies that are too much (security 17, 18, 45, 46)."""

from __future__ import annotations

import re
from email.message import Message as Message_
from email.utils import collapse_rfc2231_value
from urllib.parse import unquote

import pytest

from helpdeskctl.store.tables import Attachment, Blob, Message, Upload
from tests.portald.browser import Browser, multipart_body
from tests.portald.conftest import Portal

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
LYING = (
    ("x.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("x.png", "image/png", b"<html><script>alert(1)</script>"),
    ("x.html", "text/html", b"<script>alert(1)</script>"),
    ("x.xml", "application/xml", b"<?xml version='1.0'?><x/>"),
    ("x.pdf", "application/pdf", b"%PDF-1.4"),
    ("x.mht", "multipart/related", b"MIME-Version: 1.0"),
    ("x.js", "text/javascript", b"alert(1)"),
    ("x", "evil\r\nX-Evil: 1/html", b"x"),
    ("x", "", b"x"),
)


def with_file(portal: Portal, name: str, data: bytes, **columns: str) -> tuple[Browser, int]:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    message = Message.get(Message.ticket_id == number).id
    return portal.signed_in(address), portal.build.attachment(message, name, data, **columns)


def test_whatever_a_file_says_it_is_it_is_downloaded_and_can_do_nothing(portal: Portal) -> None:
    for name, kind, data in LYING:
        browser, file = with_file(portal, name, data, content_type=kind)
        for path in (f"/files/{file}/x", f"/files/{file}/x?inline=1", f"/files/{file}/photo.png?inline=1"):
            for method, more in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-3"})):
                answer = browser.request(method, path, headers=more)
                assert answer.status == 200
                assert answer.header("Content-Disposition").startswith("attachment;"), (kind, path)
                assert answer.header("X-Content-Type-Options") == "nosniff"
                assert "sandbox" in answer.header("Content-Security-Policy")
                assert "default-src 'none'" in answer.header("Content-Security-Policy")
                assert answer.header("X-Evil") == ""


def test_a_real_picture_is_shown_in_place_when_asked_for(portal: Portal) -> None:
    browser, file = with_file(portal, "photo.png", PNG, content_type="image/png")
    shown = browser.get(f"/files/{file}/photo.png?inline=1")
    assert shown.header("Content-Disposition").startswith("inline;")
    assert shown.header("Content-Type") == "image/png"
    assert shown.body == PNG
    assert browser.get(f"/files/{file}/photo.png").header("Content-Disposition").startswith("attachment;")


NAMES = (
    "plain.txt", "two words.txt", "\u00fcn\u00efc\u00f6de \u65e5\u672c.pdf", 'quote".txt', "semi;colon.txt",
    "../../etc/passwd", "..\\..\\boot.ini", "\u202egpj.odt", "a\r\nX-Evil: 1.txt", "%2e%2e%2fx", "x" * 300 + ".txt",
    ".htaccess", "CON", "\u200b", "a\0b.txt", "'single'.txt",
)  # fmt: skip


def test_file_names_reach_the_download_header_whole_and_harmless(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    for at in range(0, len(NAMES), 8):
        browser.submit(
            "/reply", {"body": "files"}, [(name, b"data " + name.encode(), "text/plain") for name in NAMES[at : at + 8]]
        )
    rows = list(
        Attachment.select().join(Message, on=(Message.id == Attachment.message_id)).where(Message.ticket_id == number)
    )
    assert len(rows) == len(NAMES)
    for row in rows:
        assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e/\\]", row.filename), row.filename
        answer = browser.get(f"/files/{row.id}/x")
        assert answer.header("X-Evil") == ""
        header = answer.header("Content-Disposition")
        mail = Message_()
        mail["Content-Disposition"] = header
        read = [value for key, value in mail.get_params([], header="content-disposition") if key == "filename"]
        assert row.filename in [collapse_rfc2231_value(value) for value in read]
        own = re.search(r"filename\*=UTF-8''(\S+)$", header)
        assert own and unquote(own[1]) == row.filename
        assert header.isascii()


def test_ten_attachments_of_ordinary_size_in_one_answer_arrive_whole(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    files = [(f"{n}.bin", bytes([n]) * (60_000 + n * 15_000), "application/octet-stream") for n in range(10)]
    assert browser.submit("/reply", {"body": "ten"}, files).status == 200
    message = Message.select().where(Message.ticket_id == number).order_by(Message.id.desc()).get()
    stored = {
        row.filename: portal.desk.blobs.get(row.sha256)
        for row in Attachment.select().where(Attachment.message_id == message.id)
    }
    assert stored == {name: data for name, data, _ in files}


def test_a_file_past_the_limit_is_refused_with_its_name_and_the_text_is_kept(portal: Portal) -> None:
    portal.set("attachment_size", 1_000_000)
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    files = [("big.bin", b"x" * 1_500_000, "text/plain"), ("small.txt", b"y", "text/plain")]
    page = browser.submit("/reply", {"body": "A long story."}, files)
    assert page.status == 400
    assert "big.bin could not be added" in page.words
    assert page.form("/reply").fields["body"] == "A long story."
    assert "small.txt" in page.words
    eleven = [(f"{n}.txt", b"z", "text/plain") for n in range(11)]
    assert "at most 10 files" in browser.submit("/reply", {"body": "more"}, eleven).words


def test_a_body_past_all_limits_gets_a_page_that_names_the_limit_and_keeps_the_text(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    page = browser.submit("/reply", {"body": "A long story."}, [("huge.bin", b"x" * 32 * 1024**2, "text/plain")])
    assert page.status == 413
    assert "30 MB" in page.words
    assert page.form("/reply").fields["body"] == "A long story."
    assert "sent" in browser.submit("/reply").words


def bombs(token: str) -> list[tuple[str, bytes, dict[str, str]]]:
    first = f'--b\r\nContent-Disposition: form-data; name="form"\r\n\r\n{token}\r\n'.encode()
    many = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(20_000))
    long_header = (
        b'--b\r\nContent-Disposition: form-data; name="x"\r\nX: ' + b"y" * 1_000_000 + b"\r\n\r\nx\r\n--b--\r\n"
    )
    headers = b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\nx\r\n--b--\r\n"
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        ("many fields", first + many + b"--b--\r\n", multipart),
        ("a long part header", first + long_header, multipart),
        ("many part headers", first + headers, multipart),
        ("no end", first + b'--b\r\nContent-Disposition: form-data; name="body"\r\n\r\nx', multipart),
        ("no boundary", first, {"Content-Type": "multipart/form-data"}),
        ("another boundary", first, {"Content-Type": "multipart/form-data; boundary=zzz"}),
        ("many pairs", b"&".join(b"f%d=x" % n for n in range(20_000)), form),
        ("a huge text", b"body=" + b"x" * 3_000_000, form),
        ("no form at all", b'{"a": 1}', {"Content-Type": "application/json"}),
        ("nothing", b"", multipart),
        (
            "a very long boundary",
            b"--" + b"b" * 70_000,
            {"Content-Type": "multipart/form-data; boundary=" + "b" * 7000},
        ),
    ]


def test_bombs_are_refused_quickly_and_leave_nothing_behind(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    token = browser.get(f"/tickets/{number}").form("/reply").fields["form"]
    before = (Blob.select().count(), Upload.select().count(), Message.select().count())
    memory = resident(portal)
    for what, body, headers in bombs(token):
        answer = browser.request("POST", f"/tickets/{number}/reply", body, headers)
        assert answer.status in (400, 403, 413), what
        assert answer.seconds < 2, what
    assert (Blob.select().count(), Upload.select().count(), Message.select().count()) == before
    assert resident(portal) - memory < 60 * 1024**2


def resident(portal: Portal) -> int:
    import resource
    from pathlib import Path

    pages = int(Path(f"/proc/{portal.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_a_body_shorter_than_it_says_ends_with_the_connection_and_blocks_nobody(portal: Portal) -> None:
    import socket

    head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{portal.port}\r\nContent-Length: 5000\r\n\r\nform=x"
    waiting = [socket.create_connection(("127.0.0.1", portal.port)) for _ in range(60)]
    for connection in waiting:
        connection.sendall(head.encode())
    answer = portal.browser().get("/login")
    assert answer.status == 200 and answer.seconds < 2
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize("count", [2, 10])
def test_files_in_memory_and_on_disk_are_parsed_alike(portal: Portal, count: int) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    fields = browser.get(f"/tickets/{number}").form("/reply").fields | {"body": "x"}
    files = [(f"{n}.bin", bytes([n]) * (500_000 if n % 2 else 500), "text/plain") for n in range(count)]
    kind = {"Content-Type": "multipart/form-data; boundary=bound"}
    answer = browser.request("POST", f"/tickets/{number}/reply", multipart_body("bound", fields, files), kind)
    assert answer.status == 303
    message = Message.select().where(Message.ticket_id == number).order_by(Message.id.desc()).get()
    sizes = [row.size for row in Attachment.select().where(Attachment.message_id == message.id).order_by(Attachment.id)]
    assert sizes == [len(data) for _, data, _ in files]
