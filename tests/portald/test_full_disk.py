"""A post to a portal whose disk is full: refused with its text kept, and taken once there is room (security 56)."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

from helpdeskctl.desk import open_desk
from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import Contact
from tests import desks
from tests.builders import Builder
from tests.flows.small_disk import small_disk
from tests.portald.browser import Browser
from tests.portald.conftest import daemon


def test_on_a_full_disk_nothing_is_taken_and_the_text_is_kept(sqlite_template: Path, tmp_path: Path) -> None:
    source = tmp_path / "desk"
    source.mkdir()
    shutil.copyfile(sqlite_template, source / "desk.db")
    config = desks.write_config(source, "sqlite:///desk.db")
    desk = open_desk(config)
    with desk.connected():
        build = Builder(desk)
        contact = build.contact("alice@acme.example", portal_access=True)
        number = build.ticket("Busy", requester="alice@acme.example")
        session = sessions.open_session(desk, Contact.get(Contact.id == contact).id, sessions.Browser())
    with small_disk(tmp_path / "disk") as disk:
        subprocess.run([*disk.inside, "cp", "-a", f"{source}/.", str(disk.folder)], check=True)
        moved = dataclasses.replace(config, path=disk.folder / "config.toml")
        with daemon(moved, tmp_path / "log", before=disk.inside) as (_, port):
            browser = Browser(port)
            browser.cookies["portal"] = session
            browser.get(f"/tickets/{number}")
            disk.fill()
            story = "A long story. " * 2000
            page = browser.submit("/reply", {"body": story})
            assert page.status == 503, page.words
            assert page.form("/reply").fields["body"].strip() == story.strip()
            disk.make_room()
            assert "A long story." not in browser.get(f"/tickets/{number}").words
            browser.page = page
            assert "has been sent" in browser.submit("/reply").words
            assert browser.get(f"/tickets/{number}").words.count("A long story.") >= 2000
