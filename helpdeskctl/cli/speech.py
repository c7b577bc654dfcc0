"""Everything that is said on stderr: notes and errors. Results go to stdout, through `output`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from helpdeskctl.cli import exits
from helpdeskctl.domain.text import printable
from helpdeskctl.errors import HelpdeskError

PROGRAM = "helpdeskctl"
_SHOWN_LINES = 20  # of each newer message


def note(text: str) -> None:
    """A line beside the results."""
    sys.stderr.write(printable(text) + "\n")


def progress(text: str) -> None:
    """How far a long run is: one line on a terminal, written over by the next one, ended by an empty one."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{printable(text)}" if text else "\r\x1b[K")
        sys.stderr.flush()


def complain(error: BaseException, *, as_json: bool = False, about: str | None = None) -> exits.ExitCode:
    """Tell a person (or, as one JSON line, a program) what went wrong and what to type next.

    `about` names the part of a batch that failed, where the error has no subject of its own.
    """
    exit_code = exits.of(error)
    if exit_code is exits.SOFTWARE:
        from helpdeskctl.cli.crash import unexpected

        error = unexpected(error)
    if as_json:
        sys.stderr.write(json.dumps({"error": _facts(error, exit_code, about)}) + "\n")
    else:
        sys.stderr.write("".join(f"{printable(line)}\n" for line in _lines(error, about)))
    return exit_code


def message_of(error: BaseException) -> str:
    """What happened, in one sentence without the hint."""
    if isinstance(error, HelpdeskError):
        return error.message
    formatted = getattr(error, "format_message", None)
    text = formatted() if formatted else str(error)
    return re.sub(r"\s+", " ", text).strip().rstrip(".") or type(error).__name__


def _lines(error: BaseException, about: str | None) -> list[str]:
    lines = []
    for problem in getattr(error, "problems", ()):
        lines.append(f"{PROGRAM}: error: {problem.where}: {problem.what}")
        if problem.hint:
            lines.append(f"  try: {problem.hint}")
    lines.extend(_newer(error))
    subject = getattr(error, "subject", None) or about
    lines.append(f"{PROGRAM}: error: {message_of(error)}{_object(subject, message_of(error))}")
    if hint := _hint(error):
        lines.append(f"  try: {hint}")
    return lines


def _newer(error: BaseException) -> Iterator[str]:
    """The messages that came since (TIC-11): who wrote when, and how each begins."""
    from helpdeskctl.cli.output import cell

    for number, author, at, text in getattr(error, "newer", ()):
        yield f"{number}  {cell(at)}  {author}"
        yield from (f"    {line}" for line in text.splitlines()[:_SHOWN_LINES])


def _object(subject: str | None, message: str) -> str:
    """` (mailbox support@example.org)`; nothing where the message names it already."""
    if not subject:
        return ""
    _, _, key = subject.partition("/")
    return "" if key and key in message else f" ({subject.replace('/', ' ', 1)})"


def _hint(error: BaseException) -> str | None:
    hint = getattr(error, "hint", None)
    context = getattr(error, "ctx", None)  # Typer's usage errors know the command they came from
    return f"{context.command_path} -h" if context is not None and not hint else hint


def _facts(error: BaseException, exit_code: exits.ExitCode, about: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "code": exit_code.code,
        "name": exit_code.name,
        "message": message_of(error),
        "hint": _hint(error),
        "object": getattr(error, "subject", None) or about,
    }
    if problems := getattr(error, "problems", ()):
        facts["problems"] = [{"where": p.where, "message": p.what, "hint": p.hint} for p in problems]
    if newer := getattr(error, "newer", ()):
        from helpdeskctl.cli.output import plain

        facts["newer"] = [
            {"id": number, "author": author, "at": plain(at), "text": text} for number, author, at, text in newer
        ]
    return facts
