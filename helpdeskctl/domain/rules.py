"""The desk's own rules (MAIL-17, AUT-1): when one is asked, and what it does. Conditions are the query language's."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from helpdeskctl.domain import patterns
from helpdeskctl.domain.filters import And, Compare, Not, Or, Tree
from helpdeskctl.domain.kind_types import PRIORITY, REFERENCE, TAG, TEAM_PREFIX
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput

TRIGGERS = ("mail",)
NOT_YET = ("created", "updated", "reply", "time")
STOP = "stop"

Target = tuple[str, str]
"""Kind and key of a set-up object that a rule names."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a rule does; `value` is in the form that is kept, empty where the action takes none."""

    name: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.value}" if self.value else self.name

    @property
    def target(self) -> Target | None:
        """What it names of the set-up. Tags come into being by being used."""
        if self.name == "assign" and self.value.startswith(TEAM_PREFIX):
            return "team", self.value.removeprefix(TEAM_PREFIX)
        kind = ACTIONS[self.name].names
        return (kind, self.value) if kind else None

    def naming(self, key: str) -> Action:
        """The same with another key for its target."""
        return replace(self, value=f"{TEAM_PREFIX}{key}" if self.value.startswith(TEAM_PREFIX) else key)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an action is: how its value is read (None: it takes none), what that names, and a sentence.

    `anywhere`: it holds for mail into tickets that are there, too; `ends`: the mail's fate is decided; `once`: a rule
    has one of it.
    """

    read: Callable[[object], str] | None
    sentence: str
    example: str
    names: str = ""
    anywhere: bool = False
    ends: bool = False
    once: bool = False


def _pattern(raw: object) -> str:
    text = clean_line(str(raw))
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    patterns.several(text)
    return text


ACTIONS: Mapping[str, Kind] = {
    "department": Kind(REFERENCE.read, "a new ticket goes there", "department:billing", "department", once=True),
    "priority": Kind(PRIORITY.read, "the priority of a new ticket", "priority:urgent", once=True),
    "tag": Kind(TAG.read, "a tag for a new ticket", "tag:safety", "tag"),
    "type": Kind(REFERENCE.read, "the type of a new ticket", "type:incident", "type", once=True),
    "topic": Kind(REFERENCE.read, "the topic of a new ticket", "topic:hardware", "topic", once=True),
    "assign": Kind(REFERENCE.read, "who gets a new ticket: AGENT or team:K", "assign:team:first", "agent", once=True),
    "close": Kind(None, "a new ticket is closed at once; nobody is told", "close"),
    "spam": Kind(None, "a new ticket goes to the spam list; nobody is told", "spam"),
    "quarantine": Kind(None, "the mail waits in quarantine", "quarantine", anywhere=True, ends=True),
    "reject": Kind(None, "the mail opens nothing; its sender is told once", "reject", anywhere=True, ends=True),
    "fold": Kind(_pattern, "the text is folded from the line of this pattern on", "fold:^confidential", anywhere=True),
    STOP: Kind(None, "where the rule holds, no later one is asked", STOP, anywhere=True),
}
"""Every action, in the order of the help."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is asked: where `when` holds, `actions` are done in their order; `stop`: no later rule is asked."""

    id: int
    key: str
    when: Tree
    actions: tuple[Action, ...]
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """A rule that held: what it does, and the piece of the mail that it rests on."""

    rule_id: int
    key: str
    did: tuple[str, ...]
    evidence: str = ""

    def __str__(self) -> str:
        return f"rule {self.key}: {', '.join(self.did)}"


def read_action(raw: object) -> str:
    """An action as people type it, in the form that is kept. Raises InvalidInput with the nearest known one."""
    return str(action(str(raw)))


def action(text: str) -> Action:
    """The action `text` means. Raises InvalidInput."""
    name, colon, value = clean_line(text).partition(":")
    name = name.casefold()
    kind = ACTIONS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, ACTIONS, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(ACTIONS)}"
        raise InvalidInput(f'no action "{name}"', hint=hint)
    if kind.read is None:
        if colon:
            raise InvalidInput(f'"{name}" takes nothing behind a colon', hint=kind.example)
        return Action(name)
    if not value.strip():
        raise InvalidInput(f'"{name}" lacks what it takes', hint=kind.example)
    return Action(name, kind.read(value))


def faults(actions: tuple[Action, ...]) -> Iterator[str]:
    """What speaks against these actions in one rule."""
    names = [each.name for each in actions]
    for name, kind in ACTIONS.items():
        if kind.once and names.count(name) > 1:
            yield f'"{name}" stands twice'
    ends = [name for name in names if ACTIONS[name].ends]
    if len(ends) > 1:
        yield f"{' and '.join(ends)}: a mail has one fate"


def read_trigger(raw: object) -> str:
    """What a rule waits for. Raises InvalidInput; of what is not built it says so."""
    word = str(raw).strip().casefold()
    if word in NOT_YET:
        raise InvalidInput(f'rules on "{word}" are not there yet', hint="--on mail: rules for mail that comes in")
    if word not in TRIGGERS:
        raise InvalidInput(f'no "{word}" here', hint=f"known: {', '.join(TRIGGERS)}")
    return word


def read_condition(raw: object) -> str:
    """The text of a condition; whether it can be read depends on what the rule waits for."""
    return clean_line(str(raw))


_NAMING_WORDS = {"department": "department", "mailbox": "mailbox"}


def targets(tree: Tree) -> Iterator[Target]:
    """What a condition about mail names of the set-up."""
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from targets(part)
        case Not(part):
            yield from targets(part)
        case Compare(word, _, values) if word in _NAMING_WORDS:
            yield from ((_NAMING_WORDS[word], str(value)) for value in values)


def renamed(tree: Tree, old: Target, new: str) -> Tree:
    """The condition with another key for what it names."""
    match tree:
        case And(parts):
            return And(tuple(renamed(part, old, new) for part in parts))
        case Or(parts):
            return Or(tuple(renamed(part, old, new) for part in parts))
        case Not(part):
            return Not(renamed(part, old, new))
        case Compare(word, _, values) if _NAMING_WORDS.get(word) == old[0]:
            return replace(tree, values=tuple(new if value == old[1] else value for value in values))
    return tree
