"""Markdown files that begin with fields: TOML between two lines of `+++`, then the text (KB-4)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from helpdeskctl.errors import InvalidInput

FENCE = "+++"


def read(text: str) -> tuple[dict[str, Any], str]:
    """Fields and text. Raises InvalidInput, naming the line in the file."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")  # not splitlines: texts hold U+0085
    if lines[0].strip() != FENCE:
        return {}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if end is None:
        raise InvalidInput(f"the fields have no closing {FENCE}")
    try:
        fields = tomllib.loads("\n".join(["", *lines[1:end], ""]))  # the fences as empty lines: numbers are the file's
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(str(error)) from error
    return fields, "\n".join(lines[end + 1 :]).strip("\n")


def write(fields: Mapping[str, Any], body: str) -> str:
    """The file that `read` reads. Values are texts, numbers, lists and maps of texts; empty ones are left out."""
    lines = [f"{name} = {value(item)}" for name, item in fields.items() if item not in (None, "", (), [], {})]
    return "\n".join([FENCE, *lines, FENCE, "", body.strip("\n"), ""])


def value(item: Any) -> str:
    """A value as TOML writes it: a text, a number, yes or no; a list or a map of such, on one line."""
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{name} = {value(inside)}" for name, inside in item.items()) + " }"
    if isinstance(item, list | tuple):
        return "[" + ", ".join(map(value, item)) + "]"
    return _text(item)


def _text(text: str | int) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped, too
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
