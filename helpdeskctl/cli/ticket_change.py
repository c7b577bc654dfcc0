"""`helpdeskctl ticket`: opening tickets and changing what stands in them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.options import BodyFile, Message, Unset
from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.cli.ticket_batch import IfLast, Notify, Number, Numbers, Silent, each, told, words

app = single()


@app.command()
@command(changes=True)
def create(
    run: Run,
    *,
    requester: Annotated[str, typer.Option("--from", metavar="EMAIL", help="The customer.")],
    subject: Annotated[str, typer.Option("--subject", metavar="S", help="What it is about.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The customer's name, if new.")] = "",
    phone: Annotated[bool, typer.Option("--phone", help="It was a call: the customer waits from now on.")] = False,
    department: Annotated[str | None, typer.Option("--department", metavar="KEY", help="Where it goes.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", metavar="KEY", help="Its topic; decides the rest.")] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="A file; repeatable.")] = None,
    message: Message = None,
    body_file: BodyFile = None,
) -> None:
    """Open a ticket for a customer. Nothing is mailed.

    Example: helpdeskctl ticket create --from ann@muster.example --subject Printer -m "It smokes."
    """
    from helpdeskctl.domain.change import Change
    from helpdeskctl.operations import files
    from helpdeskctl.operations.ticket_create import Request
    from helpdeskctl.operations.ticket_create import create as open_for

    contents = [(path.name, run.read(path)) for path in attach or ()]
    body = run.body(message, body_file)
    desk = run.desk()
    request = Request(
        requester=requester,
        subject=subject,
        body=body,
        name=name,
        phone=phone,
        department=department,
        topic=topic,
        attachments=[files.keep(desk, filename, content) for filename, content in contents],
    )
    number = open_for(desk, run.actor(), request).number
    run.change(Change("ticket", str(number), number, "created"))


@app.command()
@command(changes=True)
def assign(
    run: Run,
    numbers: Numbers,
    *,
    to: Annotated[str, typer.Option("--to", metavar="A|team:K|me|nobody", help="Who has it from now on.")],
    if_last: IfLast = None,
    notify: Silent = None,
) -> None:
    """Give tickets to an agent or a team, or to nobody. The status stays; nobody is mailed.

    Example: helpdeskctl ticket list 'sla:late' -o id | helpdeskctl ticket assign - --to ada@example.org
    """
    from helpdeskctl.operations import tickets

    each(run, numbers, lambda desk, actor, n: tickets.assign(desk, actor, n, to, if_last=if_last), if_last=if_last)


@app.command()
@command(changes=True)
def take(run: Run, numbers: Numbers, *, if_last: IfLast = None, notify: Notify = None) -> None:
    """Take tickets over: yours, In progress, and the customer is told who has it.

    Example: helpdeskctl ticket take 1001 --as ada@example.org
    """
    from helpdeskctl.operations import tickets

    tell = told(numbers, notify)
    each(
        run,
        numbers,
        lambda desk, actor, n: tickets.take(desk, actor, n, if_last=if_last, notify=tell),
        if_last=if_last,
        tells=True,
    )


@app.command()
@command(changes=True)
def status(
    run: Run,
    numbers: Annotated[list[str], typer.Argument(metavar="N… STATUS", help="Numbers, then the status by its key.")],
    *,
    if_last: IfLast = None,
    notify: Notify = None,
) -> None:
    """Put tickets into a status.

    Example: helpdeskctl ticket status 1001 1002 hold
    """
    from helpdeskctl.operations import tickets

    given, key = _last(numbers, "a status")
    tell = told(given, notify)
    each(
        run,
        given,
        lambda desk, actor, n: tickets.set_status(desk, actor, n, key, if_last=if_last, notify=tell),
        if_last=if_last,
        tells=True,
    )


@app.command()
@command(changes=True)
def close(run: Run, numbers: Numbers, *, if_last: IfLast = None, notify: Notify = None) -> None:
    """Close tickets.

    Example: helpdeskctl ticket close 1001 --no-notify
    """
    from helpdeskctl.operations import tickets

    tell = told(numbers, notify)
    each(
        run,
        numbers,
        lambda desk, actor, n: tickets.close(desk, actor, n, if_last=if_last, notify=tell),
        if_last=if_last,
        tells=True,
    )


@app.command()
@command(changes=True)
def reopen(run: Run, numbers: Numbers, *, notify: Notify = None) -> None:
    """Open closed tickets again.

    Example: helpdeskctl ticket reopen 1001
    """
    from helpdeskctl.operations import tickets

    tell = told(numbers, notify)
    each(run, numbers, lambda desk, actor, n: tickets.reopen(desk, actor, n, notify=tell), tells=True)


@app.command()
@command(changes=True)
def priority(
    run: Run,
    numbers: Annotated[list[str], typer.Argument(metavar="N… PRIORITY", help="Numbers, then lowest … urgent.")],
    *,
    if_last: IfLast = None,
    notify: Silent = None,
) -> None:
    """Set the priority: lowest, low, normal, high, urgent.

    Example: helpdeskctl ticket priority 1001 high
    """
    from helpdeskctl.operations import ticket_fields

    given, word = _last(numbers, "a priority")
    each(
        run,
        given,
        lambda desk, actor, n: ticket_fields.prioritize(desk, actor, n, word, if_last=if_last),
        if_last=if_last,
    )


@app.command()
@command(changes=True)
def department(
    run: Run,
    numbers: Annotated[list[str], typer.Argument(metavar="N… DEPARTMENT", help="Numbers, then where they go.")],
    *,
    notify: Silent = None,
) -> None:
    """Move tickets to another department, or to somebody's own (agent:EMAIL).

    Example: helpdeskctl ticket department 1001 billing
    """
    from helpdeskctl.operations import ticket_fields

    given, key = _last(numbers, "a department")
    if key.startswith("agent:"):
        run.confirm(f"Move to {key}? You may no longer be able to open it.")
    sure = run.options.yes or run.may_ask
    each(run, given, lambda desk, actor, n: ticket_fields.move(desk, actor, n, key, sure=sure))


@app.command()
@command(changes=True)
def edit(  # noqa: PLR0913  # a flag for each field
    run: Run,
    numbers: Numbers,
    *,
    subject: Annotated[str | None, typer.Option("--subject", metavar="S", help="Another subject.")] = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="KEY", help="Its type.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", metavar="KEY", help="Its topic.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="L", help="Its language, as de.")] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="T", help="When it is due: 2h, fri 9:00, a date.")] = None,
    billed: Annotated[bool | None, typer.Option("--billed/--no-billed", help="Customers cannot go on with it.")] = None,
    portal: Annotated[bool | None, typer.Option("--portal/--no-portal", help="Customers see it there.")] = None,
    may_close: Annotated[bool | None, typer.Option("--may-close/--no-may-close", help="They may close it.")] = None,
    show_as: Annotated[
        str | None, typer.Option("--show-as", metavar="STATUS", help="What customers read, for now.")
    ] = None,
    company: Annotated[str | None, typer.Option("--company", metavar="KEY", help="Whose it is.")] = None,
    unset: Unset = None,
    notify: Silent = None,
) -> None:
    """Change fields of tickets; what is not named stays.

    Example: helpdeskctl ticket edit 1001 --due "fri 17:00" --unset company
    """
    from helpdeskctl.operations import ticket_fields

    values = words(
        {"subject": subject, "type": type_, "topic": topic, "language": language, "due": moment(run, due),
         "billed": billed, "portal": portal, "may_close": may_close, "show_as": show_as, "company": company}
    )  # fmt: skip
    values |= {name.replace("-", "_"): None for name in unset or ()}
    if not values:
        raise Usage("nothing to change", hint="--subject, --type, --due … or --unset FIELD")
    each(run, numbers, lambda desk, actor, n: ticket_fields.edit(desk, actor, n, values))


@app.command()
@command(changes=True)
def tag(
    run: Run,
    numbers: Numbers,
    *,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="TAG", help="Put it on; repeatable.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="Take it off; repeatable.")
    ] = None,
    notify: Silent = None,
) -> None:
    """Put tags on tickets and take them off.

    Example: helpdeskctl ticket tag 1001 --add vip --remove press
    """
    from helpdeskctl.operations import ticket_fields

    if not (add or remove):
        raise Usage("no tag", hint="--add TAG or --remove TAG")
    each(run, numbers, lambda desk, actor, n: ticket_fields.tag(desk, actor, n, add=add or (), remove=remove or ()))


@app.command()
@command(changes=True)
def snooze(
    run: Run,
    numbers: Numbers,
    *,
    until: Annotated[str, typer.Option("--until", metavar="T", help="tomorrow, mon 9:00, 3d, a date; or now.")],
    if_last: IfLast = None,
    notify: Silent = None,
) -> None:
    """Put tickets aside until a time; then they are open and unread again.

    Example: helpdeskctl ticket snooze 1001 --until "mon 9:00"
    """
    from helpdeskctl.operations import ticket_fields

    end = None if until == "now" else moment(run, until)
    each(
        run, numbers, lambda desk, actor, n: ticket_fields.snooze(desk, actor, n, end, if_last=if_last), if_last=if_last
    )


@app.command()
@command(changes=True)
def field(
    run: Run,
    numbers: Annotated[list[str], typer.Argument(metavar="N… KEY=VALUE…", help="Numbers, then fields of your own.")],
    *,
    notify: Silent = None,
) -> None:
    """Set fields of your own; KEY= empties one.

    Example: helpdeskctl ticket field 1001 room=3.12 device=
    """
    from helpdeskctl.operations import ticket_fields

    given = [word for word in numbers if "=" not in word]
    pairs = [word.partition("=") for word in numbers if "=" in word]
    if not given or not pairs:
        raise Usage("a number and at least one KEY=VALUE", hint="helpdeskctl ticket field 1001 room=3.12")
    for key, _, value in pairs:
        each(run, given, lambda desk, actor, n, k=key, v=value: ticket_fields.set_field(desk, actor, n, k, v or None))  # type: ignore[misc]  # mypy cannot type the bound defaults


@app.command()
@command(changes=True)
def time(
    run: Run,
    number: Number,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="As 15m or 1h 30m.")],
    *,
    message: Message = None,
    notify: Silent = None,
) -> None:
    """Book time on a ticket.

    Example: helpdeskctl ticket time 1001 15m -m "looked at the log" --as ada@example.org
    """
    from helpdeskctl.domain import durations
    from helpdeskctl.operations import ticket_fields

    seconds = round(durations.parse(duration).total_seconds())
    each(run, [number], lambda desk, actor, n: ticket_fields.book_time(desk, actor, n, seconds, text=message or ""))


def _last(given: list[str], what: str) -> tuple[list[str], str]:
    """Numbers, and the word after them."""
    if len(given) < 2:
        raise Usage(f"at least one number, then {what}")
    return given[:-1], given[-1]


def moment(run: Run, text: str | None) -> datetime | None:
    """A time as people type it, in their zone."""
    if text is None:
        return None
    from zoneinfo import ZoneInfo

    from helpdeskctl.domain.dates import parse_moment

    return parse_moment(text, now=run.desk().now(), tz=ZoneInfo(run.actor().timezone))
