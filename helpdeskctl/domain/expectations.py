"""What an admin expects of a mail, in a file beside it (MAIL-8): TOML with any keys of the object of `mail explain`.

    decision = "open"
    department = "support"
    ticket = ""                        # an empty text stands for null
    attachments = [{ filename = "photo.jpg" }]

What is not stated is not compared, also inside lists and maps; a list has as many members as it states. White space at
the ends of lines and texts counts for nothing.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from helpdeskctl.domain import front_matter
from helpdeskctl.errors import InvalidInput

STATED = ("decision", "rule", "class", "department", "subject", "visible", "attachments")
"""What `stated` writes of an outcome; the rest depends on the desk's own tickets, or says it again."""
_OF_FILE = ("filename", "type", "size", "inline")
_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where (`attachments[0].filename`) the outcome is not what was expected."""

    key: str
    expected: Any
    outcome: Any


def read(text: str, name: str) -> Mapping[str, Any]:
    """The expectation in a file. InvalidInput, with `name` and the line, for what is no TOML or says nothing."""
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = _LINE.search(str(wrong))
        line = int(found[1]) if found else max(text.count("\n"), 1)
        raise InvalidInput(f"{name}:{line}: {wrong}") from wrong
    if not expected:
        raise InvalidInput(f"{name}:1: it expects nothing", hint='as decision = "open"')
    return expected


def compare(expected: Mapping[str, Any], outcome: Mapping[str, Any], text: str, name: str) -> list[Difference]:
    """How an outcome differs. `text` and `name` are those of the file, for its faults.

    InvalidInput, with file and line, for a key that no outcome has.
    """

    def walk(wanted: Any, is_: Any, path: str) -> Iterator[Difference]:
        if isinstance(wanted, Mapping) and isinstance(is_, Mapping):
            for key, value in wanted.items():
                if key not in is_:
                    raise _unknown(key, is_, text, name)
                yield from walk(value, is_[key], f"{path}.{key}" if path else key)
        elif isinstance(wanted, list) and isinstance(is_, list) and len(wanted) == len(is_):
            for place, (value, member) in enumerate(zip(wanted, is_, strict=True)):
                yield from walk(value, member, f"{path}[{place}]")
        elif not _same(wanted, is_):
            yield Difference(path, wanted, is_)

    return list(walk(expected, outcome, ""))


def stated(outcome: Mapping[str, Any]) -> str:
    """An outcome as an expectation: what `read` and `compare` find no difference in."""
    lines = []
    for key in STATED:
        value = outcome[key]
        if key == "attachments":
            value = [{name: file[name] for name in _OF_FILE} for file in value]
        if isinstance(value, str) and "\n" in value.strip():
            lines.append(f'{key} = """\n{_lines(value)}"""')
        else:
            lines.append(f"{key} = {front_matter.value('' if value is None else value)}")
    return "\n".join([*lines, ""])


def _lines(text: str) -> str:
    """A text of several lines between three quotes: each line escaped as if it stood alone."""
    return "".join(f"{front_matter.value(line.rstrip())[1:-1]}\n" for line in text.strip("\n").split("\n"))


def _same(wanted: Any, is_: Any) -> bool:
    if isinstance(wanted, str) and (is_ is None or isinstance(is_, str)):
        return _plain(wanted) == _plain(is_ or "")
    return type(wanted) is type(is_) and bool(wanted == is_)


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _unknown(key: str, known: Mapping[str, Any], text: str, name: str) -> InvalidInput:
    lines = text.splitlines()
    at = re.compile(rf"(?:^|[\s{{\[,.])[\"']?{re.escape(key)}[\"']?\s*[=\].]")
    line = next((number for number, each in enumerate(lines, 1) if at.search(each)), 1)
    near = difflib.get_close_matches(key, known, 1)
    return InvalidInput(
        f'{name}:{line}: no outcome has a "{key}"',
        hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}",
    )
