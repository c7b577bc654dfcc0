"""One family of errors. Nothing else is raised to a person.

Each carries what happened, to which object, and the command that mends it. No exit codes, HTTP codes or colours
here: every front end translates the family once (`cli/exits.py`, `tui/app.py`, `portald/errors.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault among several: `where` it stands (a dotted key, `file:line`, a field) and what is wrong there."""

    where: str
    what: str
    hint: str | None = None


class HelpdeskError(Exception):
    """The family. `subject` names the object in the contract's form `kind/key` (`department/support`)."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        subject: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.subject = subject
        self.problems = tuple(problems)


class InvalidInput(HelpdeskError):
    """A value, file, mail or query cannot be used as it stands; `problems` holds every fault found."""


class InputMissing(HelpdeskError):
    """A named input file is not there or cannot be read."""


class NotFound(HelpdeskError):
    """No such object, or none that this actor may see; `hint` names near matches."""


class Refused(HelpdeskError):
    """A rule of the desk says no and will go on saying no until something else changes (in use, no sender, billed)."""


class Exists(HelpdeskError):
    """An object or an output file with that name is there already."""


class StorageFailed(HelpdeskError):
    """Disk full or store not writable. Nothing was acknowledged that is not stored."""


class TryAgain(HelpdeskError):
    """Something outside is busy or away for the moment: database, mail server, lock."""


class NotPermitted(HelpdeskError):
    """The actor lacks the right, a login was refused, or a file's mode is too open."""


class ConfigError(HelpdeskError):
    """The configuration is missing or invalid, or code and schema do not fit together."""


class NegativeAnswer(HelpdeskError):
    """A question was answered with no: a probe failed, a difference was found."""


class Newer(NamedTuple):
    """A message that its reader has not seen; `text` is the whole of it."""

    message_id: int
    author: str
    at: datetime
    text: str


class NewerMessages(NegativeAnswer):
    """A reply or change was held back because something arrived since its author looked (TIC-11)."""

    def __init__(
        self, message: str, *, newer: Sequence[Newer] = (), hint: str | None = None, subject: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, subject=subject)
        self.newer = tuple(newer)
