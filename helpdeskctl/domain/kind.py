"""What a kind of set-up object is: its natural key, its fields, and the judgement of what somebody wants of one.

A kind is declared once (`domain/kinds.py`). The command line makes its options from it, operations check against it,
queries print it; values are always as the contract shows them, references as natural keys.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from helpdeskctl.domain.kind_types import REFERENCE
from helpdeskctl.domain.permissions import Action, Actor, Verdict, may_in
from helpdeskctl.domain.setting_types import Type
from helpdeskctl.errors import HelpdeskError, InvalidInput, Problem


class Shape(StrEnum):
    """How many values a field has."""

    ONE = "one"
    MANY = "many"  # a list without doubles
    MAP = "map"  # name -> value; what is given is laid over what is there, an empty value takes away


class Right(StrEnum):
    """Who may change objects of a kind, besides admins and the system (AGT-1, CON-1)."""

    ADMIN = "admin"
    LEAD = "lead"  # leads of the department it belongs to
    AGENT = "agent"  # every agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `help` is a sentence; `option` what it is called on the command line, empty where a verb of its own
    sets it. `by_default` holds when nothing was given at creation, and when the field is emptied; with `setting` a new
    object starts with what that setting of the desk says. `references` is the kind whose keys are the values; `names`
    reads the names of a map.
    """

    name: str
    type: Type
    help: str
    option: str | None = None
    metavar: str = "TEXT"
    by_default: Any = None
    required: bool = False
    references: str | None = None
    shape: Shape = Shape.ONE
    names: Type = REFERENCE
    unique: bool = False
    setting: str | None = None

    @property
    def flag(self) -> str | None:
        """The option: `--after-send`. None where there is none."""
        return f"--{self.option or self.name.replace('_', '-')}" if self.option != "" else None

    def read(self, raw: object) -> Any:
        """The value, as the contract shows it. Raises InvalidInput."""
        if self.shape is Shape.ONE:
            return self.type.read(raw)
        if self.shape is Shape.MANY:
            items: Iterable[object] = [raw] if isinstance(raw, str) else raw  # type: ignore[assignment]  # checked below
            if not isinstance(items, list | tuple):
                raise InvalidInput("must be a list")
            return tuple(dict.fromkeys(map(self.type.read, items)))
        if not isinstance(raw, Mapping):
            raise InvalidInput("must be names with values, as de=Technik")
        return {self.names.read(name): value and self.type.read(value) for name, value in raw.items()}

    def empty(self) -> Any:
        """The value when nothing was said."""
        return {Shape.ONE: self.by_default, Shape.MANY: (), Shape.MAP: {}}[self.shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of set-up object. `key` reads its natural key, `metavar` is what help calls that."""

    name: str
    key: Type
    fields: tuple[Field, ...] = ()
    metavar: str = "KEY"
    right: Right = Right.ADMIN
    summary: tuple[str, ...] = ()  # the fields that a list shows to people

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ")

    def field(self, name: str) -> Field | None:
        """The field called `name`, in either spelling."""
        return next((field for field in self.fields if field.name == name.replace("-", "_")), None)


def judged(kind: Kind, given: Mapping[str, object], *, creating: bool) -> tuple[dict[str, Any], list[Problem]]:
    """The typed values of what was given, completed by defaults when `creating`, and everything wrong with them."""
    values: dict[str, Any] = {}
    problems = [unknown(kind, name) for name in given if kind.field(name) is None]
    for field in kind.fields:
        raw = given.get(field.name)
        if raw is not None:
            try:
                values[field.name] = field.read(raw)
            except HelpdeskError as error:
                problems.append(Problem(field.name, error.message, error.hint))
        elif creating and field.required:
            problems.append(Problem(field.name, "is missing", field.flag and f"{field.flag} {field.metavar}"))
        elif creating:
            values[field.name] = field.empty()
    return values, problems


def emptied(kind: Kind, names: Iterable[str]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of fields that are to be emptied, and what speaks against it."""
    values: dict[str, Any] = {}
    problems = []
    for name in names:
        field = kind.field(name)
        if field is None:
            problems.append(unknown(kind, name))
        elif field.required:
            problems.append(Problem(field.name, "cannot be empty"))
        else:
            values[field.name] = field.empty()
    return values, problems


def unknown(kind: Kind, name: str) -> Problem:
    """The problem of a field that the kind does not have, with the nearest that it has."""
    near = difflib.get_close_matches(name, [field.name for field in kind.fields], 1)
    return Problem(name, "no such field", f'did you mean "{near[0]}"?' if near else None)


def may_change(actor: Actor, kind: Kind, departments: Iterable[int | None]) -> Verdict:
    """Whether `actor` may change an object of `kind` that belongs to these departments (None: to the whole desk)."""
    if actor.kind == "system" or actor.admin:
        return Verdict(True, "admins set up the desk")
    if actor.kind == "agent" and kind.right is Right.AGENT:
        return Verdict(True, "every agent may")
    if kind.right is not Right.LEAD:
        return Verdict(False, f"only admins change a {kind.label}")
    verdicts = [may_in(actor, Action.SET_UP, number) if number else _NOT_HERS for number in departments]
    return next((verdict for verdict in verdicts if not verdict.allowed), verdicts[0] if verdicts else _NOT_HERS)


_NOT_HERS = Verdict(False, "what belongs to no department is the admins' to change")
