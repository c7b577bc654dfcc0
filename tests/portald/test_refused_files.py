"""Files that the portal does not take, and those of mail that it does not hand out (TIC-19)."""

from __future__ import annotations

import shutil
from pathlib import Path

from helpdeskctl.store.tables import Attachment, Message, Upload
from tests.portald.conftest import Portal, _portal
from tests.portald.test_files import with_file
from tests.servers.certificates import Certificates
from tests.servers.clamd import EICAR, SIGNATURE, Clamd
from tests.servers.smtp import SmtpSink


def test_a_withheld_file_is_named_and_not_handed_out(portal: Portal) -> None:
    browser, file = with_file(portal, "setup.exe", b"MZ", withheld="files that end in .exe are refused here")
    number = Message.select().order_by(Message.id.desc()).get().ticket_id
    page = browser.get(f"/tickets/{number}")
    assert ("setup.exe" in page.words, "not handed out" in page.words) == (True, True)
    assert not [link for link in page.links if link.startswith("/files/")]
    for path in (f"/files/{file}/setup.exe", f"/files/{file}/setup.exe?inline=1"):
        assert browser.get(path).status == 404


def test_a_file_of_a_refused_kind_is_left_out_and_the_text_stays(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    files = [("setup.EXE", b"MZ", "application/x"), ("notes.txt", b"hello", "text/plain")]
    answer = browser.submit(f"/tickets/{number}/reply", {"body": "See the files."}, files=files)
    assert answer.status == 400
    assert "setup.EXE could not be added: files of this kind are not accepted here." in answer.words
    assert "See the files." in answer.text
    assert [row.filename for row in Upload.select().order_by(Upload.id.desc()).limit(1)] == ["notes.txt"]


def test_a_file_that_carries_malware_is_refused_by_its_name_and_what_it_is(
    tmp_path: Path, sqlite_template: Path, sink: SmtpSink, certificates: Certificates, clamd: Clamd
) -> None:
    database = shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    more = f'[mail]\nclamd = "{clamd.unix}"\n'
    with _portal(tmp_path, f"sqlite:///{database}", sink, certificates, more) as portal:
        address = portal.customer()
        number = portal.build.ticket(requester=address)
        browser = portal.signed_in(address)
        browser.get(f"/tickets/{number}")
        files = [("cv.bin", EICAR, "text/plain"), ("notes.txt", b"hello", "text/plain")]
        answer = browser.submit(f"/tickets/{number}/reply", {"body": "See the files."}, files=files)
        assert answer.status == 400
        assert f"cv.bin ({SIGNATURE}) could not be added: the virus scanner found malware." in answer.words
        assert [row.filename for row in Upload.select()] == ["notes.txt"]
        assert browser.submit(f"/tickets/{number}/reply", {"body": "See the files."}).status == 200
        assert [row.filename for row in Attachment.select()] == ["notes.txt"]
