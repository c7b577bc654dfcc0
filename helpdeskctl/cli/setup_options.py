"""The options of `create` and `edit`, made from the fields of a kind, and read back into its values."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.options import BodyFile, Message
from helpdeskctl.cli.runtime import Run
from helpdeskctl.domain.kind import Field, Kind, Shape
from helpdeskctl.domain.setting_types import YES_NO

_PREFIX = "field_"  # keeps the names of fields apart from those of common options


def parameters(kind: Kind) -> list[inspect.Parameter]:
    """One option for each field that is set on the command line; a text is given by -m or --body-file."""
    made = [_parameter(field) for field in kind.fields if field.flag is not None]
    if kind.field("body") is not None:
        made += [keyword("message", Message), keyword("body_file", BodyFile)]
    return made


def keyword(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    """A keyword-only parameter."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def argument(name: str, metavar: str, help_: str, *, many: bool = False) -> inspect.Parameter:
    """A positional word of the command line."""
    type_: Any = list[str] if many else str
    annotation: Any = Annotated[type_, typer.Argument(metavar=metavar, help=help_)]
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)


def _parameter(field: Field) -> inspect.Parameter:
    flag = str(field.flag)
    settings: dict[str, Any] = {"help": field.help, "show_default": False}
    if field.type is YES_NO:
        type_: Any = bool | None
        flag = f"{flag}/--no-{flag.removeprefix('--')}"
    else:
        type_ = str | None if field.shape is Shape.ONE else list[str] | None
        settings["metavar"] = field.metavar
    annotation: Any = Annotated[type_, typer.Option(flag, **settings)]
    return keyword(f"{_PREFIX}{field.name}", annotation)


def values(kind: Kind, given: Mapping[str, Any]) -> dict[str, object]:
    """What was given of the fields, as operations take it."""
    found: dict[str, object] = {}
    for field in kind.fields:
        raw = given.get(f"{_PREFIX}{field.name}")
        if raw is None or raw == []:
            continue
        found[field.name] = pairs(raw, str(field.flag)) if field.shape is Shape.MAP else raw
    return found


def pairs(words: Iterable[str], flag: str) -> dict[str, str]:
    """`a=b` as name and value. Raises Usage."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Usage(f'{flag} "{word}" is no pair', hint=f"{flag} NAME=VALUE")
        found[name] = value
    return found


def body(run: Run, kind: Kind, given: Mapping[str, Any], *, needed: bool) -> dict[str, object]:
    """The text as a value, if the kind has one and it was given, or must be."""
    message, file = given.get("message"), given.get("body_file")
    if kind.field("body") is None or (message is None and file is None and not needed):
        return {}
    return {"body": run.body(message, Path(file) if file else None)}
