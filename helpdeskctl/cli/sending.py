"""One try for the mails of a command, right after its commit; the rest is for cron (OUT-5)."""

from __future__ import annotations

from collections.abc import Sequence

from helpdeskctl.cli.runtime import Run

PATIENCE = 10.0  # seconds in which the shell hears a mail server before it leaves the mail to cron


def try_now(run: Run, ids: Sequence[int]) -> None:
    """What keeps a mail from leaving now is told, and no failure: it is in the outbox."""
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.operations import outbox

    if not ids or run.dry_run:
        return
    try:
        report = outbox.deliver(run.desk(), ids, patience=PATIENCE)
    except HelpdeskError as held:
        run.note(held.message)
        return
    for mailbox in report.mailboxes:
        if mailbox.error is not None:
            run.note(f"{mailbox.error.message}; tried again later")
