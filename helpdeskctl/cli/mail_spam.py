"""`helpdeskctl mail spam`: tickets that were called spam, by our mail server or by a person (BOX-9, TIC-15)."""

from __future__ import annotations

from itertools import islice

from helpdeskctl.cli import ticket_lines
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.ticket_batch import Numbers, each

app = noun("Tickets that were called spam: look, let back into the lists.")


@app.command("list")
@command(lists=True, acts=True)
def list_(run: Run) -> None:
    """List what was called spam, the newest first. For good: helpdeskctl ticket delete N --confirm N

    Example: helpdeskctl mail spam list -o json
    """
    from helpdeskctl.queries import ticket_objects, tickets

    desk, actor, options = run.desk(), run.actor(), run.options
    asked = f"is:spam {options.query}" if options.query else "is:spam"
    found = tickets.every(desk, actor, asked, sort=options.sort or "created")
    rows = islice(found, None if options.all_rows else options.limit)
    if run.for_people and not options.fields:
        now = desk.now()
        run.emit((ticket_lines.line(row, now) for row in rows), header=False)
    else:
        run.emit(ticket_objects.of_rows(desk, actor, rows))


@app.command()
@command(changes=True)
def release(run: Run, numbers: Numbers) -> None:
    """Say of tickets that they are no spam: back into the lists. For ever: helpdeskctl block add ADDRESS --allow

    Example: helpdeskctl mail spam release 1005
    """
    from helpdeskctl.operations import ticket_removal

    each(run, numbers, ticket_removal.not_spam)
