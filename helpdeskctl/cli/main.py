"""The entry point: the command tree, loaded as far as the command line asks, and errors turned into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import pairwise
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from helpdeskctl.cli import exits, speech
from helpdeskctl.cli.lazy import Lazy, build
from helpdeskctl.cli.runtime import HELP_OPTIONS, Session, needs_verb


class Entry(NamedTuple):
    """A command or group of the first level: the module `helpdeskctl.cli.<name>` has it as `app`."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        return f"helpdeskctl.cli.{self.name}"


PANELS: dict[str, tuple[Entry, ...]] = {
    "Start": (
        Entry("demo", "A throw-away desk with sample mail; no mail leaves"),
        Entry("init", "Config, key file, folders, schema and the first admin; safe to repeat"),
        Entry("overview", "One screen: version, database, queues, mailboxes, late tickets"),
        Entry("doctor", "What is misconfigured or about to break, and what mends it"),
        Entry("version", "The version, and what it runs on"),
        Entry("help", "Longer texts: exit-codes, environment, query, settings, cron …"),
        Entry("completion", "The completion script of bash, zsh or fish"),
    ),
    "Daily": (
        Entry("tui", "The agents' screen"),
        Entry("ticket", "List, read, answer, assign, close … tickets"),
        Entry("attachment", "List, get, put and delete files of tickets"),
        Entry("view", "Saved queries, own and shared"),
        Entry("report", "What the desk did, in numbers"),
        Entry("access", "Which rule lets an agent or contact see a ticket"),
    ),
    "Set-up": (
        Entry("department", "Departments and their members"),
        Entry("mailbox", "Mailboxes: where mail comes from and leaves by"),
        Entry("agent", "Agents and their roles"),
        Entry("team", "Teams of agents"),
        Entry("contact", "Contacts: the people who write to you"),
        Entry("company", "Companies and their domains"),
        Entry("signature", "Signatures of departments and agents"),
        Entry("canned", "Canned replies"),
        Entry("kb", "The knowledge base: articles for customers"),
        Entry("portal", "The customers' portal: address, look, pages"),
        Entry("status", "Statuses of tickets"),
        Entry("type", "Types of tickets"),
        Entry("topic", "Topics that customers choose from"),
        Entry("field", "Fields of your own on tickets, contacts, companies"),
        Entry("tag", "Tags"),
        Entry("template", "Texts of automatic mail"),
        Entry("setting", "Settings of the desk"),
        Entry("rule", "What the desk does with mail by itself"),
        Entry("block", "Senders and subjects kept out, senders let in"),
    ),
    "Running": (
        Entry("mail", "Fetch, send, import and explain mail; queue and quarantine"),
        Entry("cron", "Every job that is due: one line in crontab"),
        Entry("metrics", "The desk in figures, for Prometheus"),
        Entry("db", "The database and its schema"),
        Entry("config", "The configuration file"),
    ),
}


def load(entry: Entry) -> Any:
    """Import the part and build its command or group."""
    return build(importlib.import_module(entry.module).app)


class PanelGroup(TyperGroup):
    """The first level: commands on demand, help under four headings."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Lazy({entry.name: partial(load, entry) for panel in PANELS.values() for entry in panel})

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, without importing what is behind them."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The headings Start, Daily, Set-up, Running with their commands."""
        for heading, entries in PANELS.items():
            with formatter.section(heading):
                formatter.write_dl([(entry.name, entry.summary) for entry in entries], col_max=14)


def root() -> Any:
    """The command tree."""
    app = typer.Typer(
        name=speech.PROGRAM, cls=PanelGroup, rich_markup_mode=None, pretty_exceptions_enable=False,
        add_completion=False, context_settings=HELP_OPTIONS,
        help="A helpdesk for people who live in a terminal.",
        epilog="Every command has -h. Exit codes: helpdeskctl help exit-codes",
    )  # fmt: skip
    app.callback(invoke_without_command=True)(needs_verb)
    return typer.main.get_command(app)


def main(
    argv: Sequence[str] | None = None, *, environ: Mapping[str, str] | None = None, door: str | None = None
) -> int:
    """Run one command line and return its exit code. `door` is the agent whose SSH key opened the session."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    session = Session({} if door else os.environ if environ is None else environ, door)
    os.umask(0o077)  # whatever the caller's: nothing of a desk is for others
    _never_fail_at_a_character()
    try:
        code = _run(arguments, session)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has seen enough; the interpreter's own flush at exit must not complain either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK.code
    except typer.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, typer.Abort, EOFError):
        speech.note("stopped; nothing half-written")
        return exits.INTERRUPTED.code
    except Exception as error:
        return _failed(error, arguments)
    return code


def _never_fail_at_a_character() -> None:
    """A terminal's or a pipe's encoding may be anything: what it does not know is shown as an escape."""
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def _run(arguments: list[str], session: Session) -> int:
    tree = root()
    try:
        with tree.make_context(speech.PROGRAM, list(arguments), obj=session) as context:
            tree.invoke(context)
    except typer.Exit as leaving:
        return leaving.exit_code
    return exits.OK.code


def _failed(error: Exception, arguments: list[str]) -> int:
    if "--debug" in arguments:
        import traceback

        traceback.print_exc()
    return speech.complain(error, as_json=_wants_json(arguments)).code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether errors are read by a program; told from the raw arguments, for they may be what is wrong."""
    for flag, value in pairwise([*arguments, ""]):
        if flag in ("-o", "--output") and value in ("json", "jsonl"):
            return True
        if flag in ("-ojson", "-ojsonl", "--output=json", "--output=jsonl"):
            return True
    return False
