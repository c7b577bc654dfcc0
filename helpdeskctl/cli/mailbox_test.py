"""`helpdeskctl mailbox test`: the servers of mailboxes, tried for real."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import speech
from helpdeskctl.cli.exits import NEGATIVE, Usage
from helpdeskctl.cli.runtime import Run, command

if TYPE_CHECKING:
    from helpdeskctl.operations.mailbox_probe import Finding


@command()
def test(
    run: Run,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="[ADDRESS…]", help="These mailboxes.")] = None,
    *,
    all_of_them: Annotated[bool, typer.Option("--all", help="Every enabled mailbox.")] = False,
    imap: Annotated[bool, typer.Option("--imap", help="Only receiving.")] = False,
    smtp: Annotated[bool, typer.Option("--smtp", help="Only sending.")] = False,
    round_trip: Annotated[
        bool, typer.Option("--round-trip", help="Send a mail to itself and wait for it, up to a minute.")
    ] = False,
) -> None:
    """Try the servers of mailboxes for real; 1 when something does not work. Nothing is changed.

    Example: helpdeskctl mailbox test support@example.org --round-trip
    """
    from helpdeskctl.operations import mailbox_probe

    if not addresses and not all_of_them:
        raise Usage("which mailbox?", hint="ADDRESS, or --all")
    desk = run.desk()
    both = imap == smtp
    found: list[Finding] = []
    for address in mailbox_probe.targets(desk, addresses or []):
        told = partial(_tell_progress, run) if round_trip else None
        findings = mailbox_probe.probe(desk, address, imap=imap or both, smtp=smtp or both, told=told)
        speech.progress("")
        found += findings
        for finding in findings:
            tell(run, finding)
    if not run.for_people:
        run.emit([_row(finding) for finding in found])
    if not all(finding.ok for finding in found):
        raise typer.Exit(NEGATIVE.code)


def _tell_progress(run: Run, seconds: float) -> None:
    if not run.options.quiet:
        speech.progress(f"waiting for the test mail, {seconds:.0f} s")


def tell(run: Run, finding: Finding) -> None:
    """A line for people: `ok       support@example.org: imap 993 TLS, …`; a fault with its hint on stderr."""
    if finding.fault is None:
        run.say("ok", f"{finding.address}: {finding.text}")
    elif run.for_people:
        speech.complain(finding.fault)


def _row(finding: Finding) -> dict[str, Any]:
    fault = finding.fault
    return {
        "address": finding.address,
        "what": finding.what,
        "ok": finding.ok,
        "text": fault.message if fault else finding.text,
        "hint": fault.hint if fault else None,
    }
