"""Commands that are built when they are asked for: a start pays for the one verb it runs, not for two hundred."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any

import typer
from typer.models import CommandInfo


class Lazy(MutableMapping[str, Any]):
    """Name -> command, each made by its builder at the first look."""

    def __init__(self, builders: Mapping[str, Callable[[], Any]]) -> None:
        self._builders = dict(builders)
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = self._builders[name]()
            self._built[name].name = name
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)

    def __setitem__(self, name: str, command: Any) -> None:
        self._builders[name] = lambda: command

    def __delitem__(self, name: str) -> None:
        del self._builders[name]


def build(app: typer.Typer) -> Any:
    """What `typer.main.get_command` makes of an app, with the verbs of a group left for later."""
    if app.registered_callback is None:
        return typer.main.get_command(app)
    hull = copy.copy(app)
    hull.registered_commands, hull.registered_groups = [], []
    group = typer.main.get_command(hull)
    group.commands = Lazy(dict(_parts(app)))  # type: ignore[attr-defined]  # a group: it has a callback
    return group


def _parts(app: typer.Typer) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The verbs of a group with their builders, then the groups in it; one without a name gives its verbs instead."""
    for verb in app.registered_commands:
        yield _name(verb), partial(_verb, app, verb)
    for noun in app.registered_groups:
        if noun.typer_instance is None:
            continue
        if isinstance(noun.name, str):
            yield noun.name, partial(build, noun.typer_instance)
        else:
            yield from _parts(noun.typer_instance)


def _name(info: CommandInfo) -> str:
    if info.name:
        return info.name
    assert info.callback is not None  # noqa: S101  # Typer registers functions only
    return info.callback.__name__.lower().replace("_", "-")


def _verb(app: typer.Typer, info: CommandInfo) -> Any:
    alone = copy.copy(app)
    alone.registered_callback, alone.registered_commands, alone.registered_groups = None, [info], []
    return typer.main.get_command(alone)
