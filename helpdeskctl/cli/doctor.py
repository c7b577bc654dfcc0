"""`helpdeskctl doctor`: everything that is misconfigured or about to break, with the command that mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli.exits import NEGATIVE, Usage
from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.errors import HelpdeskError

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk
    from helpdeskctl.queries.doctor import Examined, Level

app = single()


@app.command()
@command()
def doctor(
    run: Run,
    *,
    fail_level: Annotated[
        str, typer.Option("--fail-level", metavar="note|warning|error", help="From when on to end with 1.")
    ] = "warning",
    only: Annotated[
        str | None, typer.Option("--only", metavar="AREA,…", help="config, db, mail, portal, cron.")
    ] = None,
    network: Annotated[
        bool, typer.Option("--network", help="Ask the servers of all mailboxes, the virus scanner and the portal, too.")
    ] = False,
    nagios: Annotated[
        bool, typer.Option("--nagios", help="One line and the codes of a plugin: 0 ok, 1 warning, 2 critical.")
    ] = False,
) -> None:
    """What is misconfigured or about to break, each with the command that mends it; 1 when there is something.

    Example: helpdeskctl doctor --only mail -o json
    """
    from helpdeskctl.operations import portal_probe
    from helpdeskctl.queries.doctor import Level, examine

    if fail_level not in ("note", "warning", "error"):
        raise Usage(f'no level "{fail_level}"', hint="--fail-level note, warning or error")
    areas = [area.strip() for area in only.split(",")] if only else []
    desk = run.desk(check_schema=False)
    found = list(examine(desk, areas))
    if network and (not areas or "mail" in areas) and any(each.area == "mail" for each in found):
        found += [*_servers(desk), *_scanner(desk)]
    if network and (not areas or "portal" in areas) and any(each.area == "portal" for each in found):
        found += portal_probe.probe(desk, external=True)
    if nagios:
        run.print(_one_line(found))
        raise typer.Exit(max(0, max((each.finding.level for each in found), default=Level.OK) - Level.NOTE))
    report(run, found, Level[fail_level.upper()])


def report(run: Run, found: Sequence[Examined], fail_level: Level) -> None:
    """Print what was found, and end with 1 where the worst is as bad as `fail_level`."""
    if run.for_people and not run.options.fields:
        _tell(run, found)
    else:
        run.emit(_row(each) for each in found)
    if max((each.finding.level for each in found), default=0) >= fail_level:
        raise typer.Exit(NEGATIVE.code)


def _servers(desk: Desk) -> Iterator[Examined]:
    """What the servers of the mailboxes say when somebody signs in."""
    from helpdeskctl.operations import mailbox_probe
    from helpdeskctl.queries.doctor import Examined, Finding, Level

    for address in mailbox_probe.targets(desk, []):
        for tried in mailbox_probe.probe(desk, address):
            told = Finding(Level.OK, f"{address}: {tried.text}", None, f"mailbox/{address}")
            if tried.fault is not None:
                told = Finding(Level.ERROR, tried.fault.message, tried.fault.hint, f"mailbox/{address}")
            yield Examined("mail", "servers", told)


def _scanner(desk: Desk) -> Iterator[Examined]:
    """What the virus scanner says of nothing at all, where one is configured: mail waits for it."""
    from helpdeskctl.mail import virus
    from helpdeskctl.queries.doctor import Examined, Finding, Level

    scan = virus.scanner(desk.config.mail)
    if scan is None:
        return
    told = Finding(Level.OK, f"the virus scanner at {desk.config.mail.clamd} answers", None, "virus-scanner/clamd")
    try:
        scan(b"")
    except HelpdeskError as fault:
        told = Finding(Level.ERROR, fault.message, fault.hint, fault.subject)
    yield Examined("mail", "scanner", told)


def _tell(run: Run, found: Sequence[Examined]) -> None:
    from helpdeskctl.queries.doctor import Level

    for each in found:
        if each.finding.level is Level.OK:
            if run.options.verbose:
                run.say("ok", f"{each.area}: {each.finding.text}")
            continue
        run.print(f"{each.finding.level.word:<8} {each.area}: {each.finding.text}")
        if each.finding.mend:
            run.print(f"  try: {each.finding.mend}")
    run.say("checked", _summary(found))


def _summary(found: Sequence[Examined]) -> str:
    checks = len({(each.area, each.check) for each in found})
    counts = Counter(each.finding.level.word for each in found)
    words = [f"{counts[word]} {word}{'s' if counts[word] > 1 else ''}" for word in ("error", "warning", "note")]
    listed = [text for text in words if not text.startswith("0 ")]
    return f"{checks} checks: {', '.join(listed) or 'all is well'}"


def _one_line(found: Sequence[Examined]) -> str:
    from helpdeskctl.queries.doctor import Level

    gravest = max(found, key=lambda each: each.finding.level)
    level = gravest.finding.level
    word = {Level.ERROR: "CRITICAL", Level.WARNING: "WARNING"}.get(level, "OK")
    counts = Counter(each.finding.level.word for each in found)
    figures = " ".join(f"{name}s={counts[name]}" for name in ("error", "warning", "note"))
    first = f" - {gravest.finding.text}" if level >= Level.WARNING else ""
    return f"HELPDESK {word}: {_summary(found)}{first}".replace("|", "/").replace("\n", " ") + f" | {figures}"


def _row(each: Examined) -> dict[str, Any]:
    finding = each.finding
    return {
        "level": finding.level.word,
        "area": each.area,
        "check": each.check,
        "text": finding.text,
        "mend": finding.mend,
        "object": finding.object,
    }
