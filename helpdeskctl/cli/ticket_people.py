"""`helpdeskctl ticket`: who takes part, and which tickets belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.cli.ticket_batch import Notify, Number, Numbers, Silent, each, told

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk
    from helpdeskctl.domain.change import Change
    from helpdeskctl.domain.permissions import Actor

app = single()


@app.command()
@command(changes=True)
def merge(
    run: Run,
    numbers: Numbers,
    *,
    into: Annotated[str, typer.Option("--into", metavar="M", help="The ticket that stays.")],
    add_address: Annotated[
        bool, typer.Option("--add-address", help="The address they were written from is the same customer's.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Also between companies.")] = False,
    notify: Notify = None,
) -> None:
    """Move all messages of tickets into another; both numbers lead there. `unmerge` undoes it.

    Example: helpdeskctl ticket merge 1003 1004 --into 1001
    """
    from helpdeskctl.operations import ticket_merge
    from helpdeskctl.operations.ticket_rows import number_of

    target, tell = number_of(into), told(numbers, notify)

    def one(desk: Desk, actor: Actor, number: int) -> Change:
        return ticket_merge.merge(desk, actor, number, target, add_address=add_address, force=force, notify=tell)

    each(run, numbers, one, tells=True)


@app.command()
@command(changes=True)
def unmerge(run: Run, numbers: Numbers, *, notify: Silent = None) -> None:
    """Undo a merge: messages, people and status go back.

    Example: helpdeskctl ticket unmerge 1003
    """
    from helpdeskctl.operations import ticket_merge

    each(run, numbers, ticket_merge.unmerge)


@app.command()
@command(changes=True)
def split(
    run: Run,
    number: Number,
    *,
    messages: Annotated[list[int], typer.Option("--message", metavar="I", help="A message that moves; repeatable.")],
    subject: Annotated[str | None, typer.Option("--subject", metavar="S", help="The new ticket's subject.")] = None,
    notify: Silent = None,
) -> None:
    """Move messages into a new ticket that is linked with this one.

    Example: helpdeskctl ticket split 1001 --message 12 --message 14
    """
    from helpdeskctl.operations import ticket_merge

    each(run, [number], lambda desk, actor, n: ticket_merge.split(desk, actor, n, messages, subject=subject))


@app.command()
@command(changes=True)
def link(
    run: Run,
    number: Number,
    other: Annotated[str, typer.Argument(metavar="M", help="The ticket it belongs with.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take the link away.")] = False,
    notify: Silent = None,
) -> None:
    """Note that two tickets belong together.

    Example: helpdeskctl ticket link 1001 1002
    """
    from helpdeskctl.operations import ticket_merge
    from helpdeskctl.operations.ticket_rows import number_of

    verb, there = ticket_merge.unlink if remove else ticket_merge.link, number_of(other)
    each(run, [number], lambda desk, actor, n: verb(desk, actor, n, there))


@app.command()
@command(changes=True)
def cc(
    run: Run,
    numbers: Numbers,
    *,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="A", help="An address; repeatable.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="A", help="An address; repeatable.")] = None,
    may_view: Annotated[bool, typer.Option("--may-view", help="They see it in the portal, too.")] = False,
    notify: Silent = None,
) -> None:
    """Put people on tickets and take them off; those on it get all further mail.

    Example: helpdeskctl ticket cc 1001 --add bob@muster.example --may-view
    """
    from helpdeskctl.operations import ticket_people

    if not (add or remove):
        raise Usage("nobody to add or remove", hint="--add ADDRESS or --remove ADDRESS")
    for address in add or ():
        each(
            run,
            numbers,
            lambda desk, actor, n, a=address: ticket_people.add_person(desk, actor, n, a, may_view=may_view),  # type: ignore[misc]  # mypy cannot type the bound default
        )
    for address in remove or ():
        each(run, numbers, lambda desk, actor, n, a=address: ticket_people.remove_person(desk, actor, n, a))  # type: ignore[misc]  # as above


@app.command()
@command(changes=True)
def share(
    run: Run,
    number: Number,
    *,
    until: Annotated[str | None, typer.Option("--until", metavar="D", help="When the link ends (30d).")] = None,
    notify: Silent = None,
) -> None:
    """Make a link that opens this ticket without a login. It is shown once.

    Example: helpdeskctl ticket share 1001 --until 2026-06-01
    """
    from helpdeskctl.cli.ticket_change import moment
    from helpdeskctl.operations import ticket_people
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import settings

    desk, wanted = run.desk(), number_of(number)
    secret = ticket_people.share(desk, run.actor(), wanted, until=moment(run, until))
    base = (settings.get(desk, "portal_url") or "").rstrip("/")
    url = f"{base}/t/{secret}"
    if not base:
        run.note("the portal has no address yet: helpdeskctl setting set portal_url https://help.example.org")
    run.print(url) if run.for_people else run.result({"kind": "link", "number": wanted, "url": url})


@app.command()
@command(changes=True)
def unshare(run: Run, numbers: Numbers, *, notify: Silent = None) -> None:
    """Revoke every link of tickets.

    Example: helpdeskctl ticket unshare 1001
    """
    from helpdeskctl.operations import ticket_people

    each(run, numbers, ticket_people.unshare)
