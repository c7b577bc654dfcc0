"""What every verb that changes tickets has: several numbers, also from stdin, and whether customers are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run
from helpdeskctl.errors import HelpdeskError

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk
    from helpdeskctl.domain.change import Change
    from helpdeskctl.domain.permissions import Actor

Numbers = Annotated[list[str], typer.Argument(metavar="N…", help="Numbers, with or without #; - for those on stdin.")]
Number = Annotated[str, typer.Argument(metavar="N", help="The ticket's number, with or without #.")]
IfLast = Annotated[
    int | None,
    typer.Option("--if-last", metavar="MESSAGE", help="Only if nothing came after this message (else exit 1)."),
]
Notify = Annotated[
    bool | None,
    typer.Option("--notify/--no-notify", help="Tell the customer by mail; several tickets are silent unless asked."),
]
Silent = Annotated[
    bool | None,
    typer.Option("--notify/--no-notify", help="Without effect, as this mails nobody; every verb takes it."),
]


def each(
    run: Run,
    given: list[str],
    verb: Callable[[Desk, Actor, int], Change],
    *,
    if_last: int | None = None,
    tells: bool = False,
) -> None:
    """Do `verb` to every ticket and print what it changed; one that fails does not stop the others.

    The worst exit code is the run's. `if_last` speaks of one ticket, so that there must be only one. `tells`: the verb
    may have written mails, which are tried once.
    """
    from helpdeskctl.cli.sending import try_now
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import outbox

    keys = list(dict.fromkeys(run.keys_from(given)))
    if if_last is not None and len(keys) > 1:
        raise Usage("--if-last goes with one ticket", hint="one number")
    desk, actor = run.desk(), run.actor()
    done: list[int] = []
    for key in keys:
        try:
            run.change(verb(desk, actor, number_of(key)))
            done.append(number_of(key))
        except HelpdeskError as error:
            if len(keys) == 1:
                raise
            run.failed(error, about=f"ticket/{key.removeprefix('#')}")
    if tells:
        try_now(run, outbox.due_of(desk, done))


def told(given: list[str], notify: bool | None) -> bool | None:
    """What --notify means: acts on more than one ticket are silent unless asked (OUT-3)."""
    several = len(given) > 1 or given == ["-"]
    return False if notify is None and several else notify


def words(values: dict[str, Any]) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}
