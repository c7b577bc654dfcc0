"""`helpdeskctl overview`: one screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helpdeskctl import __version__
from helpdeskctl.cli.output import cell, fields_of, table_lines
from helpdeskctl.cli.runtime import Run, command, single

if TYPE_CHECKING:
    from helpdeskctl.queries.overview import MailboxState, Overview

app = single()


@app.command()
@command()
def overview(run: Run) -> None:
    """One screen: version, config, database, queues, mailboxes, the last cron run, late tickets.

    Example: helpdeskctl overview -o json
    """
    from helpdeskctl.queries import overview as queries

    desk = run.desk()
    now = queries.overview(desk)
    origin = run.config.path or "environment"
    facts = {"version": __version__, "config": origin, "database": desk.database.name, **fields_of(now)}
    if not run.for_people or run.options.fields:
        run.show([facts])
        return
    run.print(f"helpdeskctl {__version__}   {origin}   {desk.database.name}", *_lines(now))
    for warning in run.config.warnings:
        run.note(f"warning: {warning}")


def _lines(now: Overview) -> Iterator[str]:
    if now.held:
        yield f"held      no mail is fetched or sent: {now.held}"
    yield f"cron      last run {cell(now.last_run) if now.last_run else 'never (helpdeskctl cron install)'}"
    yield f"mail      {now.outbox} waiting to leave, {now.quarantined} in quarantine"
    yield f"tickets   {sum(queue.unfinished for queue in now.queues)} unfinished, {now.late} late"
    if now.registrations:
        yield f"portal    {now.registrations} registered and waiting for a yes (helpdeskctl contact list --waiting)"
    if now.deletions:
        yield f"contacts  {now.deletions} want to be erased (helpdeskctl contact list --query deletion_asked_at:any)"
    if now.queues:
        yield ""
        yield from table_lines(map(fields_of, now.queues))
    if now.mailboxes:
        yield ""
        yield from table_lines(
            {"mailbox": box.address, "last_fetch": box.fetched_at, "state": _state(box)} for box in now.mailboxes
        )


def _state(box: MailboxState) -> str:
    if not box.enabled:
        return "disabled"
    if box.failing_since:
        return f"failing since {cell(box.failing_since)}: {box.error}"
    login = box.login
    if login and login.failing_since:
        return f"sign-in failing since {cell(login.failing_since)}: {login.error}"
    if box.stopped_at:
        return f"sends nothing automatic: too much within the hour, since {cell(box.stopped_at)}"
    if login is None:
        return "ok"
    secret = f", client secret until {login.client_secret_until:%Y-%m-%d}" if login.client_secret_until else ""
    return f"ok, signed in at {login.provider}{secret}"
