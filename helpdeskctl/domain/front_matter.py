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
    """The file that `read` reads. Values are texts, lists of texts and maps of texts; empty ones are left out."""
    lines = [f"{name} = {_value(value)}" for name, value in fields.items() if value not in (None, "", (), [], {})]
    return "\n".join([FENCE, *lines, FENCE, "", body.strip("\n"), ""])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_text(text)}" for name, text in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return _text(value)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped, too
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
