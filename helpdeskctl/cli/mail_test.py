"""`helpdeskctl mail test`: an admin's own odd mails, each with what is expected of it beside it (MAIL-8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from helpdeskctl.cli.output import plain
from helpdeskctl.cli.runtime import Run, command
from helpdeskctl.errors import InputMissing, InvalidInput, NegativeAnswer, StorageFailed

_LONGEST = 200  # characters of one side of a difference, for a person


@command()
def test(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of .eml files, with those below it.")],
    *,
    mailbox: Annotated[str | None, typer.Option("--mailbox", metavar="A", help="By which they came in.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write today's outcome beside each mail that has none yet.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --write: also over what is there.")] = False,
) -> None:
    """Compare what would become of mails with what NAME.toml beside NAME.eml expects. Writes nothing to the desk.

    A file has any keys of the object of `mail explain`; what it does not state is not compared. Ends with 1 for a
    difference, with 65 for an expectation that cannot be used.

    Example: helpdeskctl mail test /etc/helpdesk/mails
    """
    run.reach_host("mail explain - takes a mail on stdin")
    if not folder.is_dir():
        raise InputMissing(f"{folder}: no such folder", hint="a folder of .eml files")
    counts: Counter[str] = Counter()
    rows = _counted(_tested(run, folder, _Outcomes(run, mailbox), write=write, force=force), counts)
    if run.for_people and not run.options.fields:
        for row in rows:
            run.print(*_lines(row))
    else:
        run.emit(rows)
    _tell(run, counts, folder)


class _Outcomes:
    """What would become of mails, asked of the desk one by one, as if none had come before."""

    def __init__(self, run: Run, mailbox: str | None) -> None:
        from helpdeskctl.queries import ledger
        from helpdeskctl.queries.intake import standing

        self.desk = run.desk()
        self.known = standing(self.desk)
        self.mailbox_id = ledger.mailbox_id(self.desk, mailbox) if mailbox is not None else None

    def of(self, path: Path) -> Mapping[str, Any]:
        """The object of `mail explain`, as JSON has it."""
        from helpdeskctl.queries.explain import explain

        told = explain(self.desk, self.known, str(path), _bytes(path), mailbox_id=self.mailbox_id, anew=True)
        outcome: Mapping[str, Any] = plain(told)
        return outcome


def _tested(run: Run, folder: Path, outcomes: _Outcomes, *, write: bool, force: bool) -> Iterator[Mapping[str, Any]]:
    mails = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".eml" and path.is_file())
    stems = {path.with_suffix("") for path in mails}
    if not mails:
        raise InputMissing(f"{folder}: no .eml file in it", hint="helpdeskctl mail show ID --raw > NAME.eml")
    for path in mails:
        beside = path.with_suffix(".toml")
        try:
            yield _one(path, beside, outcomes, write=write, over=force and write)
        except InvalidInput as broken:
            run.failed(broken)
            yield _row(path, "broken")
    places = {path.parent for path in mails}
    for alone in sorted(path for place in places for path in place.glob("*.toml") if path.with_suffix("") not in stems):
        run.failed(InvalidInput(f"{alone}:1: no mail stands beside it", hint=f"{alone.stem}.eml, or remove it"))
        yield _row(alone, "broken")


def _one(path: Path, beside: Path, outcomes: _Outcomes, *, write: bool, over: bool) -> Mapping[str, Any]:
    from helpdeskctl.domain import expectations

    outcome = outcomes.of(path)
    if over or not beside.exists():
        if not write:
            return _row(path, "unstated")
        _write(beside, expectations.stated(outcome))
        return _row(path, "written")
    try:
        text = _bytes(beside).decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise InvalidInput(f"{beside}: not UTF-8 (octet {wrong.start})") from wrong
    expected = expectations.read(text, str(beside))
    found = expectations.compare(plain(expected), outcome, text, str(beside))
    return _row(path, "failed" if found else "ok", found)


def _row(path: Path, result: str, found: Any = ()) -> Mapping[str, Any]:
    return {"file": str(path), "result": result, "differences": found}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise InputMissing(f"{path}: {fault.strerror}") from fault


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise StorageFailed(f"{path}: {fault.strerror}", hint="a folder that this account may write to") from fault


def _counted(rows: Iterator[Mapping[str, Any]], counts: Counter[str]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        counts[row["result"]] += 1
        yield row


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{row['result']:<8} {row['file']}"
    for difference in row["differences"]:
        yield f"  {difference.key}: expected {_shown(difference.expected)}, is {_shown(difference.outcome)}"


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value.strip()}"'
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _tell(run: Run, counts: Counter[str], folder: Path) -> None:
    parts = [f"{counts[name]} {name}" for name in ("ok", "failed", "broken", "written", "unstated") if counts[name]]
    number = counts.total()
    run.note(f"{number} mail{'s' if number != 1 else ''}: {', '.join(parts)}")
    if counts["unstated"]:
        run.note(f"today's outcome of those without one: helpdeskctl mail test {folder} --write")
    if counts["failed"]:
        run.failed(NegativeAnswer(f"{counts['failed']} of {number} mails came out otherwise"))
