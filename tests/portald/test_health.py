"""What programs ask the portal: whether it can work, whom to tell of a hole, what to leave alone (POR-10)."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from helpdeskctl.domain.defaults import named
from helpdeskctl.errors import InvalidInput
from helpdeskctl.store.tables import Mailbox
from tests import desks
from tests.portald.browser import Browser
from tests.portald.conftest import SUPPORT, Portal, daemon


def words(browser: Browser) -> dict[str, str]:
    return dict(line.split() for line in browser.get("/readyz").text.splitlines())


def test_ready_says_a_word_for_each_check_and_stale_mail_is_no_reason_to_be_taken_out(portal: Portal) -> None:
    browser = portal.browser()
    assert words(browser)["database"] == words(browser)["schema"] == words(browser)["mail"] == "ok"
    Mailbox.update(failing_since=portal.desk.now()).where(Mailbox.address == SUPPORT).execute()
    assert words(browser)["mail"] == "late"
    assert browser.page.status == 200
    Mailbox.update(failing_since=None).where(Mailbox.address == SUPPORT).execute()


def test_a_desk_under_change_is_not_ready_and_customers_are_told_to_come_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db")
    with daemon(config, tmp_path / "log") as (_, port):
        browser = Browser(port)
        assert browser.get("/kb").status == 200
        with sqlite3.connect(tmp_path / "desk.db") as connection:
            connection.execute("UPDATE schema_version SET version = version + 1000")
            connection.execute("ALTER TABLE article RENAME TO articles")
        connection.close()
        assert browser.get("/kb").status == 503
        assert "Please try again soon" in browser.page.words
        assert int(browser.page.header("Retry-After")) > 0
        assert words(browser)["schema"] == "fails" and browser.page.status == 503
        assert browser.get("/healthz").status == 200


def test_a_place_for_attachments_that_cannot_be_written_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db")
    blobs = config.paths.data / "blobs"
    blobs.parent.mkdir(parents=True, exist_ok=True)
    blobs.write_text("no folder")  # which not even root can write into
    with daemon(config, tmp_path / "log") as (_, port):
        assert words(Browser(port))["attachments"] == "fails"


def test_the_security_contact_is_named_only_where_one_is_set(portal: Portal) -> None:
    browser = portal.browser()
    unset = browser.get("/.well-known/security.txt")
    assert (unset.status, unset.body) == (404, browser.get("/nothing-here").body)
    portal.set("security_contact", "security@example.org")
    lines = dict(line.split(": ", 1) for line in browser.get("/.well-known/security.txt").text.splitlines())
    assert lines["Contact"] == "mailto:security@example.org"
    assert lines["Expires"] > portal.desk.now().strftime("%Y-%m-%dT")
    assert lines["Expires"].endswith("Z")
    assert browser.page.header("Content-Type").startswith("text/plain")


@pytest.mark.parametrize("wrong", ["nobody", "a b@example.org", "javascript:alert(1)", "x\nContact: y@example.org"])
def test_a_security_contact_is_an_address_or_a_page(wrong: str) -> None:
    kind = named("security_contact").type
    assert kind.read("security@example.org") == "security@example.org"
    assert kind.read("https://example.org/security") == "https://example.org/security"
    with pytest.raises(InvalidInput):
        kind.read(wrong)


def test_robots_leave_alone_what_is_a_persons_own_and_read_the_articles(portal: Portal) -> None:
    text = portal.browser().get("/robots.txt").text
    for path in ("/tickets", "/t/", "/register", "/company", "/account", "/rate", "/embed", "/login", "/new"):
        assert f"Disallow: {path}\n" in text
    assert "/kb" not in text


def test_the_old_address_of_the_icon_leads_to_it(portal: Portal) -> None:
    icon = portal.browser().get("/favicon.ico")
    assert icon.status == 200 and icon.header("Content-Type") == "image/svg+xml"


def test_no_answer_names_the_program_that_gives_it(portal: Portal) -> None:
    for path in ("/", "/healthz", "/nothing-here", "/static/x/y"):
        answer = portal.browser().get(path)
        assert answer.header("Server") == "" and answer.header("Via") == ""
