"""Folders of text files that people keep under version control: what every `export` writes and `import` reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made where it is missing.")]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


def write(run: Run, folder: Path, write_all: Callable[..., list[str]], *, force: bool) -> None:
    """Have `write_all(desk, folder, force=…)` write its files, and say how many.

    NotPermitted at the agents' door; Exists, StorageFailed as `operations.text_folders`.
    """
    from helpdeskctl.operations import text_folders

    run.reach_host()
    text_folders.make(folder, run.config.user)
    written = write_all(run.desk(), folder, force=force)
    run.say("wrote", f"{len(written)} files to {folder}")
    run.result({"folder": folder, "files": written})


def read(run: Run, folder: Path) -> dict[str, bytes]:
    """The files below `folder` by their paths within it, but those whose names begin with a dot."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): run.read(path) for path in paths}
