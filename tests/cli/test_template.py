"""`helpdeskctl template` and what mails look like from the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdeskctl.cli.runtime import Run as Runner
from helpdeskctl.desk import Desk
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.templates import EVENTS
from helpdeskctl.store.tables import Mailbox, OutgoingMail, PortalToken, Setting
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.outgoing import sending
from tests.servers.smtp import SmtpSink

Run = Callable[..., Answer]
ADA = ("--as", "ada@example.org")
BOSS = ("--as", "boss@example.org")


@pytest.fixture
def build(desk: Desk, smtp: SmtpSink) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    builder.agent("boss@example.org", admin=True)
    sending(desk, builder, smtp)
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    return builder


@pytest.fixture
def run(call: Call, desk: Desk) -> Run:
    """`helpdeskctl …` on the desk of the test."""
    return lambda *words, **options: call(*words, config=desk.config.path, **options)


def test_every_template_is_listed_with_what_it_is_sent_for(run: Run, build: Builder) -> None:
    rows = run("template", "list", "-o", "json").json
    assert [(row["event"], row["language"], row["origin"]) for row in rows] == [(e, "en", "shipped") for e in EVENTS]
    assert all(row["sent_for"] for row in rows)
    assert len(run("template", "list", "--all", "-o", "json").json) == len(EVENTS) * len(LANGUAGES)
    assert run("template", "show", "taken", "--lang", "da").out.startswith(
        "taken/da (shipped)\nSubject: Re: {{ticket.subject}}\n\nHej {{contact.name}},\n"
    )


def test_a_preview_speaks_its_readers_language_unless_told_and_leaves_nothing_behind(run: Run, build: Builder) -> None:
    build.contact("alice@acme.example", language="de", portal_access=True)
    number = build.ticket(subject="Drucker", body="Es brennt")
    german = run("template", "preview", "taken", "--ticket", number, *ADA).out
    assert german.startswith("Subject: Re: Drucker\n\nGuten Tag Alice,\n\nIhre Anfrage Nummer")
    assert f"https://help.example.org/tickets/{number}?p=" in german
    hebrew = run("template", "preview", "taken", "--ticket", number, "--lang", "he", "--html", *ADA).out
    assert hebrew.startswith('<!DOCTYPE html>\n<html lang="he" dir="rtl">') and "שלום Alice" in hebrew
    assert "{{link.url}}" in run("template", "preview", "welcome", "--ticket", number, *ADA).out
    assert run("template", "preview", "taken", "--ticket", number, "-o", "json", *ADA).json["key"] == "taken/de/support"
    assert (OutgoingMail.select().count(), PortalToken.select().count()) == (0, 0)


def test_an_own_text_counts_in_its_language_and_department_alone(run: Run, build: Builder) -> None:
    number = build.ticket()
    edit = ("template", "edit", "taken", "--department", "support", "-m", "Ours: {{ticket.number}}", *BOSS)
    assert run(*edit).code == 0
    assert f"Ours: {number}" in run("template", "preview", "taken", "--ticket", number, *ADA).out
    other = build.ticket(department="billing")
    assert "Ours" not in run("template", "preview", "taken", "--ticket", other, *BOSS).out
    assert "Ours" not in run("template", "preview", "taken", "--ticket", number, "--lang", "de", *ADA).out
    assert run("template", "reset", "taken", "--department", "support", *BOSS).code == 0
    assert "Ours" not in run("template", "preview", "taken", "--ticket", number, *ADA).out


def test_a_text_that_lacks_what_it_is_for_is_refused_with_every_fault(run: Run, build: Builder) -> None:
    refused = run("template", "edit", "welcome", "-m", "Welcome {{contact.nam}} {{link.url}}", *BOSS)
    assert refused.code == 65
    for fault in ('unknown placeholder "contact.nam"', "lacks {{portal.url}}", "lacks {{contact.address}}"):
        assert fault in refused.err
    assert run("template", "check").out == "ok       templates\n"


def test_the_help_names_every_placeholder(run: Run, build: Builder) -> None:
    rows = run("help", "templates", "-o", "json").json
    assert {"{{limit}}", "{{access.until}}", "{{ticket.url}}"} <= {row["placeholder"] for row in rows}
    needed = {row["placeholder"]: row["never_missing_in"] for row in rows}
    assert (needed["{{ticket.url}}"], needed["{{desk.name}}"]) == ("news", "")


def test_a_ticket_shows_who_has_an_answer_and_whom_it_did_not_reach(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = build.ticket(requester="ada@private.example")
    smtp.behaviour.recipients = {"gone@acme.example": "550 5.1.1 no such user"}
    run("ticket", "reply", number, "-m", "Hello", "--cc", "bob@acme.example", "--cc", "gone@acme.example", *ADA)
    shown = run("ticket", "show", number, *ADA).out
    assert "sent: ada@private.example, bob@acme.example\n" in shown
    assert "refused: gone@acme.example 550 5.1.1 no such user\n" in shown
    last = run("ticket", "show", number, "-o", "json", *ADA).json["messages"][-1]
    assert {each["address"]: each["state"] for each in last["deliveries"]} == {
        "ada@private.example": "sent", "bob@acme.example": "sent", "gone@acme.example": "refused",
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["assign", "tag", "snooze", "split", "unmerge", "spam", "note", "time"])
def test_verbs_that_mail_nobody_say_so_where_they_take_notify(run: Run, build: Builder, verb: str) -> None:
    said = " ".join(run("ticket", verb, "--help").out.replace("│", " ").split())
    assert "Without effect, as this mails nobody" in said
    assert "Without effect" not in " ".join(run("ticket", "close", "--help").out.split())


def test_an_invitation_leaves_at_once_and_says_so(run: Run, build: Builder, smtp: SmtpSink) -> None:
    build.contact("alice@acme.example")
    told = run("contact", "portal", "alice@acme.example", "--on", "--invite", *BOSS)
    assert told.code == 0 and told.out.endswith("sent     welcome mail to alice@acme.example\n")
    assert [taken.rcpt_tos for taken in smtp.deliveries] == [("alice@acme.example",)]


def test_who_welcomes_everybody_is_reminded_to_tell_people_first(run: Run, build: Builder) -> None:
    told = run("setting", "set", "welcome_new_contacts", "on", *BOSS)
    assert told.code == 0 and "tell your customers first" in told.err
    assert "tell your customers" not in run("setting", "set", "welcome_new_contacts", "on", *BOSS).err


def test_the_editor_begins_with_the_text_in_force(
    run: Run, build: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "may_ask", property(lambda run: True))
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/Kind regards/Cheers/" "$1"\n')
    editor.chmod(0o755)
    assert run("template", "edit", "taken", *BOSS, environ={"EDITOR": str(editor)}).code == 0
    shown = run("template", "show", "taken").out
    assert shown.startswith("taken/en (own)") and "Cheers\n{{department.name}}" in shown
    assert "{{agent.name}}" in shown


def test_an_import_tells_how_many_could_not_be_welcomed(run: Run, build: Builder, tmp_path: Path) -> None:
    Setting.insert(key="welcome_new_contacts", value=True).execute()
    Mailbox.update(smtp_url=None).execute()
    customers = tmp_path / "customers.csv"
    customers.write_text("email,name\nbea@acme.example,Bea\ncyd@acme.example,Cyd\n")
    told = run("contact", "import", customers, *BOSS)
    assert told.code == 0 and "2 were made without access" in told.err
    assert "without access" not in run("contact", "import", customers, *BOSS).err
