"""`helpdeskctl version`."""

from __future__ import annotations

import platform

from helpdeskctl import __version__
from helpdeskctl.cli.runtime import Run, command, single

app = single()


@app.command()
@command()
def version(run: Run) -> None:
    """The version of the program and of what it runs on.

    Example: helpdeskctl version -o json
    """
    facts = {"version": __version__, "python": platform.python_version(), "platform": platform.platform(terse=True)}
    if run.for_people and not run.options.fields:
        run.print(f"helpdeskctl {__version__} (Python {facts['python']}, {facts['platform']})")
    else:
        run.show([facts])
