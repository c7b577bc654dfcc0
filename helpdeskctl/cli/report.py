"""`helpdeskctl report`: what the desk did, in numbers."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from helpdeskctl.cli.runtime import Run, command, noun

app = noun("What the desk did, in numbers; so far how content customers are.")


@app.command()
@command(acts=True)
def ratings(
    run: Run,
    *,
    since: Annotated[str, typer.Option("--since", metavar="D", help="As 30d, yesterday, 2026-05-01.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="D", help="That day, too: as --since; else until now.")
    ] = None,
) -> None:
    """How content customers were, by department and agent; `ticket list rating:bad` names the tickets.

    Example: helpdeskctl report ratings --since 2026-05-01 --until 2026-05-31 -o json
    """
    from helpdeskctl.domain.dates import parse_last, parse_past
    from helpdeskctl.queries import ratings as queries
    from helpdeskctl.queries import settings

    desk = run.desk()
    now, zone = desk.now(), ZoneInfo(settings.get(desk, "timezone"))
    first = parse_past(since, now=now, tz=zone)
    last = parse_last(until, now=now, tz=zone) if until is not None else now
    run.emit(queries.tallies(desk, run.actor(), since=first, until=last))
