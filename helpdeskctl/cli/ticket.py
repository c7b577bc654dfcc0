"""`helpdeskctl ticket`: reading tickets. What changes them stands in the `ticket_*` modules beside this one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from helpdeskctl.cli import output, ticket_change, ticket_lines, ticket_people, ticket_removal, ticket_reply
from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.options import Opening
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.ticket_batch import Number

if TYPE_CHECKING:
    from helpdeskctl.domain.permissions import Actor
    from helpdeskctl.queries.threads import TicketDetail
    from helpdeskctl.queries.ticket_rows import TicketRow

app = noun("Tickets: list, read, answer, assign, close, merge … them.")

Words = Annotated[list[str] | None, typer.Argument(metavar="[Q]", help="Only what matches: see `help query`.")]
ViewOption = Annotated[str | None, typer.Option("--view", metavar="VIEW", help="The query and order of a view.")]


@app.command("list")
@command(lists=True, acts=True)
def list_(run: Run, words: Words = None, *, view: ViewOption = None) -> None:
    """List tickets: what waits longest first, or for words the newest hit first.

    Example: helpdeskctl ticket list 'dept:support not kind:closed' --sort priority
    """
    desk, actor = run.desk(), run.actor()
    query, sort = _asked(run, actor, words, view)
    if run.for_people and not run.options.fields:
        now = desk.now()
        run.emit((ticket_lines.line(row, now) for row in _rows(run, actor, query, sort)), header=False)
        return
    from helpdeskctl.queries import ticket_objects

    run.emit(ticket_objects.of_rows(desk, actor, _rows(run, actor, query, sort)))


@app.command()
@command(acts=True)
def show(
    run: Run,
    numbers: Annotated[list[str], typer.Argument(metavar="N…", help="Numbers, - for those on stdin.")],
    *,
    thread: Annotated[bool, typer.Option("--thread", help="All messages, not only the last one.")] = False,
    raw: Annotated[
        int | None, typer.Option("--raw", metavar="MESSAGE", help="The mail of a message, as it came.")
    ] = None,
    why: Opening = None,
) -> None:
    """Show tickets; in JSON with all their messages.

    Example: helpdeskctl ticket show 1001 --thread
    """
    from helpdeskctl.queries.ticket_objects import of_detail

    actor = _with_reason(run, why)
    details = [_opened(run, actor, number) for number in run.keys_from(numbers)]
    if raw is not None:
        _write_raw(run, details, raw)
    elif run.for_people and not run.options.fields:
        _show_people(run, actor, details, whole=thread)
    else:
        run.show([of_detail(detail) for detail in details])


@app.command()
@command(acts=True)
def history(run: Run, number: Number, *, why: Opening = None) -> None:
    """Everything that happened to a ticket: who, when, what, from and to.

    Example: helpdeskctl ticket history 1001
    """
    from helpdeskctl.operations import access
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import history as histories

    actor, wanted = _with_reason(run, why), number_of(number)
    access.opened(run.desk(), actor, wanted)
    events = histories.of_ticket(run.desk(), actor, wanted)
    people = run.for_people and not run.options.fields
    run.emit(ticket_lines.happening(event) if people else event for event in events)


@app.command("next")
@command(acts=True)
def next_(
    run: Run,
    words: Words = None,
    *,
    skip: Annotated[list[str] | None, typer.Option("--skip", metavar="N", help="Not this one; repeatable.")] = None,
) -> None:
    """The ticket to work on next: the most urgent, then longest waiting, of nobody or your own.

    Example: helpdeskctl ticket next dept:support --as ada@example.org
    """
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import ticket_objects, tickets

    desk, actor = run.desk(), run.actor(need_agent=True)
    row = tickets.next_ticket(desk, actor, query=" ".join(words or ()), skip=[number_of(each) for each in skip or ()])
    if row is None:
        run.note("nothing left to do")
    if run.for_people and not run.options.fields:
        run.emit([ticket_lines.line(row, desk.now())] if row else [], header=False)
    else:
        run.emit(ticket_objects.of_rows(desk, actor, [row] if row else []))


@app.command()
@command(acts=True)
def export(
    run: Run,
    words: Words = None,
    *,
    format_: Annotated[
        Literal["json", "csv", "mbox", "html"], typer.Option("--format", help="What stdout gets.")
    ] = "json",
    raw: Annotated[bool, typer.Option("--raw", help="CSV cells as they are, formulas included.")] = False,
) -> None:
    """Write tickets with their messages to stdout: JSON, mbox or HTML; CSV has a line a ticket.

    Example: helpdeskctl ticket export 'company:muster' --format mbox > muster.mbox
    """
    from helpdeskctl.queries import export as exports
    from helpdeskctl.queries import ticket_objects, tickets

    desk, actor = run.desk(), run.actor()
    rows = tickets.every(desk, actor, " ".join(words or ()), sort="number")
    if format_ == "csv":
        output.write(output.csv_lines(exports.table(desk, actor, rows), header=not run.options.no_header, raw=raw))
        return
    details = exports.details(desk, actor, rows)
    match format_:
        case "json":
            output.write(output.json_lines(ticket_objects.of_detail(detail) for detail in details))
        case "mbox":
            sys.stdout.flush()
            sys.stdout.buffer.writelines(exports.mbox(desk, details))
        case "html":
            sys.stdout.writelines(exports.page(details))


def _asked(run: Run, actor: Actor, words: list[str] | None, view: str | None) -> tuple[str, str | None]:
    """The query and the order: a view's first, then --query, then the words of the command line; all must hold."""
    parts, sort = [run.options.query or "", " ".join(words or ())], run.options.sort
    if view is not None:
        from helpdeskctl.queries import views

        found = views.called(run.desk(), actor, view)
        parts.insert(0, found.query)
        sort = sort or found.sort
    given = [part for part in parts if part.strip()]
    return (given[0] if len(given) == 1 else " ".join(f"({part})" for part in given)), sort


