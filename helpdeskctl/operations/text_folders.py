"""Folders of text files that people keep under version control: made, and nothing in them written over (KB-4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from helpdeskctl import account
from helpdeskctl.errors import Exists, HelpdeskError, Problem, StorageFailed

Content = bytes | Callable[[], bytes]
"""What is in a file, or what reads it once it is needed."""


def make(folder: Path, user: str | None) -> None:
    """Make the folder where it is missing, the service user's. Called while one may still be root. StorageFailed."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            account.give(folder, user)
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be made: {error.strerror}") from error


def write(folder: Path, files: Mapping[str, Content], *, force: bool = False) -> list[str]:
    """Write files, by their paths within `folder`; returns these.

    Exists when a file is there already, unless `force`; StorageFailed when one cannot be written.
    """
    there = [path for path in files if (folder / path).exists()]
    if there and not force:
        raise Exists(f"{folder / there[0]} is there already", hint="--force to write over it")
    try:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content() if callable(content) else content)
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be written: {error.strerror}") from error
    return list(files)


def problems(path: str, error: HelpdeskError) -> list[Problem]:
    """What is wrong with a file, each fault with the file's path before it."""
    inner = error.problems or (Problem("", error.message, error.hint),)
    return [Problem(f"{path}: {each.where}".rstrip(": "), each.what, each.hint) for each in inner]
