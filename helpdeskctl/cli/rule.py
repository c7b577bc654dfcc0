"""`helpdeskctl rule`: what the desk does with mail by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import RULE
from helpdeskctl.errors import NegativeAnswer

if TYPE_CHECKING:
    from helpdeskctl.queries.rule_trial import Past, Trial

_LAST = 500

app = noun("Rules: what the desk does with mail by itself.")
add_verbs(
    app, RULE, "create list show edit rename order delete", example="newsletters",
    create="--on mail --when is:bulk --do tag:newsletter --do close", edit="--when 'is:bulk not from:acme.example'",
)  # fmt: skip

Key = Annotated[str, typer.Argument(metavar="KEY", help="The rule, by its key.")]


@app.command()
@command(changes=True)
def enable(run: Run, key: Key) -> None:
    """Ask a rule about every mail from now on.

    Example: helpdeskctl rule enable newsletters
    """
    _switch(run, key, on=True)


@app.command()
@command(changes=True)
def disable(run: Run, key: Key) -> None:
    """Ask a rule no more; it can still be tried.

    Example: helpdeskctl rule disable newsletters
    """
    _switch(run, key, on=False)


def _switch(run: Run, key: str, *, on: bool) -> None:
    from helpdeskctl.operations import setup

    run.change(setup.edit(run.desk(), run.actor(), "rule", key, {"enabled": on}))


@app.command()
@command(acts=True)
def log(
    run: Run,
    key: Key,
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many (50).")] = 50,
    all_rows: Annotated[bool, typer.Option("--all", help="No limit.")] = False,
) -> None:
    """When a rule held, on which mail, and what it did; the newest first.

    Example: helpdeskctl rule log newsletters
    """
    from helpdeskctl.queries import rules

    run.emit(rules.runs(run.desk(), run.actor(), key, limit=None if all_rows else limit))


@app.command()
@command(acts=True)
def test(
    run: Run,
    key: Key,
    *,
    ticket: Annotated[int | None, typer.Option("--ticket", metavar="N", help="On the mails of this ticket.")] = None,
    mail: Annotated[
        list[Path] | None,
        typer.Option("--mail", metavar="FILE|DIR", help="On mails in files, mbox files, Maildirs; repeatable."),
    ] = None,
    newest: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help=f"On the newest N mails ({_LAST}).")
    ] = None,
) -> None:
    """Try a rule, enabled or not, on past mail: what it would hold for, and do. Writes nothing; 1 if it holds for none.

    Example: helpdeskctl rule test newsletters --last 500
    """
    from helpdeskctl.queries import rule_trial, rules

    if sum(given is not None for given in (ticket, mail, newest)) > 1:
        raise Usage("--ticket, --mail and --last exclude each other")
    files = list(_files(run, mail)) if mail else None
    desk, actor = run.desk(), run.actor()
    trial = rule_trial.Trial(desk, rules.one(desk, key))
    mails: Iterable[Past]
    if files is not None:
        mails = (past for found in files for past in found)
    elif ticket is not None:
        mails = rule_trial.of_ticket(desk, actor, ticket)
    else:
        mails = rule_trial.last(desk, actor, newest or _LAST)
    _tell(run, trial, mails)


def _files(run: Run, paths: Iterable[Path]) -> Iterator[Iterable[Past]]:
    """The mails in files; those of root are opened before it becomes the service user, their content is read later."""
    from helpdeskctl.cli.mail import opened
    from helpdeskctl.queries.rule_trial import Past

    return ((Past(found.raw, file=found.name) for found in mails) for mails in opened(run, paths))


def _tell(run: Run, trial: Trial, mails: Iterable[Past]) -> None:
    matches = trial.matches(mails)
    if run.form == "json":
        rows = [asdict(match) for match in matches]
        run.result({"rule": trial.rule.key, **_counts(trial), "mails": rows})
    else:
        run.emit(matches, columns=("id", "received_at", "sender", "subject", "ticket", "did", "evidence"))
        run.note(_summary(trial))
    if not trial.matched:
        run.failed(NegativeAnswer(f'rule "{trial.rule.key}" would hold for none of {trial.tried} mails'))


def _counts(trial: Trial) -> dict[str, int]:
    return {name: getattr(trial, name) for name in ("tried", "matched", "gone", "unreadable")}


def _summary(trial: Trial) -> str:
    parts = [f"{trial.matched} of {trial.tried} mails; nothing was changed"]
    if trial.gone:
        parts.append(f"{trial.gone} more are not kept any more")
    if trial.unreadable:
        parts.append(f"{trial.unreadable} of them cannot be read, no rule is asked about those")
    return "; ".join(parts)
