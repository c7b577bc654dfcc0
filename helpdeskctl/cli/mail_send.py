"""`helpdeskctl mail send`: what waits in the outbox leaves now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli.runtime import Run, command

if TYPE_CHECKING:
    from helpdeskctl.operations.outbox import MailboxReport

_COUNTS = ("sent", "deferred", "refused", "unknown", "left")


@command(changes=True)
def send(
    run: Run,
    *,
    most: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="At most N mails.")] = None,
) -> None:
    """Send what is due in the outbox; silent when there is nothing.

    Example: helpdeskctl mail send --max 100
    """
    from helpdeskctl.operations import outbox, outbox_rows

    desk = run.desk()
    if run.dry_run:
        run.say("due", f"{outbox_rows.due(desk).count()} mails")
        return
    report = outbox.deliver(desk, limit=most)
    for mailbox in report.mailboxes:
        numbers = {name: getattr(mailbox, name) for name in _COUNTS}
        if told := ", ".join(f"{number} {name}" for name, number in numbers.items() if number):
            run.say("mail", f"{told}: {mailbox.address}")
        if mailbox.error is not None:
            run.failed(mailbox.error)
    total = {name: report.total(name) for name in _COUNTS}
    run.result({"mailboxes": [_row(mailbox) for mailbox in report.mailboxes], "total": total})


def _row(mailbox: MailboxReport) -> dict[str, Any]:
    fields: dict[str, Any] = {"address": mailbox.address}
    fields |= {name: getattr(mailbox, name) for name in _COUNTS}
    return fields | {"seconds": mailbox.seconds, "error": mailbox.error.message if mailbox.error else None}
