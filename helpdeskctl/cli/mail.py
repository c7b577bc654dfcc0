"""`helpdeskctl mail`: mail in and out. The verbs of mail out and the quarantine stand in files of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import mail_quarantine, mail_queue, mail_spam, speech
from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.mail_hold import hold
from helpdeskctl.cli.mail_ledger import log, show
from helpdeskctl.cli.mail_reconcile import reconcile
from helpdeskctl.cli.mail_replay import replay
from helpdeskctl.cli.mail_retention import retention
from helpdeskctl.cli.mail_send import send
from helpdeskctl.cli.mail_test import test
from helpdeskctl.cli.runtime import Run, command, noun

if TYPE_CHECKING:
    from helpdeskctl.mail.files import Found
    from helpdeskctl.operations.intake_tally import MailboxReport

app = noun("Fetch, send, import and explain mail; queue and quarantine.")

Addresses = Annotated[list[str] | None, typer.Argument(metavar="[ADDRESS…]", help="These mailboxes; else all.")]
Mailbox = Annotated[str | None, typer.Option("--mailbox", metavar="A", help="The mailbox by which it came in.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE|DIR…", help="Mails, mbox files, Maildirs, or folders.")]


@app.command()
@command(changes=True)
def fetch(
    run: Run,
    addresses: Addresses = None,
    *,
    most: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="At most N of each mailbox.")] = None,
    uid: Annotated[
        str | None, typer.Option("--uid", metavar="U", help="These mails, as 17,19:25, wherever the reading stands.")
    ] = None,
    fail_if_locked: Annotated[bool, typer.Option("--fail-if-locked", help="75 if another run is reading it.")] = False,
) -> None:
    """Read every receiving mailbox over IMAP; new mail becomes tickets.

    Example: helpdeskctl mail fetch support@example.org
    """
    from helpdeskctl.cli.mail_ids import uids
    from helpdeskctl.errors import TryAgain
    from helpdeskctl.operations import intake

    if uid is not None and len(addresses or []) != 1:
        raise Usage(
            "--uid needs the one mailbox in which these numbers mean something", hint="mail fetch ADDRESS --uid U"
        )
    wanted = uids(uid) if uid is not None else ()
    reports = []
    for report in intake.fetch(run.desk(), addresses or [], limit=most, tell=not run.dry_run, uids=wanted):
        reports.append(report)
        _say(run, report)
        if report.error is not None:
            run.failed(report.error)
        if report.busy and fail_if_locked:
            run.failed(TryAgain(f"mailbox {report.address}: {report.note}", subject=f"mailbox/{report.address}"))
    _result(run, reports)


@app.command()
@command()
def pipe(run: Run, *, mailbox: Mailbox = None) -> None:
    """Take one mail from a mail server on stdin. Whatever goes wrong, 75 tells the server to keep it.

    Example: helpdeskctl mail pipe --mailbox support@example.org < mail.eml
    """
    from helpdeskctl.errors import TryAgain

    try:
        _pipe(run, mailbox)
    except Exception as fault:
        words = str(getattr(fault, "message", fault)) or type(fault).__name__
        raise TryAgain(f"the mail was not taken: {words}", hint=getattr(fault, "hint", None)) from fault


def _pipe(run: Run, mailbox: str | None) -> None:
    from helpdeskctl.operations import intake_doors

    raw = run.read(Path("-"))
    run.result({"decision": intake_doors.pipe(run.desk(), raw, mailbox=mailbox)})


@app.command("import")
@command()
def import_(
    run: Run,
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A mail, an mbox file, a Maildir, or a folder.")],
    *,
    form: Annotated[
        str | None, typer.Option("--format", metavar="eml|mbox|maildir", help="Else it is guessed.")
    ] = None,
    mailbox: Mailbox = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Old mail: closed tickets with their own dates, nothing is sent.")
    ] = False,
) -> None:
    """Take in mail from files. What is here already is not taken twice, so it may be repeated.

    Example: helpdeskctl mail import ~/Maildir --mailbox support@example.org --archive
    """
    from helpdeskctl.mail import files
    from helpdeskctl.operations import intake_doors
    from helpdeskctl.operations.intake_tally import MailboxReport, Tally

    run.reach_host("mail pipe takes one mail on stdin")
    found = files.mails(path, files.named(path, form))
    tally = Tally()
    for part in intake_doors.import_files(run.desk(), found, mailbox=mailbox, archive=archive):
        tally.counts.update(part.counts)
        speech.progress("" if run.options.quiet else f"{tally.fetched} mails")
    speech.progress("")
    report = MailboxReport(mailbox or str(path), tally)
    _say(run, report)
    _result(run, [report])


@app.command()
@command()
def explain(run: Run, paths: Files, *, mailbox: Mailbox = None) -> None:
    """Say what would become of mails, and by which header. Writes nothing.

    Example: helpdeskctl mail explain odd.eml -o json
    """
    found = _explained(run, paths, mailbox)
    if run.for_people and not run.options.fields:
        for fields in found:
            run.print(*_explanation(fields))
    elif len(paths) == 1 and not paths[0].is_dir():
        run.show(list(found))
    else:
        run.emit(found)


def _explained(run: Run, paths: Iterable[Path], mailbox: str | None) -> Iterator[Any]:
    from helpdeskctl.queries import ledger
    from helpdeskctl.queries.explain import explain
    from helpdeskctl.queries.intake import standing

    found = list(opened(run, paths))
    desk = run.desk()
    known = standing(desk)
    mailbox_id = ledger.mailbox_id(desk, mailbox) if mailbox is not None else None
    for mails in found:
        for mail in mails:
            yield explain(desk, known, mail.name, mail.raw, mailbox_id=mailbox_id)


def opened(run: Run, paths: Iterable[Path]) -> Iterator[Iterable[Found]]:
    """The mails of each file, mbox file, Maildir or folder, `-` being one on stdin."""
    from helpdeskctl.mail import files

    for path in paths:
        if str(path) == "-":
            yield [files.Found("-", run.read(path))]
        else:
            run.reach_host("- and stdin")
            yield files.mails(path, files.guess(path))


def _explanation(fields: Any) -> Iterator[str]:
    sender = fields["from"]["address"] if fields["from"] else "(nobody)"
    yield f"{fields['file']}: {fields['decision']}" + (f" #{fields['ticket']}" if fields["ticket"] else "")
    yield f"  from     {sender}"
    yield f"  subject  {fields['subject']}"
    yield f"  class    {fields['class']}"
    yield f"  because  {fields['reason']}"
    for step in fields["trail"]:
        if step["answer"] != "pass":
            yield f"  {step['rule']:<12} {step['answer']}" + (f"  [{step['evidence']}]" if step["evidence"] else "")
    for defect in fields["defects"]:
        yield f"  defect   {defect}"


def _say(run: Run, report: MailboxReport) -> None:
    if report.note is not None:
        run.note(f"mailbox {report.address}: {report.note}" if report.address else report.note)
    if report.tally.fetched:
        parts = [f"{number} {name}" for name, number in report.tally.as_row().items() if number and name != "fetched"]
        run.say("fetched", f"{report.tally.fetched} of {report.address or 'other doors'}: {', '.join(parts)}")


def _result(run: Run, reports: Iterable[MailboxReport]) -> None:
    from helpdeskctl.operations.intake_tally import total

    listed = list(reports)
    run.result({"mailboxes": [report.as_row() for report in listed], "total": total(listed).as_row()})


app.command()(test)
app.command()(log)
app.command()(show)
app.command()(replay)
app.command()(reconcile)
app.command()(retention)
app.command()(send)
app.command()(hold)
app.add_typer(mail_quarantine.app, name="quarantine")
app.add_typer(mail_queue.app, name="queue")
app.add_typer(mail_spam.app, name="spam")
