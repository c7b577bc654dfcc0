"""`helpdeskctl attachment`: the files of tickets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated

import typer

from helpdeskctl.cli.options import Opening
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.ticket_lines import size
from helpdeskctl.errors import Exists, StorageFailed

app = noun("Files of tickets: list, get, put and delete them.")

Id = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**62, help="The file's id, as `ticket show` has it.")]


@app.command("list")
@command(acts=True)
def list_(
    run: Run,
    words: Annotated[list[str] | None, typer.Argument(metavar="[Q]", help="Of tickets that match.")] = None,
) -> None:
    """List the files of tickets, and how much they are together.

    Example: helpdeskctl attachment list number:1001
    """
    from helpdeskctl.queries import attachments

    files = attachments.list_attachments(run.desk(), run.actor(), " ".join(words or ()))
    if not run.for_people or run.options.fields:
        run.emit(files)
        return
    listed = list(files)
    run.emit(
        {
            "id": file.id,
            "ticket": f"#{file.ticket}",
            "filename": file.filename,
            "size": size(file.size),
            "type": file.type,
            "withheld": file.withheld,
        }
        for file in listed
    )
    run.note(f"{len(listed)} files, {size(sum(file.size for file in listed))}")


@app.command()
@command(acts=True)
def get(
    run: Run,
    attachment: Id,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help="Into this file, not to stdout.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file; admins: also a file that is withheld.")
    ] = False,
    why: Opening = None,
) -> None:
    """Write a file to stdout, or into a new file.

    Example: helpdeskctl attachment get 81 -f IMG_2041.jpg
    """
    from helpdeskctl.operations import access
    from helpdeskctl.queries import attachments

    with _destination(run, file, force=force) as out:
        desk, actor = run.desk(), replace(run.actor(), reason=why)
        number, found = attachments.at_hand(desk, actor, attachment, force=force)
        access.opened(desk, actor, number)
        out.write(desk.blobs.get(found.sha256))
    if out is not sys.stdout.buffer:
        run.say("wrote", f"{file}: {size(found.size)}")


@app.command()
@command(changes=True)
def put(
    run: Run,
    number: Annotated[str, typer.Argument(metavar="N", help="The ticket.")],
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What the file is called.")] = "file",
) -> None:
    """Put a file from stdin on a ticket, as an internal note.

    Example: helpdeskctl attachment put 1001 photo.jpg < photo.jpg
    """
    from helpdeskctl.operations import attachments
    from helpdeskctl.operations.ticket_rows import number_of

    content = run.read(Path("-"))
    run.change(attachments.put(run.desk(), run.actor(), number_of(number), name, content))


@app.command()
@command(changes=True)
def delete(run: Run, attachment: Id) -> None:
    """Take a file away from its ticket; say why with --reason.

    Example: helpdeskctl attachment delete 81 --reason "sent by mistake"
    """
    from helpdeskctl.operations import attachments

    run.change(attachments.delete(run.desk(), run.actor(), attachment))


@contextmanager
def _destination(run: Run, file: Path | None, *, force: bool) -> Iterator[IO[bytes]]:
    """Stdout, or a file that is opened while we still are who called us, and is no file again if all goes wrong."""
    if file is None or str(file) == "-":
        run.refuse_terminal("the file", "-f FILE, or > FILE")
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    run.reach_host("without -f, and > FILE")
    existed = file.exists()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | (0 if force else os.O_EXCL), 0o600)
    except FileExistsError as error:
        raise Exists(f"{file} exists already", hint="--force, or another name") from error
    except OSError as error:
        raise StorageFailed(f"{file}: {error.strerror}") from error
    with os.fdopen(handle, "wb") as out:
        try:
            yield out
            out.truncate()
        except BaseException:
            None if existed else file.unlink(missing_ok=True)
            raise
