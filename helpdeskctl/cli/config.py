"""`helpdeskctl config`: what is configured, where it comes from, and whether it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.errors import NotPermitted

app = noun("The configuration file: what must be known before the database is open.")


@app.command()
@command()
def show(
    run: Run,
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Also say where each value comes from.")] = False,
) -> None:
    """Print every effective value; passwords as ***.

    Example: helpdeskctl config show --origin
    """
    rows = [
        {"key": key, "value": value} | ({"origin": run.config.origins[key]} if origin else {})
        for key, value in run.config.effective()
    ]
    run.emit(rows)


@app.command()
@command()
def check(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Another file than the one in use.")] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="A mode that is too open is an error (77).")] = False,
) -> None:
    """Read the configuration and name every problem in it.

    Example: helpdeskctl config check /etc/helpdesk/config.toml --strict
    """
    from helpdeskctl.config import load

    config = load(file, run.session.environ) if file else run.config
    if strict and config.warnings:
        raise NotPermitted(config.warnings[0], subject=f"config/{config.path}")
    for warning in config.warnings:
        run.note(f"warning: {warning}")
    run.say("ok", str(config.path or "environment"))
    run.result({"path": config.path, "warnings": config.warnings})


@app.command()
@command()
def example(run: Run) -> None:
    """Print a commented file with every key.

    Example: helpdeskctl config example > config.toml
    """
    from helpdeskctl.config import example

    run.print(example().rstrip("\n"))
