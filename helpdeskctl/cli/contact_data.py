"""`helpdeskctl contact`: customers taken in from files, taken out, and erased."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from helpdeskctl.cli import output, speech
from helpdeskctl.cli.options import OrUpdate
from helpdeskctl.cli.runtime import Run, command

if TYPE_CHECKING:
    from helpdeskctl.domain.contact_files import ContactFile
    from helpdeskctl.operations.contact_import import Outcome

app = typer.Typer(add_completion=False)

ACTIONS = ("created", "updated", "unchanged", "rejected")
_TOLD = 20  # rejected entries that are told on stderr
_REPORT = "where"  # the first heading of a report, by which a later run knows it

Reject = Callable[["Outcome"], None]
Format = Annotated[
    Literal["csv", "vcf", "json"] | None, typer.Option("--format", help="What stdout gets; csv unless -o json.")
]


@app.command("import")
@command(changes=True)
def import_(
    run: Run,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a heading, or vCards; - is stdin.")],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN,…", help="Which column is what; others then do not count."),
    ] = None,
    or_update: OrUpdate = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="A CSV of what was rejected, with the reasons.")
    ] = None,
) -> None:
    """Make contacts of the customers in a file. Who is known stays as they are, or is changed with --or-update.

    Example: helpdeskctl contact import customers.csv --map email=E-Mail,name=Name --or-update --report rejected.csv
    """
    from helpdeskctl.domain import contact_files
    from helpdeskctl.operations import contact_import, invitations

    found = contact_files.read(path.name, run.read(path), contact_files.mapping(columns or ()))
    if found.unused:
        run.note(f"left out: {', '.join(found.unused)}; to take them: --map FIELD=COLUMN")
    with _report(run, report, path.name, found) as reject:
        desk = run.desk()
        started = desk.now()
        outcomes = contact_import.take_all(desk, run.actor(), found.entries, or_update=or_update)
        _tell(run, outcomes, path.name, reject, report)
    if missed := invitations.missed(desk, started):
        run.note(
            f"{missed} were made without access: their welcome cannot be sent now; contact portal EMAIL --on --invite"
        )


@app.command()
@command()
def export(
    run: Run,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[Q]", help="An address, or as in `contact list`.")
    ] = None,
    *,
    format_: Format = None,
    raw: Annotated[bool, typer.Option("--raw", help="CSV cells as they are, formulas included.")] = False,
) -> None:
    """Write one contact, those that match, or all to stdout. What they wrote: `ticket export requester:EMAIL`.

    Example: helpdeskctl contact export company:muster --format vcf > muster.vcf
    """
    from helpdeskctl.queries import contact_export

    desk = run.desk()
    pages = contact_export.wanted(desk, " ".join(words or ()))
    match format_ or ("json" if run.form in ("json", "jsonl") else "csv"):
        case "csv":
            lines = contact_export.table(desk, pages)
            output.write(output.csv_lines(lines, header=not run.options.no_header, raw=raw))
        case "vcf":
            sys.stdout.flush()
            sys.stdout.buffer.writelines(card.encode() for card in contact_export.cards(desk, pages))
        case _:
            rows = (contact.row() for page in pages for contact in page)
            output.write(map(output.json_text, rows) if run.form == "jsonl" else output.json_lines(rows))


@app.command()
@command(changes=True)
def anonymize(
    run: Run,
    key: Annotated[str, typer.Argument(metavar="EMAIL", help="The contact, by any of its addresses.")],
    *,
    confirm: Annotated[str, typer.Option("--confirm", metavar="EMAIL", help="The same again: this is for good.")],
) -> None:
    """Erase a person, for good: names, addresses, phone, notes, raw mail. Tickets stay, with what was written there.

    Example: helpdeskctl contact anonymize ann@muster.example --confirm ann@muster.example
    """
    from helpdeskctl.operations import contact_erasure

    erased = contact_erasure.anonymize(run.desk(), run.actor(), key, confirm=confirm)
    if not run.for_people:
        fields = output.fields_of(erased.change) | {"removed": erased.removed, "tickets": erased.tickets}
        run.emit([fields]) if run.form in ("csv", "id") else run.result(fields)
        return
    removed = erased.removed
    run.say("erased", f"{key}, who is {erased.change.key} from now on")
    run.say("removed", f"name, {removed['addresses']} addresses, phone, notes, fields, {removed['sessions']} sessions")
    run.say(
        "removed", f"sender, subject and bytes of {removed['mails']} mails; author of {removed['messages']} messages"
    )
    run.say("removed", f"recipient of {removed['outgoing']} mails of ours; traces in {removed['events']} events")
    run.say("kept", f"{erased.tickets} tickets with their texts and files; backups made before keep everything")


def _tell(run: Run, outcomes: Iterator[Outcome], name: str, reject: Reject, report: Path | None) -> None:
    """Each entry for programs that want them one by one, the sum for all others; then what was rejected."""
    from helpdeskctl.errors import InvalidInput, NotPermitted, Problem

    counts = Counter(dict.fromkeys(ACTIONS, 0))
    problems: list[Problem] = []
    kinds: set[type] = set()

    def rows() -> Iterator[dict[str, Any]]:
        for outcome in outcomes:
            row = _row(outcome)
            counts[row["action"]] += 1
            speech.progress("" if run.options.quiet else f"{counts.total()} contacts")
            if outcome.error is not None:
                reject(outcome)
                kinds.add(type(outcome.error))
                problems[_TOLD:] = [] if len(problems) >= _TOLD else [Problem(_where(name, outcome), row["reason"])]
            if run.form != "id" or row["id"] is not None:
                yield row

    run.emit(rows()) if run.form in ("jsonl", "csv", "id") else deque(rows(), maxlen=0)
    speech.progress("")
    if run.form == "json":
        run.result(counts)
    run.say("imported", ", ".join(f"{number} {action}" for action, number in counts.items()))
    if counts["rejected"]:
        kind = NotPermitted if NotPermitted in kinds else InvalidInput
        hint = (
            f"mend them in {report} and import that" if report else "--report FILE writes them down, with the reasons"
        )
        run.failed(kind(f"{counts['rejected']} of {counts.total()} were rejected", hint=hint, problems=problems))


def _row(outcome: Outcome) -> dict[str, Any]:
    from helpdeskctl.domain.contact_files import reason

    if outcome.change is not None:
        return {**output.fields_of(outcome.change), "line": outcome.entry.line, "reason": None}
    empty = {"kind": "contact", "key": outcome.entry.values.get("email"), "id": None, "action": "rejected"}
    return {**empty, "changed": (), "line": outcome.entry.line, "reason": outcome.error and reason(outcome.error)}


def _where(name: str, outcome: Outcome) -> str:
    return f"{name}:{outcome.entry.line}"


@contextmanager
def _report(run: Run, path: Path | None, name: str, found: ContactFile) -> Iterator[Reject]:
    """Where rejected entries go: a CSV that can be mended and imported, opened while we are still who called us."""
    if path is None:
        yield lambda outcome: None
        return
    headings = (_REPORT, "reason", *found.columns)
    with os.fdopen(_opened(run, path), "w", encoding="utf-8", newline="") as file:

        def reject(outcome: Outcome) -> None:
            cells = (_where(name, outcome), _row(outcome)["reason"], *outcome.entry.cells)
            row = dict(zip(headings, cells, strict=False))
            file.writelines(f"{line}\n" for line in output.csv_lines([row], header=file.tell() == 0))

        yield reject


def _opened(run: Run, path: Path) -> int:
    """Write over an earlier report, and over nothing else."""
    from helpdeskctl.errors import Exists, StorageFailed

    run.reach_host("-o jsonl lists what happened")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.read(handle, len(_REPORT)) not in (b"", _REPORT.encode()):
            os.close(handle)
            raise Exists(f"{path} exists already and is no report", hint="another name")
        os.truncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
    except OSError as error:
        raise StorageFailed(f"{path}: {error.strerror}") from error
    return handle
