"""`helpdeskctl portal export` and `import`: the portal's look, pages and words as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli import folders
from helpdeskctl.cli.folders import Folder, Force
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("The portal as files.")


@app.command("export")
@command()
def write_files(run: Run, folder: Folder, *, force: Force = False) -> None:
    """Write look, pages, words and sites as files that `portal import` reads.

    Example: helpdeskctl portal export portal/
    """
    from helpdeskctl.operations import portal_files

    folders.write(run, folder, portal_files.write_all, force=force)


@app.command("import")
@command(changes=True)
def read_files(
    run: Run,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="portal.toml and its files, as `portal export` writes.")
    ],
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Take away what has no file there.")] = False,
) -> None:
    """Make look, pages, words and sites what the files say; --dry-run shows what would change.

    Example: helpdeskctl portal import portal/ --dry-run
    """
    from helpdeskctl.errors import InputMissing
    from helpdeskctl.operations import portal_files

    run.reach_host()
    if not (folder / portal_files.TOML).is_file():
        raise InputMissing(
            f"{folder} has no {portal_files.TOML}", hint="helpdeskctl portal export DIR shows how it looks"
        )
    found = folders.read(run, folder)
    if prune and not run.dry_run:
        run.confirm(f"Take away of the portal whatever {folder} does not name?")
    run.change(portal_files.read_all(run.desk(), run.actor(), found, prune=prune))
