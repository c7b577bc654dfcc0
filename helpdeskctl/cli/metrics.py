"""`helpdeskctl metrics`: the desk in figures for Prometheus."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.errors import Refused

app = single()

_TextFile = Annotated[
    Path | None, typer.Option("--textfile", metavar="PATH", help="Write it there in one go, for node_exporter.")
]


@app.command()
@command()
def metrics(run: Run, *, textfile: _TextFile = None) -> None:
    """Print figures of mail, outbox, tickets and jobs in the text format of Prometheus.

    Example: helpdeskctl metrics --textfile /var/lib/node_exporter/helpdesk.prom
    """
    from helpdeskctl.domain import exposition
    from helpdeskctl.queries import metrics as queries

    found = queries.families(run.desk())
    if textfile is not None:
        _put(textfile, exposition.text(found))
    elif run.for_people:
        run.print(exposition.text(found).rstrip("\n"))
    else:
        run.emit(
            [
                {"name": f"{family.name}{sample.suffix}", "labels": dict(sample.labels), "value": sample.value}
                for family in found
                for sample in family.samples
            ]
        )


def _put(path: Path, text: str) -> None:
    """Nobody reads half a file: it is written beside the old one and put in its place. Others may read it."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
            new.write(text)
            os.fchmod(new.fileno(), 0o644)
        Path(new.name).replace(path)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}", hint="--textfile in a folder of yours") from error
