"""`helpdeskctl version`."""

from __future__ import annotations

import os
import sys

from helpdeskctl import __version__
from helpdeskctl.cli.runtime import Run, command, single

app = single()


@app.command()
@command()
def version(run: Run) -> None:
    """The version of the program and of what it runs on.

    Example: helpdeskctl version -o json
    """
    system = os.uname()
    python = ".".join(map(str, sys.version_info[:3]))
    facts = {"version": __version__, "python": python, "platform": f"{system.sysname} {system.machine}"}
    if run.for_people and not run.options.fields:
        run.print(f"helpdeskctl {__version__} (Python {python}, {facts['platform']})")
    else:
        run.show([facts])
