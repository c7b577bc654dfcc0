"""`helpdeskctl mail log` and `mail show`: what came in, what became of it, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from helpdeskctl.cli.options import Opening
from helpdeskctl.cli.output import cell, detail_lines, fields_of
from helpdeskctl.cli.runtime import Run, command

LedgerId = Annotated[int, typer.Argument(metavar="ID", help="Its number in `mail log`.")]
_COLUMNS = ("id", "received_at", "mailbox", "sender", "subject", "state", "ticket", "reason")


@command(acts=True)
def log(
    run: Run,
    *,
    mailbox: Annotated[str | None, typer.Option("--mailbox", metavar="A", help="That came in by this mailbox.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="D", help="As 2d, yesterday, 2026-05-01.")] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="S", help="As quarantined, failed, left; repeatable.")
    ] = None,
    sender: Annotated[str | None, typer.Option("--sender", metavar="A", help="An address, or @domain.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", metavar="N", help="That stand in this ticket.")] = None,
    message_id: Annotated[str | None, typer.Option("--message-id", metavar="ID", help="Of this Message-ID.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many (50).")] = 50,
    all_rows: Annotated[bool, typer.Option("--all", help="No limit.")] = False,
) -> None:
    """What came in and what became of it, the newest first. -o id feeds `mail replay -`.

    Example: helpdeskctl mail log --since 1d --state failed --state quarantined
    """
    from helpdeskctl.domain.dates import parse_past
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import ledger, settings

    desk = run.desk()
    zone = ZoneInfo(settings.get(desk, "timezone"))
    wanted = ledger.Wanted(
        mailbox=mailbox,
        since=parse_past(since, now=desk.now(), tz=zone) if since is not None else None,
        states=state or (),
        sender=sender,
        ticket=number_of(ticket) if ticket is not None else None,
        message_id=message_id,
    )
    run.emit(ledger.entries(desk, run.actor(), wanted, limit=None if all_rows else limit), columns=_COLUMNS)


@command(acts=True)
def show(
    run: Run,
    ledger_id: LedgerId,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="The mail itself, octet for octet.")] = False,
    why: Opening = None,
) -> None:
    """One mail that came in: what became of it, and what each rule says of it; or its bytes.

    Example: helpdeskctl mail show 81 --raw > mail.eml
    """
    from helpdeskctl.queries import ledger, ledger_story

    desk, actor = run.desk(), replace(run.actor(), reason=why)
    entry = ledger.entry(desk, actor, ledger_id)
    if raw:
        run.refuse_terminal("the mail")
        sys.stdout.flush()
        for piece in ledger.raw_pieces(desk, entry):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    story = ledger_story.of(desk, actor, entry)
    run.show([{**fields_of(entry), **fields_of(story)}], view=_lines)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    shown = {name: value for name, value in found.items() if name not in ("held", "trail", "history", "kept")}
    yield from detail_lines(shown)
    if held := found["held"]:
        yield f"quarantine: {held.state}, {held.sentence}" + (f" ({held.detail})" if held.detail else "")
    for event in found["history"]:
        told = ", ".join(f"{name} {cell(value)}" for name, value in event.data.items())
        yield f"{cell(event.at)}  {event.actor}  {event.verb}  {told}" + (f"  ({event.reason})" if event.reason else "")
    if not found["kept"]:
        yield "its bytes are not kept (any more)"
        return
    yield "what the rules say of it now:"
    for step in found["trail"]:
        if step["answer"] != "pass":
            yield f"  {step['rule']:<12} {step['answer']}" + (f"  [{step['evidence']}]" if step["evidence"] else "")
