"""The exit codes: one table, from which `help exit-codes` is printed and every error is translated."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import NamedTuple

import typer

from helpdeskctl import errors


class ExitCode(NamedTuple):
    """A code, its name in JSON errors, and what a caller may conclude from it."""

    code: int
    name: str
    when: str


OK = ExitCode(0, "ok", "done, or nothing to do (also: the object is already exactly so)")
NEGATIVE = ExitCode(
    1, "negative-answer", "a question was answered with no: a difference, a failed probe, something newer"
)
USAGE = ExitCode(2, "usage", "wrong flag or argument")
DATA = ExitCode(65, "data", "a setup file, CSV, mail or query is invalid; the message names place and field")
NO_INPUT = ExitCode(66, "no-input", "a named file is not there or not readable")
NOT_FOUND = ExitCode(67, "no-such-object", "ticket, agent, department … not found; near matches are printed")
UNAVAILABLE = ExitCode(69, "unavailable", "a permanent no: in use, not installed, the server refuses for good")
SOFTWARE = ExitCode(70, "software", "an unexpected fault; the log's path is printed, please report it")
EXISTS = ExitCode(73, "exists", "the key or the output file exists already")
IO = ExitCode(74, "io", "disk full, attachment store not writable")
TRY_AGAIN = ExitCode(75, "try-again", "database or mail server busy or away, lock held; later it may work")
NOT_PERMITTED = ExitCode(77, "not-permitted", "login refused, file mode too open, the agent lacks the role")
CONFIGURATION = ExitCode(78, "configuration", "config missing or invalid, schema older or newer than the code")
INTERRUPTED = ExitCode(130, "interrupted", "stopped by Ctrl-C; nothing is half-written")

ALL = (
    OK, NEGATIVE, USAGE, DATA, NO_INPUT, NOT_FOUND, UNAVAILABLE, SOFTWARE, EXISTS, IO, TRY_AGAIN, NOT_PERMITTED,
    CONFIGURATION, INTERRUPTED,
)  # fmt: skip

# in a batch everything is tried and the worst answer wins, the first here being the worst
WORST_FIRST = (
    SOFTWARE, CONFIGURATION, NOT_PERMITTED, IO, DATA, NO_INPUT, EXISTS, NOT_FOUND, UNAVAILABLE, TRY_AGAIN, NEGATIVE,
)  # fmt: skip

_BY_ERROR: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (errors.InvalidInput, DATA),
    (errors.InputMissing, NO_INPUT),
    (errors.NotFound, NOT_FOUND),
    (errors.Refused, UNAVAILABLE),
    (errors.Exists, EXISTS),
    (errors.StorageFailed, IO),
    (errors.TryAgain, TRY_AGAIN),
    (errors.NotPermitted, NOT_PERMITTED),
    (errors.ConfigError, CONFIGURATION),
    (errors.NegativeAnswer, NEGATIVE),
    (UnicodeError, DATA),  # an argument or a key on stdin that is no UTF-8
    (typer.TyperException, USAGE),
    (typer.Abort, INTERRUPTED),
    (KeyboardInterrupt, INTERRUPTED),
)
_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})


class Usage(typer.TyperException):
    """A wrong flag or argument that Typer itself cannot see; `hint` is what to type instead."""

    exit_code = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def of(error: BaseException) -> ExitCode:
    """The exit code that tells about this error; SOFTWARE for what nobody expected."""
    if isinstance(error, OSError) and error.errno in _DISK_FAULTS:
        return IO
    return next((exit_code for kind, exit_code in _BY_ERROR if isinstance(error, kind)), SOFTWARE)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The code of a batch: the worst of its parts, OK for none."""
    found = set(codes)
    return next((exit_code for exit_code in WORST_FIRST if exit_code in found), OK)
