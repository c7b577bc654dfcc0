"""Kinds of files that a desk refuses: by the ending of the name, or by the type that the sender states (TIC-19)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helpdeskctl.errors import InvalidInput

PROGRAMS = (
    "bat", "cmd", "com", "cpl", "exe", "hta", "jse", "lnk", "msi", "pif", "scr", "vbe", "vbs", "wsf", "wsh",
)  # fmt: skip
"""What a double click runs on Windows; the large mail services carry none of them."""

_ENDING = re.compile(r"[\w-]{1,20}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/(?:\*|[a-z0-9][a-z0-9.+-]{0,60})", re.ASCII)


def read(raw: object) -> tuple[str, ...]:
    """`exe, .scr, video/*` (or a list of such) as endings without the dot and types; `none` or nothing: refuse nothing.

    InvalidInput for what is neither an ending nor a type.
    """
    words = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(words, list | tuple):
        raise InvalidInput("must be endings and types, as exe,scr,video/*")
    kinds = [str(word).strip().lower().removeprefix("*").removeprefix(".") for word in words]
    kinds = [kind for kind in kinds if kind and kind != "none"]
    for kind in kinds:
        if not (_ENDING.fullmatch(kind) or _TYPE.fullmatch(kind)):
            raise InvalidInput(f'"{kind}" is neither an ending nor a type', hint="as exe,scr,video/*")
    return tuple(dict.fromkeys(kinds))


def refused(filename: str, content_type: str, kinds: Iterable[str]) -> str | None:
    """Why a file of this name and type is refused, in a phrase; None where it is not."""
    name = filename.casefold().rstrip(". ")  # Windows drops them
    content_type = content_type.casefold()
    for kind in kinds:
        if "/" not in kind:
            if name.endswith(f".{kind}"):
                return f"files that end in .{kind} are refused here"
        elif content_type == kind or (kind.endswith("/*") and content_type.startswith(kind[:-1])):
            return f"files of type {kind} are refused here"
    return None
