"""Everything that is wrong with a wanted object, gathered and told at once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kind import Field, Kind, Shape
from helpdeskctl.domain.kind_types import TEAM_PREFIX
from helpdeskctl.domain.kinds import KINDS, MEMBERSHIP, OWNER
from helpdeskctl.errors import HelpdeskError, InvalidInput, NotFound, Problem
from helpdeskctl.operations.setup_rules import Wanted
from helpdeskctl.queries import setup
from helpdeskctl.queries.setup_places import Children, Column
from helpdeskctl.queries.setup_tables import TABLES, place
from helpdeskctl.store.tables import Agent, Department


class Faults:
    """The faults of one call. `resolve` makes references canonical on its way."""

    def __init__(self, kind: Kind, key: str) -> None:
        self._kind = kind
        self._key = key
        self._problems: list[Problem] = []
        self._missing: list[Problem] = []

    def key(self) -> str:
        """The natural key as it is kept."""
        try:
            self._key = self._kind.key.read(self._key)
        except InvalidInput as error:
            self.add(Problem(self._kind.metavar, error.message, error.hint))
        return self._key

    def add(self, *problems: Problem) -> None:
        """More faults."""
        self._problems.extend(problems)

    def lack(self, *problems: Problem) -> None:
        """Faults of what is named and not there."""
        self._missing.extend(problems)

    def resolve(self, desk: Desk, values: dict[str, Any]) -> None:
        """Look every reference up; put the natural key in the place of `id:3`."""
        for field in self._kind.fields:
            value = values.get(field.name)
            if field.references is None or not value:
                continue
            if field.shape is Shape.MANY:
                values[field.name] = tuple(self._canonical(desk, field, item) for item in value)
                values[field.name] = values[field.name] if _ordered(self._kind, field) else _sorted(values[field.name])
            else:
                values[field.name] = self._canonical(desk, field, value)

    def _canonical(self, desk: Desk, field: Field, value: str) -> str:
        kind, key, before, after = _target(field, value)
        number = setup.find(desk, kind, key)
        if number is None:
            option = f"{field.flag or field.name} "
            self.lack(no_such(desk, kind, key, where=field.name, option=option, otherwise=field.metavar))
            return value
        if why := out_of_use(kind, number, owner=field.references == OWNER):
            self.add(Problem(field.name, f"{kind} {key} {why}"))
        return f"{before}{setup.key_of(desk, kind, number)}{after}"

    def mind_unique(self, desk: Desk, state: Wanted) -> None:
        """Values that only one object may have."""
        own = state.current.id if state.current else 0
        for field in self._kind.fields:
            if field.unique and (value := state.values.get(field.name)):
                for item in value if field.shape is Shape.MANY else (value,):
                    self._mind(desk, field, item, own)

    def _mind(self, desk: Desk, field: Field, value: str, own: int) -> None:
        at = place(self._kind, field)
        if isinstance(at, Children):
            table, owner, column = at.table, at.owner, at.column
        else:
            assert isinstance(at, Column)  # noqa: S101  # unique fields stand in columns
            table, owner, column = TABLES[self._kind.name].model, "id", at.name
        row = table.get_or_none(getattr(table, column) == value)
        if row is not None and getattr(row, owner) != own:
            other = setup.key_of(desk, self._kind.name, getattr(row, owner))
            self.add(Problem(field.name, f'"{value}" is taken by {self._kind.label} {other}'))

    def tell(self) -> None:
        """Raise what was gathered: NotFound for unknown references alone, InvalidInput as soon as there is more."""
        faults = [*self._problems, *self._missing]
        if not faults:
            return
        error: type[HelpdeskError] = InvalidInput if self._problems else NotFound
        subject = f"{self._kind.name}/{self._key}"
        if len(faults) == 1:
            [fault] = faults
            what = fault.what if self._missing else f"{fault.where}: {fault.what}"
            raise error(what, hint=fault.hint, subject=subject)
        raise error(summary(faults), subject=subject, problems=faults)


def summary(faults: Sequence[Problem]) -> str:
    """The sentence after a list of faults."""
    return f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}; nothing was changed"


def _target(field: Field, value: str) -> tuple[str, str, str, str]:
    """Kind and key a value points at, and what stands before and after the key."""
    if field.references == OWNER and value.startswith(TEAM_PREFIX):
        return "team", value.removeprefix(TEAM_PREFIX), TEAM_PREFIX, ""
    if field.references == OWNER:
        return "agent", value, "", ""
    if field.references == MEMBERSHIP:
        key, _, role = value.rpartition(":")
        return "department", key, "", f":{role}"
    return str(field.references), value, "", ""


def no_such(desk: Desk, kind: str, key: str, *, where: str, option: str, otherwise: str = "KEY") -> Problem:
    """The problem of a key that leads nowhere: `option` is what to type before the nearest one, or `otherwise`."""
    listed = setup.near(desk, kind, key)
    nearest = difflib.get_close_matches(key, listed.removeprefix("(known: ").rstrip(")").split(", "), 1)
    word = f"{option}{nearest[0] if nearest else otherwise}"
    missing = f"helpdeskctl {setup.command(kind)} create {key}"
    return Problem(where, f'no {KINDS[kind].label} "{key}"', f"{word}        {listed}" if listed else missing)


def out_of_use(kind: str, number: int, *, owner: bool) -> str | None:
    """Why an object is not to be used; `owner`: to be given tickets."""
    if kind == "department" and Department.get(Department.id == number).archived_at is not None:
        return "is archived"
    if owner and kind == "agent" and not Agent.get(Agent.id == number).active:
        return "is not active"
    return None


def _ordered(kind: Kind, field: Field) -> bool:
    at = place(kind, field)
    return isinstance(at, Children) and at.ordered


def _sorted(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
