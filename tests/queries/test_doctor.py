"""`doctor`: each check speaks of what is wrong, with the command that mends it, and is silent when all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail.sasl import Tokens
from helpdeskctl.operations import automatic, events, mailbox_login_rows
from helpdeskctl.operations.mailbox_login_rows import Granted
from helpdeskctl.queries import doctor
from helpdeskctl.queries.doctor import Level
from helpdeskctl.store.tables import (
    Department,
    DeskState,
    IncomingMail,
    Job,
    JobRun,
    Mailbox,
    MailboxLogin,
    OutgoingMail,
    OutgoingRecipient,
    Quarantine,
    SchemaVersion,
    Secret,
)
from tests.builders import Builder
from tests.clock import SteppedClock

SUPPORT = "support@example.org"


@pytest.fixture
def build(desk: Desk) -> Builder:
    """A desk at which nothing is wrong."""
    build = Builder(desk)
    build.mailbox(SUPPORT, fetched_at=desk.now())
    Department.update(unknown_senders="hold").execute()
    JobRun.insert(job="mail.fetch", started_at=desk.now(), ended_at=desk.now(), ok=True).execute()
    return build


def found(desk: Desk, *only: str) -> list[tuple[str, str, str, str | None]]:
    """Level, check, text and the command of what is not well."""
    every = [(each.check, each.finding) for each in doctor.examine(desk, only)]
    return [(f.level.word, check, f.text, f.mend) for check, f in every if f.level is not Level.OK]


def one(desk: Desk, check: str) -> tuple[str, str, str | None]:
    """The only finding, which is of that check: its level, text and command."""
    ((level, of, text, mend),) = found(desk)
    assert of == check and mend is not None
    return level, text, mend


def signed_in(desk: Desk, mailbox: int, **columns: Any) -> None:
    granted = Granted(
        provider="microsoft", way="app", token_url="https://x", client_id="a", scope="", tokens=Tokens("a"), secret="s"
    )
    mailbox_login_rows.put(desk, mailbox, granted)
    MailboxLogin.update(client_secret_until=desk.now() + timedelta(days=300)).execute()
    MailboxLogin.update(**columns).execute() if columns else None


def test_a_desk_that_is_well_has_nothing_to_say(desk: Desk, build: Builder) -> None:
    signed_in(desk, Mailbox.get().id)
    assert found(desk) == []
    checks = {each.check for each in doctor.examine(desk)}
    assert len(checks) == sum(len(each) for each in doctor.areas().values()) >= 15


def test_areas_are_chosen_by_name(desk: Desk, build: Builder) -> None:
    JobRun.delete().execute()
    assert [check for _, check, _, _ in found(desk, "cron")] == ["cron_runs"]
    assert found(desk, "db", "config") == []
    with pytest.raises(InvalidInput, match='no checks called "dns"'):
        list(doctor.examine(desk, ["dns"]))


def test_mail_that_is_held(desk: Desk, build: Builder) -> None:
    DeskState.insert(key="hold", value="restored").execute()
    assert one(desk, "mail_flows") == ("warning", "no mail is fetched or sent: restored", "helpdeskctl mail hold off")


def test_a_mailbox_that_fails_or_is_not_fetched(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    clock.advance(3700)
    JobRun.insert(job="mail.fetch", started_at=desk.now(), ended_at=desk.now(), ok=True).execute()
    assert one(desk, "mailboxes_read") == (
        "warning", f"mailbox {SUPPORT} has not been fetched for an hour", f"helpdeskctl mail fetch {SUPPORT}",
    )  # fmt: skip
    Mailbox.update(fetched_at=None).execute()
    assert "has never been fetched" in one(desk, "mailboxes_read")[1]
    Mailbox.update(failing_since=desk.now(), last_error=f"mailbox {SUPPORT}: login refused").execute()
    level, text, mend = one(desk, "mailboxes_read")
    assert (level, mend) == ("warning", f"helpdeskctl mailbox test {SUPPORT}") and "login refused" in text
    Mailbox.update(failing_since=desk.now() - timedelta(seconds=desk.config.mail.alert_after)).execute()
    assert one(desk, "mailboxes_read")[0] == "error"
    Mailbox.update(enabled=False).execute()
    assert [check for _, check, _, _ in found(desk)] == ["departments_answer"]


def test_a_sign_in_that_died_fails_or_is_not_used(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    mailbox = Mailbox.get().id
    signed_in(desk, mailbox, failing_since=desk.now(), last_error="no token: HTTP 503")
    assert one(desk, "sign_ins_last")[0] == "warning"
    MailboxLogin.update(access_until=None, last_error="invalid_grant").execute()
    assert one(desk, "sign_ins_last")[::2] == ("error", f"helpdeskctl mailbox login {SUPPORT}")
    Mailbox.update(failing_since=desk.now(), last_error="the same").execute()
    assert [mend for _, _, _, mend in found(desk)] == [f"helpdeskctl mailbox login {SUPPORT}"] * 2
    Mailbox.update(failing_since=None).execute()
    MailboxLogin.update(failing_since=None, way="device", refreshed_at=desk.now() - timedelta(days=61)).execute()
    assert "two months" in one(desk, "sign_ins_last")[1]


@pytest.mark.parametrize(("days", "level"), [(31, None), (29, "warning"), (-1, "error")])
def test_a_client_secret_that_ends(desk: Desk, build: Builder, days: int, level: str | None) -> None:
    signed_in(desk, Mailbox.get().id, client_secret_until=desk.now() + timedelta(days=days))
    assert [each[0] for each in found(desk)] == ([level] if level else [])
    MailboxLogin.update(client_secret_until=None).execute()
    assert one(desk, "client_secrets_last")[0] == "note"


def test_a_password_in_a_file_that_cannot_be_read(desk: Desk, build: Builder) -> None:
    Secret.insert(purpose="mailbox", reference="file:/nowhere/secret", changed_at=desk.now()).execute()
    assert "/nowhere/secret cannot be read" in one(desk, "passwords_readable")[1]


def test_departments_without_a_sender_or_open_to_strangers(desk: Desk, build: Builder) -> None:
    build.department("billing", unknown_senders="hold")
    level, text, mend = one(desk, "departments_answer")
    assert (level, text) == ("warning", "department billing cannot answer: it has no mailbox that sends")
    assert mend is not None and "--department billing" in mend
    Department.update(archived_at=desk.now()).where(Department.key == "billing").execute()
    Department.update(unknown_senders="accept").execute()
    assert one(desk, "departments_let_in")[:2] == ("note", "mail of strangers opens tickets in support")


def test_quarantine_that_nobody_looks_after(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    mail = IncomingMail.insert(state="quarantined", size=1, created_at=desk.now()).execute()
    Quarantine.insert(incoming_id=mail, reason="loop", at=desk.now() - timedelta(days=2)).execute()
    assert one(desk, "quarantine_looked_after")[:2] == ("note", "1 in quarantine, the oldest for 2d")
    Quarantine.update(at=desk.now() - timedelta(days=8)).execute()
    assert one(desk, "quarantine_looked_after")[0] == "warning"
    Quarantine.update(state="released").execute()
    assert found(desk) == []


def test_mail_that_does_not_leave(desk: Desk, build: Builder) -> None:
    mail = OutgoingMail.insert(
        event="reply", mail_id="<1@x>", content={}, state="deferred", not_before=desk.now(),
        created_at=desk.now() - timedelta(hours=2),
    ).execute()  # fmt: skip
    assert one(desk, "outbox_empties")[:2] == ("warning", "1 mail has been waiting to leave for more than an hour")
    OutgoingMail.update(state="refused").execute()
    OutgoingRecipient.insert(outgoing_id=mail, address="a@b", state="refused", at=desk.now()).execute()
    assert one(desk, "outbox_empties")[:2] == ("note", "1 recipient did not get their mail within the last week")
    OutgoingMail.update(state="cancelled").execute()  # a person let it be
    assert "outbox_empties" not in [check for _, check, _, _ in found(desk)]


def test_automatic_mail_that_was_stopped(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    events.record(desk, SYSTEM, automatic.STOPPED, subject=("mailbox", SUPPORT))
    assert "stopped its automatic mail" in one(desk, "automatic_mail_goes")[1]
    clock.advance(3601)
    assert "automatic_mail_goes" not in [check for _, check, _, _ in found(desk)]


def test_tickets_in_personal_departments_are_counted(desk: Desk, build: Builder) -> None:
    build.personal("ann@example.org")
    Department.update(unknown_senders="hold").execute()
    build.ticket(department="agent:ann@example.org")
    level, text, _ = one(desk, "personal_departments")
    assert (level, text) == ("note", "unfinished tickets that only their agent sees: agent:ann@example.org (1)")


def test_files_that_are_open_to_others(desk: Desk, build: Builder) -> None:
    desk.config.paths.key_file.chmod(0o644)
    level, text, mend = one(desk, "key_file")
    assert level == "error" and "open to others" in text and mend == f"chmod 600 {desk.config.paths.key_file}"


def test_jobs_that_are_paused_fail_or_do_not_run(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    Job.insert(name="mail.send", paused=True).execute()
    assert one(desk, "jobs_work") == ("warning", "job mail.send is paused", "helpdeskctl cron resume mail.send")
    Job.update(paused=False, failing_since=desk.now()).execute()
    assert one(desk, "jobs_work")[0] == "error"
    Job.delete().execute()
    JobRun.insert(job="mail.send", started_at=desk.now() - timedelta(hours=2)).execute()
    assert "began 2h ago" in one(desk, "jobs_work")[1]
    JobRun.delete().execute()
    assert one(desk, "cron_runs")[:2] == ("error", "cron has never run: no mail comes in or leaves by itself")


def test_a_schema_that_does_not_fit_is_told_and_nothing_else_is_looked_at(desk: Desk, build: Builder) -> None:
    has = SchemaVersion.select().count()
    SchemaVersion.update(version=has + 90).execute()
    assert [(level, check) for level, check, _, _ in found(desk)] == [("error", "schema_version")]
    SchemaVersion.update(version=1).execute()
    assert one(desk, "schema_version")[2] == "helpdeskctl db upgrade"
