"""Mail out from the shell: `ticket reply` and its siblings, `mail send`, `mail queue`, `mail hold`, `mailbox test`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.store.tables import Draft, Mailbox, Message, OutgoingMail, Ticket
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.clock import SteppedClock
from tests.outgoing import put, sending
from tests.servers.smtp import SmtpSink

Run = Callable[..., Answer]
ADA = ("--as", "ada@example.org")


@pytest.fixture
def build(desk: Desk, clock: SteppedClock, smtp: SmtpSink) -> Builder:
    clock.set(utc_now() - timedelta(seconds=90))
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    sending(desk, builder, smtp)
    return builder


@pytest.fixture
def run(call: Call, desk: Desk) -> Run:
    """`helpdeskctl …` on the desk of the test."""
    return lambda *words, **options: call(*words, config=desk.config.path, **options)


def ticket(build: Builder, **columns: Any) -> int:
    return build.ticket(requester="ada@private.example", **columns)


def test_a_reply_leaves_at_once_and_says_so_as_the_manual_does(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    answer = run("ticket", "reply", number, "-m", "Hello from the new desk.")
    assert (answer.code, answer.out) == (0, f"sent     #{number} to ada@private.example (answered)\n")
    assert [taken.rcpt_tos for taken in smtp.deliveries] == [("ada@private.example",)]


def test_a_reply_that_cannot_leave_is_queued_and_cron_sends_it(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    smtp.behaviour.data = "451 4.3.0 not now"
    answer = run("ticket", "reply", number, "-m", "Hello", *ADA)
    assert (answer.code, answer.out) == (0, f"queued   #{number} to ada@private.example (answered)\n")
    smtp.behaviour.data = None
    assert run("mail", "send").out == ""
    OutgoingMail.update(not_before=utc_now()).execute()
    assert run("mail", "send").out == "mail     1 sent: support@example.org\n"
    assert run("mail", "send").out == ""


def test_a_server_that_is_away_is_named_but_no_failure_of_the_reply(run: Run, build: Builder) -> None:
    Mailbox.update(smtp_url="smtp+insecure://127.0.0.1:1").execute()
    answer = run("ticket", "reply", ticket(build), "-m", "Hello", *ADA)
    assert answer.code == 0 and answer.out.startswith("queued ")
    assert "127.0.0.1 cannot be reached" in answer.err and "tried again later" in answer.err
    OutgoingMail.update(not_before=utc_now()).execute()
    assert run("mail", "send").code == 75


def test_a_recipient_refused_for_good_is_told_at_once(run: Run, build: Builder, smtp: SmtpSink) -> None:
    smtp.behaviour.recipients = {"ada@private.example": "550 5.1.1 no such user"}
    answer = run("ticket", "reply", ticket(build), "-m", "Hello", *ADA)
    assert answer.code == 69
    assert answer.out.startswith("refused ")
    assert "not taken for ada@private.example: 550 5.1.1 no such user" in answer.err


def test_a_reply_in_json_is_one_object_with_its_deliveries(run: Run, build: Builder) -> None:
    number = ticket(build)
    answer = run("ticket", "reply", number, "-m", "Hello", "--cc", "boss@private.example", "-o", "json", *ADA).json
    assert (answer["kind"], answer["action"], answer["ticket"], answer["state"]) == (
        "message",
        "created",
        number,
        "sent",
    )
    assert [(d["address"], d["state"]) for d in answer["deliveries"]] == [
        ("ada@private.example", "sent"), ("boss@private.example", "sent"),
    ]  # fmt: skip
    assert run("ticket", "note", number, "-m", "Hm", "-o", "id", *ADA).out.strip().isdigit()


def test_a_dry_run_sends_and_changes_nothing(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    answer = run("ticket", "reply", number, "-m", "Hello", "--dry-run", *ADA)
    assert (answer.code, answer.out) == (0, f"queued   #{number} to ada@private.example (answered)\n")
    assert "nothing was changed" in answer.err
    assert (smtp.deliveries, Message.select().count(), OutgoingMail.select().count()) == ([], 1, 0)


def test_files_canned_replies_and_copies_from_the_shell(
    run: Run, build: Builder, smtp: SmtpSink, tmp_path: Path
) -> None:
    from helpdeskctl.store.tables import CannedReply

    CannedReply.insert(key="printer-safety", title="x", body="Step back, {{contact.name}}.").execute()
    (tmp_path / "plan.txt").write_text("way out")
    answer = run(
        "ticket", "reply", ticket(build), "--canned", "printer-safety", "--bcc", "spy@x.example",
        "--attach", tmp_path / "plan.txt", "--status", "question", *ADA,
    )  # fmt: skip
    assert answer.out.endswith("(question)\n")
    (taken,) = smtp.deliveries
    assert taken.rcpt_tos == ("ada@private.example", "spy@x.example")
    assert b"Step back, Ada." in taken.data
    assert [part.get_filename() for part in taken.message.iter_attachments()] == ["plan.txt"]
    assert run("ticket", "reply", ticket(build), "-m", "x", "--attach", tmp_path / "gone.txt", *ADA).code == 66


def test_something_newer_holds_the_reply_back_and_is_shown(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    seen = Message.get(Message.ticket_id == number).id
    build.message(number, "Wait, it burns again!")
    answer = run("ticket", "reply", number, "-m", "Hello", "--if-last", seen, *ADA)
    assert answer.code == 1
    assert "Wait, it burns again!" in answer.err
    assert run("ticket", "reply", number, "-m", "Hello", "--if-last", seen, "-o", "json", *ADA).error["newer"][0][
        "text"
    ]
    assert smtp.deliveries == []


def test_a_held_reply_can_be_cancelled(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    answer = run("ticket", "reply", number, "-m", "Hello", "--undo", "1h", *ADA)
    mail = OutgoingMail.get().id
    assert answer.out.startswith(f"held     #{number} to ada@private.example (answered), until ")
    assert f"helpdeskctl mail queue cancel {mail}" in answer.out
    assert run("mail", "queue", "cancel", mail, *ADA).out == f"updated  mail {mail}: state\n"
    assert run("mail", "queue", "list").out == ""
    assert (smtp.deliveries, Message.select().count()) == ([], 1)
    assert Draft.get().content["body"] == "Hello"


def test_forward_and_resend(run: Run, build: Builder, smtp: SmtpSink) -> None:
    number = ticket(build)
    assert run("ticket", "forward", number, "--to", "maker@x.example", "-m", "Help?", *ADA).out == (
        f"sent     #{number} to maker@x.example\n"
    )
    sent = run("ticket", "reply", number, "-m", "Hello", "-o", "json", *ADA).json
    assert run("ticket", "resend", number, "--message", sent["id"], *ADA).out == (
        f"sent     #{number} to ada@private.example\n"
    )
    assert run("ticket", "resend", number, "--message", 999999, *ADA).code == 67
    assert len(smtp.deliveries) == 3


def test_a_department_without_a_sending_mailbox_says_what_to_configure(run: Run, build: Builder) -> None:
    Mailbox.update(smtp_url=None).execute()
    answer = run("ticket", "reply", ticket(build), "-m", "Hello", *ADA)
    assert answer.code == 69
    assert "try: helpdeskctl mailbox create ADDRESS --department support --server HOST" in answer.err
    assert run("ticket", "note", Ticket.get().id, "-m", "Hello", *ADA).code == 0


def test_answering_ends_the_draft(run: Run, build: Builder) -> None:
    number = ticket(build)
    Draft.insert(
        agent_id=build.agent("ada@example.org"), ticket_id=number, kind="reply", content={}, saved_at=utc_now()
    ).execute()
    run("ticket", "reply", number, "-m", "Hello", *ADA)
    assert Draft.select().count() == 0


def test_the_queue_shows_what_waits_and_what_failed_with_the_servers_words(
    run: Run, desk: Desk, build: Builder, smtp: SmtpSink
) -> None:
    number = ticket(build)
    smtp.behaviour.recipients = {"no@x.example": "550 5.1.1 no such user"}
    mailbox = build.mailbox()
    sent, failed = (
        put(desk, mailbox),
        put(desk, mailbox, "ada@private.example", "no@x.example", ticket=number, message=1),
    )
    waiting = put(desk, mailbox, undo=timedelta(hours=9))
    run("mail", "send")
    rows = run("mail", "queue", "list", "-o", "json").json
    assert [(row["id"], row["state"], row["detail"]) for row in rows] == [
        (failed, "sent", "550 5.1.1 no such user"), (waiting, "held", ""),
    ]  # fmt: skip
    assert [row["id"] for row in run("mail", "queue", "list", "--all", "-o", "json").json] == [waiting, failed, sent]
    assert [row["id"] for row in run("mail", "queue", "list", "-o", "json", *ADA).json] == [failed]
    shown = run("mail", "queue", "show", failed).out
    assert "no@x.example  refused" in shown and "550 5.1.1 no such user" in shown
    assert run("mail", "queue", "show", 999).code == 67
    assert run("mail", "queue", "show", "x").code == 65
    smtp.behaviour.recipients.clear()
    assert run("mail", "queue", "retry", failed).code == 0
    run("mail", "send")
    assert smtp.to("no@x.example")[0].rcpt_tos == ("no@x.example",)
    assert run("mail", "queue", "retry", failed).code == 69


def test_hostile_subjects_do_nothing_to_the_terminal(run: Run, desk: Desk, build: Builder) -> None:
    mail = put(desk, build.mailbox(), subject="\x1b]0;owned\x07 [/foo]")
    shown = run("mail", "queue", "show", mail).out + run("mail", "queue", "list").out
    assert "\x1b" not in shown and "\x07" not in shown and "[/foo]" in shown


def test_held_mail_stays_until_it_is_let_go(run: Run, build: Builder, smtp: SmtpSink) -> None:
    assert run("mail", "hold").out == "mail     flows\n"
    assert run("mail", "hold", "on", *ADA).code == 77
    assert run("mail", "hold", "on", "--reason", "moving house").out == "created  hold mail\n"
    assert run("mail", "hold", "on", "-o", "json").json["action"] == "unchanged"
    answer = run("ticket", "reply", ticket(build), "-m", "Hello", *ADA)
    assert (answer.code, answer.out[:7]) == (0, "queued ")
    assert "mail is held: moving house" in answer.err
    assert run("mail", "send").code == 69
    assert run("mail", "hold", "-o", "json").json == {"held": True, "reason": "moving house"}
    assert run("mail", "hold", "off").out == "deleted  hold mail\n"
    run("mail", "send")
    assert len(smtp.deliveries) == 1


def test_sending_in_json_counts_by_mailbox_and_in_all(run: Run, desk: Desk, build: Builder) -> None:
    put(desk, build.mailbox()), put(desk, build.mailbox())
    assert "2 mails" in run("mail", "send", "--dry-run").out
    answer = run("mail", "send", "--max", "1", "-o", "json").json
    assert answer["total"] == {"sent": 1, "deferred": 0, "refused": 0, "unknown": 0, "left": 1}
    assert (answer["mailboxes"][0]["address"], answer["mailboxes"][0]["error"]) == ("support@example.org", None)


def test_mailbox_test_tells_what_works_and_fails_with_one(run: Run, build: Builder, smtp: SmtpSink) -> None:
    Mailbox.update(imap_url=None).execute()
    answer = run("mailbox", "test", "support@example.org")
    assert (answer.code, answer.out) == (
        0, f"ok       support@example.org: smtp {smtp.port} STARTTLS, may send as support@example.org\n",
    )  # fmt: skip
    smtp.behaviour.refuse_auth = True
    answer = run("mailbox", "test", "--all")
    assert answer.code == 1 and "login refused by localhost" in answer.err
    (row,) = run("mailbox", "test", "--all", "-o", "json").json
    assert (row["what"], row["ok"]) == ("smtp", False)
    assert run("mailbox", "test").code == 2
    assert run("mailbox", "test", "nobody@example.org").code == 67
