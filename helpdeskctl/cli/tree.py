"""The command tree as data: for the completion script, and for tests that mind every command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Flag:
    """One option: its spellings, whether a value follows, and which words that may be (none: any, or a file)."""

    names: tuple[str, ...]
    takes_value: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One command or group: the words that lead to it, the words that may follow, its options and its help."""

    path: tuple[str, ...]
    verbs: tuple[str, ...]
    choices: tuple[str, ...]
    flags: tuple[Flag, ...]
    help: str


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[Node]:
    """Every visible command from `command` down, parents first; imports all of them."""
    below = {name: child for name, child in getattr(command, "commands", {}).items() if not child.hidden}
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    yield Node(
        path,
        verbs=tuple(below),
        choices=tuple(choice for argument in arguments for choice in getattr(argument.type, "choices", ())),
        flags=(*map(_flag, options), Flag(("--help", "-h"), False, ())),
        help=command.help or "",
    )
    for name, child in below.items():
        yield from walk(child, (*path, name))


def _flag(option: Any) -> Flag:
    metavar = option.metavar or ""
    listed = tuple(metavar.split("|")) if metavar.islower() else ()  # a|b stands for words, FILE|DIR does not
    choices = tuple(getattr(option.type, "choices", listed))
    return Flag((*option.opts, *option.secondary_opts), not option.is_flag, choices)


def whole_tree() -> Iterator[Node]:
    """The whole program."""
    from helpdeskctl.cli.main import root

    yield from walk(root())