def _rows(run: Run, actor: Actor, query: str, sort: str | None) -> Iterator[TicketRow]:
    from helpdeskctl.queries import tickets

    if run.options.all_rows:
        yield from tickets.every(run.desk(), actor, query, sort=sort)
        return
    left, after = run.options.limit, None
    while left > 0:
        page = tickets.list_tickets(run.desk(), actor, query, sort=sort, limit=left, after=after)
        yield from page.rows
        left, after = left - len(page.rows), page.next
        if after is None:
            break


def _with_reason(run: Run, why: str | None) -> Actor:
    from dataclasses import replace

    return replace(run.actor(), reason=why)


def _opened(run: Run, actor: Actor, number: str) -> TicketDetail:
    from helpdeskctl.operations import access
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import threads

    access.opened(run.desk(), actor, number_of(number))
    return threads.show(run.desk(), actor, number_of(number))


def _show_people(run: Run, actor: Actor, details: list[TicketDetail], *, whole: bool) -> None:
    from helpdeskctl.operations import ticket_fields

    for position, detail in enumerate(details):
        run.print(*([""] if position else []), *ticket_lines.thread(detail, run.desk().now(), whole=whole))
        if actor.kind == "agent" and detail.last_message_id is not None:
            ticket_fields.mark_read(run.desk(), actor, detail.number, detail.last_message_id)


def _write_raw(run: Run, details: list[TicketDetail], message_id: int) -> None:
    from helpdeskctl.queries import export as exports

    found: Any = next((m for detail in details for m in detail.messages if m.id == message_id), None)
    if found is None:
        raise Usage(f"no message {message_id} there", hint=f"helpdeskctl ticket show {details[0].number} --thread")
    run.refuse_terminal("the mail")
    sys.stdout.flush()
    sys.stdout.buffer.write(exports.raw(run.desk(), found))


for _verbs in (ticket_reply, ticket_change, ticket_people, ticket_removal):
    app.add_typer(_verbs.app)
