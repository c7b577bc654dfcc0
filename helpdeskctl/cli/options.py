"""The options that many commands share, each defined once.

`COMMON`, `CHANGING`, `LISTING` and `ACTING` are added to a verb by `runtime.command`; the aliases below them are for
signatures: `def reply(run: Run, number: str, *, message: Message = None) -> None`.
"""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from helpdeskctl.cli.output import FORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was given of the common options."""

    config: Path | None = None
    output: str = "table"
    fields: str | None = None
    no_header: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    no_color: bool = False
    no_input: bool = False
    dry_run: bool = False
    yes: bool = False
    as_agent: str | None = None
    reason: str | None = None
    query: str | None = None
    sort: str | None = None
    limit: int = 50
    all_rows: bool = False

    def __post_init__(self) -> None:
        if self.output not in FORMS:
            raise typer.BadParameter(f"{self.output!r} is not one of {', '.join(FORMS)}", param_hint="--output")


_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Options)}


def _option(name: str, kind: Any, *flags: str, **settings: Any) -> inspect.Parameter:
    annotation = Annotated[kind, typer.Option(*flags, show_default=False, **settings)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[name], annotation=annotation)


COMMON = (
    _option("config", Path | None, "--config", "-C", metavar="FILE", help="This config.toml and no other."),
    _option("output", str, "--output", "-o", metavar="|".join(FORMS), help="Form of the result."),
    _option("fields", str | None, "--fields", metavar="A,B", help="Only these fields; dots lead inside."),
    _option("no_header", bool, "--no-header", help="No heading line in tables and CSV."),
    _option("quiet", bool, "--quiet", "-q", help="Nothing but results that were asked for, and errors."),
    _option("verbose", bool, "--verbose", "-v", help="Say more on stderr."),
    _option("debug", bool, "--debug", help="Log everything; show the traceback of a fault."),
    _option("no_color", bool, "--no-color", help="No colours (also: NO_COLOR)."),
    _option("no_input", bool, "--no-input", help="Never ask; fail where an answer is needed."),
)
ACTING = (_option("as_agent", str | None, "--as", metavar="AGENT", help="Who does it (also: HELPDESK_AGENT)."),)
CHANGING = (
    _option("dry_run", bool, "--dry-run", "-n", help="Show what would happen; change nothing."),
    _option("yes", bool, "--yes", "-y", help="Do not ask for confirmation."),
    *ACTING,
    _option("reason", str | None, "--reason", metavar="TEXT", help="Why, for the audit log."),
)
LISTING = (
    _option("query", str | None, "--query", metavar="Q", help="Only what matches: see `help query`."),
    _option("sort", str | None, "--sort", metavar="FIELD", help="Order; a leading - reverses it."),
    _option("limit", int, "--limit", metavar="N", min=1, help="At most so many (50)."),
    _option("all_rows", bool, "--all", help="No limit."),
)

IfNotExists = Annotated[bool, typer.Option("--if-not-exists", help="Leave an existing one as it is.")]
OrUpdate = Annotated[bool, typer.Option("--or-update", help="Change an existing one to this.")]
Unset = Annotated[list[str] | None, typer.Option("--unset", metavar="FIELD", help="Empty a field; repeatable.")]
Message = Annotated[str | None, typer.Option("--message", "-m", metavar="TEXT", help="The text, in place.")]
BodyFile = Annotated[
    Path | None,
    typer.Option("--body-file", metavar="FILE", help="The text from a file, - for stdin; else $EDITOR."),
]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password once from stdin.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="Read the password once from this file.")
]
SecretReference = Annotated[
    str | None,
    typer.Option("--secret", metavar="REF", help="env:NAME, file:PATH or command:…, read by the service each time."),
]
Opening = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why an admin opens a personal one.")]
