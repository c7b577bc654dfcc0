"""What every command gets: the common options, and a `Run` that opens the desk, asks, and prints by the contract.

app = noun("Departments: queues with members, mailboxes and rules of their own.")

@app.command()
@command(changes=True)
def create(run: Run, key: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    '''Create a department.

    Example: helpdeskctl department create support
    '''
    run.change(departments.create(run.desk(), run.actor(), key))
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import typer

from helpdeskctl.cli import exits, options, output, speech
from helpdeskctl.domain.text import printable

if TYPE_CHECKING:
    from helpdeskctl.config import Config
    from helpdeskctl.desk import Desk
    from helpdeskctl.domain.permissions import Actor
    from helpdeskctl.store.secrets import NewSecret

    class Touched(Protocol):
        """What a changing operation reports of one object; `domain.change.Change` is one."""

        @property
        def kind(self) -> str: ...
        @property
        def key(self) -> str: ...
        @property
        def id(self) -> int | None: ...
        @property
        def action(self) -> str: ...
        @property
        def changed(self) -> Sequence[str]: ...
        @property
        def said(self) -> str: ...


Verb = Callable[..., None]
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Session(NamedTuple):
    """Where a command line comes from. `door` is the agent whose SSH key opened it: then nothing of the host may
    be named, neither files nor another agent."""

    environ: Mapping[str, str]
    door: str | None = None


def noun(help_text: str, *, alone: bool = False) -> typer.Typer:
    """A group of verbs. Without a verb it prints its help and exits 2; `alone`: it has a callback of its own."""
    app = typer.Typer(
        help=help_text, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False,
        context_settings=HELP_OPTIONS,
    )  # fmt: skip
    if not alone:
        app.callback(invoke_without_command=True)(needs_verb)
    return app


def single() -> typer.Typer:
    """The app of a command that has no verbs: register exactly one function."""
    return typer.Typer(
        rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, context_settings=HELP_OPTIONS
    )


def needs_verb(context: typer.Context) -> None:
    """The callback of a group that does nothing by itself."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(exits.USAGE.code)


def command(*, changes: bool = False, lists: bool = False, acts: bool = False) -> Callable[[Callable[..., None]], Verb]:
    """Give a verb the common options and its `Run`.

    `changes` adds --dry-run, --yes, --as, --reason; `lists` adds --query, --sort, --limit, --all; `acts` adds --as
    alone. The first parameter of the function is the `Run`; the annotations of the others must be importable names.
    """
    added: tuple[inspect.Parameter, ...] = options.COMMON
    added += options.CHANGING if changes else options.ACTING if acts else ()
    added += options.LISTING if lists else ()

    def decorate(function: Callable[..., None]) -> Verb:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        twice = {parameter.name for parameter in own} & {parameter.name for parameter in added}
        if twice:
            raise TypeError(f"{function.__qualname__}: {', '.join(sorted(twice))} is a common option")

        @functools.wraps(function)
        def verb(context: typer.Context, **given: Any) -> None:
            if context.invoked_subcommand is not None:
                return  # a group that does something alone, called with one of its verbs
            common = options.Options(**{parameter.name: given.pop(parameter.name) for parameter in added})
            with Run(common, context.obj) as run:
                function(run, **given)

        verb.__signature__ = inspect.Signature(_context_first(own, added))  # type: ignore[attr-defined]  # read by Typer
        return verb

    return decorate


def _context_first(own: Iterable[inspect.Parameter], added: Iterable[inspect.Parameter]) -> list[inspect.Parameter]:
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    return [context, *keywords, *added]


