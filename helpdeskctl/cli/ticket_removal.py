"""`helpdeskctl ticket`: tickets that should not be there."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.cli.ticket_batch import Number, Numbers, Silent, each

app = single()


@app.command()
@command(changes=True)
def spam(
    run: Run,
    numbers: Numbers,
    *,
    block: Annotated[bool, typer.Option("--block", help="Keep the sender out from now on, too.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="It is none: back into the lists.")] = False,
    notify: Silent = None,
) -> None:
    """Mark tickets as spam: out of every list but `is:spam`, and nothing more is mailed.

    Example: helpdeskctl ticket spam 1005 1006 --block
    """
    from helpdeskctl.operations import ticket_removal

    if undo:
        each(run, numbers, ticket_removal.not_spam)
    else:
        each(run, numbers, lambda desk, actor, n: ticket_removal.spam(desk, actor, n, block=block))


@app.command()
@command(changes=True)
def delete(
    run: Run,
    number: Number,
    *,
    confirm: Annotated[str, typer.Option("--confirm", metavar="N", help="The number again: this is for good.")],
    notify: Silent = None,
) -> None:
    """Delete a ticket with its messages, for good. Its number is never used again.

    Example: helpdeskctl ticket delete 1005 --confirm 1005
    """
    from helpdeskctl.operations import ticket_removal
    from helpdeskctl.operations.ticket_rows import number_of

    again = number_of(confirm)
    each(run, [number], lambda desk, actor, n: ticket_removal.delete(desk, actor, n, confirm=again))
