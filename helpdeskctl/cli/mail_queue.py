"""`helpdeskctl mail queue`: what waits to leave, and what could not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.mail_ids import Ids, numbers
from helpdeskctl.cli.output import cell
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.domain.delivery import WAITING

if TYPE_CHECKING:
    from helpdeskctl.queries.outbox import Queued

app = noun("The outbox: mail that waits to leave, and mail that could not.")

_LIST = "helpdeskctl mail queue list"


@app.command("list")
@command(acts=True)
def list_(
    run: Run,
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many (50).")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Also what was sent, the newest first; no limit.")] = False,
) -> None:
    """What waits or failed, the oldest first.

    Example: helpdeskctl mail queue list -o json
    """
    from helpdeskctl.queries import outbox

    desk = run.desk()
    rows = outbox.queue(desk, run.actor(), everything=everything, limit=None if everything else limit)
    run.emit(rows, columns=("id", "state", "ticket", "event", "to", "attempts", "not_before", "detail"))


@app.command()
@command(acts=True)
def show(run: Run, ids: Ids) -> None:
    """Mails with the state of each recipient.

    Example: helpdeskctl mail queue show 17
    """
    from helpdeskctl.queries import outbox

    desk, actor = run.desk(), run.actor()
    run.show([outbox.one(desk, actor, each) for each in numbers(run, ids, listed_by=_LIST)], view=_lines)


@app.command()
@command(changes=True)
def retry(run: Run, ids: Ids) -> None:
    """Try again now whom a mail did not reach; its Message-ID stays the same.

    Example: helpdeskctl mail queue retry 17
    """
    from helpdeskctl.operations import queue

    desk, actor = run.desk(), run.actor()
    run.change([queue.retry(desk, actor, each) for each in numbers(run, ids, listed_by=_LIST)])


@app.command()
@command(changes=True)
def cancel(run: Run, ids: Ids) -> None:
    """Keep waiting mails from leaving; a held reply becomes a draft again, as if it had not been sent.

    Example: helpdeskctl mail queue cancel 17
    """
    from helpdeskctl.operations import replies

    desk, actor = run.desk(), run.actor()
    run.change([replies.cancel(desk, actor, each) for each in numbers(run, ids, listed_by=_LIST)])


@app.command()
@command(changes=True)
def settle(
    run: Run,
    ids: Ids,
    *,
    arrived: Annotated[
        bool, typer.Option("--arrived", help="It did arrive where the server's answer was lost.")
    ] = False,
) -> None:
    """Let mails be that did not reach somebody: their tickets are no longer among those not delivered.

    Example: helpdeskctl mail queue settle 17 --arrived
    """
    from helpdeskctl.operations import queue

    desk, actor = run.desk(), run.actor()
    run.change([queue.settle(desk, actor, each, arrived=arrived) for each in numbers(run, ids, listed_by=_LIST)])


def _lines(mail: Queued) -> Iterator[str]:
    about = f"#{mail.ticket} " if mail.ticket else ""
    yield f"{mail.id}  {mail.state}  {about}{mail.event}  from {mail.mailbox or '-'}  {mail.subject}"
    for person in mail.recipients:
        detail = f"  {person.detail}" if person.detail else ""
        yield f"   {person.field:<3}  {person.address}  {person.state}  {cell(person.at)}{detail}"
    if mail.state in WAITING:
        yield f"   next try {cell(mail.not_before)}, tried {mail.attempts} times"