class Run:
    """One run of one command."""

    def __init__(self, options: options.Options, session: Session) -> None:
        self.options = options
        self.session = session
        self._stack = ExitStack()
        self._config: Config | None = None
        self._desk: Desk | None = None
        self._failures: set[exits.ExitCode] = set()
        if session.door:
            _refuse_at_the_door(options)
        if not self.for_people and isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # JSON and CSV are UTF-8 whatever the locale

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._desk = None
        self._stack.__exit__(kind, error, trace)  # what the database's driver raised leaves as the error family
        if error is None and self._failures:
            raise typer.Exit(exits.worst(self._failures).code)

    # -- the desk ------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The configuration, read when first asked for."""
        if self._config is None:
            from helpdeskctl.config import load

            self._config = load(self.options.config, self.session.environ)
        return self._config

    def use_config(self, path: Path) -> None:
        """Go on with this file: it has just been written."""
        from helpdeskctl.config import load

        self._config = load(path, self.session.environ)

    @property
    def dry_run(self) -> bool:
        return self.options.dry_run

    def desk(self, *, check_schema: bool = True) -> Desk:
        """The open desk. Root has become the service user from here on: open named files before.

        With --dry-run everything happens in a transaction that is rolled back at the end.
        """
        if self._desk is None:
            from helpdeskctl import log
            from helpdeskctl.account import become
            from helpdeskctl.desk import open_desk

            become(self.config.user)
            log.start(self.config.log, verbose=self.options.verbose, debug=self.options.debug)
            desk = open_desk(self.config, check_schema=check_schema)
            self._stack.callback(desk.close)
            self._stack.enter_context(desk.connected())
            if self.dry_run:
                self._stack.enter_context(desk.database.rehearsal())
                self._stack.callback(self.note, "nothing was changed (--dry-run)")
            self._desk = desk
        return self._desk

    def close(self) -> None:
        """Give back the desk's connection; the next `desk()` opens it anew."""
        self._desk = None
        self._stack.close()

    def actor(self, *, need_agent: bool = False) -> Actor:
        """Who acts: the agent of --as, HELPDESK_AGENT or the SSH key, else the system.

        Raises NotPermitted when `need_agent` and there is none, NotFound for an unknown agent.
        """
        email = self.session.door or self.options.as_agent or self.session.environ.get("HELPDESK_AGENT")
        if email:
            from helpdeskctl.queries.access import agent_actor

            return agent_actor(self.desk(), email, reason=self.options.reason)
        if need_agent:
            from helpdeskctl.errors import NotPermitted

            raise NotPermitted("this needs an agent", hint="--as EMAIL, or HELPDESK_AGENT=EMAIL")
        from helpdeskctl.domain.permissions import SYSTEM

        return dataclasses.replace(SYSTEM, reason=self.options.reason)

    # -- results -------------------------------------------------------------------------------------------------

    @property
    def form(self) -> str:
        """table, json, jsonl, csv or id."""
        return self.options.output

    @property
    def for_people(self) -> bool:
        return self.form == "table"

    def emit(
        self, rows: Iterable[object], *, columns: Sequence[str] = (), raw: bool = False, header: bool = True
    ) -> None:
        """A list of dataclasses or mappings in the form that was asked for; `columns` are a person's default."""
        wanted = self._wanted or (columns if self.for_people else ())
        self._write_rows(self._picked(rows, wanted), raw=raw, header=header)

    @property
    def _wanted(self) -> Sequence[str]:
        return [name.strip() for name in self.options.fields.split(",")] if self.options.fields else ()

    def _picked(self, rows: Iterable[object], wanted: Sequence[str]) -> Iterable[output.Row]:
        for row in rows:
            fields = _shallow(row)
            try:
                yield output.pick(fields, wanted) if wanted else fields
            except (KeyError, TypeError) as error:
                raise exits.Usage(f"no field {error}", hint=f"known: {', '.join(fields)}") from error

    def _write_rows(self, rows: Iterable[output.Row], *, raw: bool, header: bool = True) -> None:
        header = header and not self.options.no_header
        match self.form:
            case "json":
                output.write(output.json_lines(rows))
            case "jsonl":
                output.write(map(output.json_text, rows))
            case "csv":
                output.write(output.csv_lines(rows, header=header, raw=raw))
            case "id":
                output.write(map(output.identity, rows))
            case _ if sys.stdout.isatty():
                output.terminal_table(rows, header=header, color=not self.options.no_color)
            case _:
                output.write(output.table_lines(rows, header=header))

    def show(self, items: Sequence[object], *, view: Callable[[Any], Iterable[str]] | None = None) -> None:
        """Whole objects: in JSON one object for one, a list for several; for people the lines of `view`."""
        if self.for_people and not self.options.fields:
            for item in items:
                self.print(*(view(item) if view else output.detail_lines(_shallow(item))))
        elif self.form == "json" and len(items) == 1:
            output.write(map(output.json_text, self._picked(items, self._wanted)))
        else:
            self.emit(items)

    def change(self, touched: Touched | Iterable[Touched]) -> None:
        """What was created, updated, deleted or left alone: an object a line, or `created  department support`."""
        for change in touched if isinstance(touched, Iterable) else (touched,):
            fields = {name: getattr(change, name) for name in ("kind", "key", "id", "action", "changed")}
            if not self.for_people:
                self._write_rows([fields], raw=False) if self.form in ("id", "csv") else self.result(fields)
                continue
            what = f"{change.kind.replace('_', ' ')} {change.key}"
            names = ", ".join(change.changed) if change.action == "updated" else ""
            self.say(change.action, change.said or (f"{what}: {names}" if names else what))

    def result(self, fields: Mapping[str, object]) -> None:
        """One summary object for programs; a person gets nothing (use `say`)."""
        if not self.for_people:
            output.write([output.json_text(fields)])

    def say(self, word: str, text: str) -> None:
        """A line of progress for people on stdout, `created  …`; programs and --quiet get nothing."""
        if self.for_people and not self.options.quiet:
            self.print(f"{word:<8} {text}")

    def print(self, *lines: str) -> None:
        """Lines for people on stdout, made harmless."""
        output.write(map(printable, lines))

    def note(self, text: str) -> None:
        """A remark on stderr; not with --quiet."""
        if not self.options.quiet:
            speech.note(text)

    def failed(self, error: Exception, *, about: str | None = None) -> None:
        """One part of a batch went wrong: tell, go on; the run ends with the worst code."""
        as_json = self.form in ("json", "jsonl")
        self._failures.add(speech.complain(error, as_json=as_json, about=about))

    # -- input ---------------------------------------------------------------------------------------------------

    @property
    def may_ask(self) -> bool:
        """Whether a person sits at the terminal and may be asked."""
        return not self.options.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> None:
        """Ask before something that cannot be undone; --yes answers. Raises typer.Abort on no."""
        if self.options.yes or self.dry_run:
            return
        if not self.may_ask:
            raise exits.Usage(f"not confirmed: {question}", hint="--yes")
        typer.confirm(printable(question), abort=True, err=True)

    def keys_from(self, given: Iterable[str]) -> list[str]:
        """The keys of the command line, `-` standing for those on stdin, one a line."""
        keys: list[str] = []
        for key in given:
            keys.extend(filter(None, map(str.strip, sys.stdin)) if key == "-" else [key])
        return keys

    def read(self, path: Path) -> bytes:
        """The octets of an input file, `-` being stdin. Call it before `desk()`. Raises InputMissing."""
        from helpdeskctl.cli.ask import read_input

        if str(path) != "-":
            self.reach_host("- and stdin")
        return read_input(path)

    def refuse_terminal(self, what: str, hint: str = "> FILE, or | less") -> None:
        """To be asked before bytes of strangers go to stdout: a terminal obeys what stands in them. Raises Usage."""
        if sys.stdout.isatty():
            raise exits.Usage(f"{what} would go to the terminal", hint=hint)

    def reach_host(self, hint: str | None = None) -> None:
        """To be asked before a file or folder that was named is touched. Raises NotPermitted at the agents' door."""
        if self.session.door:
            from helpdeskctl.errors import NotPermitted

            raise NotPermitted("files of this host are not for agents who come by SSH", hint=hint)

    def body(self, message: str | None, body_file: Path | None, *, present: str = "") -> str:
        """The text of a message: -m, --body-file, or the editor on a terminal, which begins with `present`."""
        from helpdeskctl.cli.ask import body

        return body(self, message, body_file, present=present)

    def secret(
        self, question: str, *, stdin: bool = False, file: Path | None = None, reference: str | None = None
    ) -> NewSecret:
        """A password: read once (prompt, stdin, file) as `.value`, or kept as `.reference`."""
        from helpdeskctl.cli.ask import secret

        return secret(self, question, stdin=stdin, file=file, reference=reference)


def _shallow(row: object) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    return output.fields_of(row)


def _refuse_at_the_door(given: options.Options) -> None:
    for flag, value in (("--config", given.config), ("--as", given.as_agent), ("--debug", given.debug)):
        if value:
            from helpdeskctl.errors import NotPermitted

            raise NotPermitted(f"{flag} is not for agents who come by SSH")
