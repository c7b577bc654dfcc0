"""Settings, templates, canned replies with their files, previews."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Exists, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import canned, canned_files, previews, setup, text_folders
from helpdeskctl.operations import settings as operations
from helpdeskctl.operations import templates as written
from helpdeskctl.queries import access, outgoing, settings, templates
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.tables import CannedAttachment, Event, PortalToken
from tests.builders import Builder


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    return builder


# -- settings


def test_a_setting_is_set_and_given_back(desk: Desk) -> None:
    assert operations.put(desk, SYSTEM, "languages", "de,en").action == "updated"
    assert settings.get(desk, "languages") == ("de", "en")
    assert operations.put(desk, SYSTEM, "languages", ["de", "en"]).action == "unchanged"
    assert settings.one(desk, "languages").value == ["de", "en"]
    assert operations.unset(desk, SYSTEM, "languages").action == "updated"
    assert operations.unset(desk, SYSTEM, "languages").action == "unchanged"
    assert "en" in settings.get(desk, "languages")
    events = [(row.object_key, row.verb) for row in Event.select().where(Event.object_kind == "setting")]
    assert events == [("languages", "updated"), ("languages", "updated")]


@pytest.mark.parametrize(("key", "set_to"), [("guest_question", "Our colour?"), ("imprint_url", "https://a.example")])
def test_a_setting_that_may_be_empty_is_emptied_by_an_empty_text(desk: Desk, key: str, set_to: str) -> None:
    operations.put(desk, SYSTEM, key, set_to)
    assert operations.put(desk, SYSTEM, key, "").action == "updated"
    assert settings.get(desk, key) is None
    assert operations.put(desk, SYSTEM, key, "").action == "unchanged"


def test_what_does_not_fit_is_refused_and_nothing_stays(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="undo_seconds"):
        operations.put(desk, SYSTEM, "undo_seconds", "soon")
    with pytest.raises(NotFound, match='no setting "undo_second"'):
        operations.put(desk, SYSTEM, "undo_second", "3")
    operations.put(desk, SYSTEM, "languages", "en,de")
    with pytest.raises(InvalidInput, match="default language fr"):
        operations.put(desk, SYSTEM, "default_language", "fr")
    assert settings.get(desk, "default_language") == "en"


def test_the_first_number_counts_and_never_goes_back(desk: Desk, build: Builder) -> None:
    operations.put(desk, SYSTEM, "first_number", "5000")
    assert build.ticket() == 5000
    with pytest.raises(Refused, match="#5000"):
        operations.put(desk, SYSTEM, "first_number", "4000")


def test_settings_are_the_admins(desk: Desk, build: Builder) -> None:
    with pytest.raises(NotPermitted):
        operations.put(desk, access.agent_actor(desk, "ada@example.org"), "name", "Mine")


# -- templates


def test_an_own_text_stands_over_the_shipped_one_until_it_is_reset(desk: Desk, build: Builder) -> None:
    build.department("support")
    where = templates.place(desk, "received", "de", "support")
    assert templates.one(desk, where).origin == "shipped"
    change = written.edit(desk, SYSTEM, where, subject="Angekommen", body="Guten Tag {{contact.name}}")
    assert (change.key, change.changed) == ("received/de/support", ("subject", "body"))
    assert written.edit(desk, SYSTEM, where, subject="Angekommen").action == "unchanged"
    assert outgoing.template(desk, "received", "de", where.department_id).subject == "Angekommen"
    assert ("received/de/support", "own") in [(text.key, text.origin) for text in templates.list_of(desk)]
    assert written.reset(desk, SYSTEM, where).action == "deleted"
    assert written.reset(desk, SYSTEM, where).action == "unchanged"
    assert outgoing.template(desk, "received", "de", where.department_id).subject != "Angekommen"


def test_a_text_lacking_what_it_is_about_is_refused(desk: Desk) -> None:
    where = templates.place(desk, "sign_in", None, None)
    with pytest.raises(InvalidInput) as error:
        written.edit(desk, SYSTEM, where, subject="two\nlines {{oops}}", body="no link")
    assert len(error.value.problems) >= 3
    with pytest.raises(NotFound, match="no template"):
        templates.place(desk, "recieved", None, None)


def test_the_shipped_templates_are_in_order(desk: Desk) -> None:
    assert written.check(desk) == []


# -- canned replies


def test_the_files_of_a_canned_reply_are_put_replaced_and_taken_away(desk: Desk) -> None:
    values = {"title": "Printer", "body": "See the manual."}
    change = canned.create(desk, SYSTEM, "printer", values, files=[("manual.pdf", b"one")])
    assert change.changed == ("title", "body", "attachments")
    assert canned.edit(desk, SYSTEM, "printer", {}, files=[("manual.pdf", b"one")]).action == "unchanged"
    assert canned.edit(desk, SYSTEM, "printer", {}, files=[("manual.pdf", b"two")]).changed == ("attachments",)
    row = CannedAttachment.get()
    assert (row.filename, row.content_type, desk.blobs.get(row.sha256)) == ("manual.pdf", "application/pdf", b"two")
    assert canned.edit(desk, SYSTEM, "printer", {}, without=["manual.pdf"]).changed == ("attachments",)
    with pytest.raises(InvalidInput, match=r"no file manual\.pdf"):
        canned.edit(desk, SYSTEM, "printer", {}, without=["manual.pdf"])


def test_exported_files_import_to_the_same(desk: Desk, tmp_path: Path) -> None:
    setup.create(desk, SYSTEM, "canned_category", "hardware", {"name": "Hardware"})
    values = {
        "title": 'Printer "safety"\tfirst', "shortcut": "ps", "category": "hardware", "language": "de",
        "sets": {"status": "closed", "priority": "low"}, "tags": ["vip", "fire"],
        "body": "Zuerst:\n\n+++\n\nStrom aus",
    }  # fmt: skip
    setup.create(desk, SYSTEM, "canned", "printer", values)
    setup.create(desk, SYSTEM, "canned", "plain", {"title": "Plain", "body": "Yes."})
    before = [item.values for item in stored.list_of(desk, "canned")]
    folder = tmp_path / "canned"
    text_folders.make(folder, None)
    assert canned_files.write_all(desk, folder) == ["plain.md", "printer.md"]
    with pytest.raises(Exists, match=r"plain\.md"):
        canned_files.write_all(desk, folder)
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    assert [change.action for change in canned_files.read_all(desk, SYSTEM, files)] == ["unchanged", "unchanged"]
    for key in ("plain", "printer"):
        setup.delete(desk, SYSTEM, "canned", key)
    assert [change.action for change in canned_files.read_all(desk, SYSTEM, files)] == ["created", "created"]
    assert [item.values for item in stored.list_of(desk, "canned")] == before


def test_the_faults_of_all_files_are_told_and_no_file_is_taken(desk: Desk) -> None:
    files = [
        ("good.md", b"Fine."),
        ("toml.md", b"+++\ntitle = 'T'\nsets = oops\n+++\n\nText"),
        ("fields.md", b"+++\ncategory = 'none'\ncolour = 'red'\n+++\n\n{{contact.nmae}}"),
        ("bytes.md", b"\xff"),
    ]
    with pytest.raises(InvalidInput) as error:
        canned_files.read_all(desk, SYSTEM, files)
    told = [f"{problem.where}: {problem.what}" for problem in error.value.problems]
    assert any(line.startswith("toml.md") and "line 3" in line for line in told)
    assert {line.split(":")[0] for line in told} == {"toml.md", "fields.md", "bytes.md"}
    assert len([line for line in told if line.startswith("fields.md")]) == 3
    assert stored.list_of(desk, "canned") == []


# -- previews


def test_previews_are_filled_and_leave_no_trace(desk: Desk, build: Builder) -> None:
    operations.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    number = build.ticket("Fire", requester="ann@x.example")
    ada = access.agent_actor(desk, "ada@example.org")
    setup.create(desk, SYSTEM, "canned", "hello", {"title": "H", "body": "{{ticket.subject}}, {{agent.address}}"})
    setup.create(
        desk,
        SYSTEM,
        "signature",
        "s",
        {"department": "support", "body": "{{agent.name}}\n{{department.name}}\n#{{ticket.number}}"},
    )
    assert previews.canned(desk, ada, "hello", number) == "Fire, ada@example.org"
    assert previews.signature(desk, SYSTEM, "s", "ada@example.org") == "Ada\nSupport"
    assert previews.signature(desk, SYSTEM, "s", "ada@example.org", number) == f"Ada\nSupport\n#{number}"
    mail = previews.template(desk, ada, templates.place(desk, "received", None, None), number)
    assert mail.subject == "Re: Fire"
    assert str(number) in mail.text
    assert PortalToken.select().count() == 0


def test_a_preview_shows_no_ticket_that_its_reader_may_not_see(desk: Desk, build: Builder) -> None:
    number = build.ticket("Secret", requester="ann@x.example", department="billing")
    setup.create(desk, SYSTEM, "canned", "hello", {"title": "H", "body": "{{ticket.subject}}"})
    with pytest.raises(NotFound):
        previews.canned(desk, access.agent_actor(desk, "ada@example.org"), "hello", number)
