"""`helpdeskctl mail hold`: no mail comes in or goes out while a desk is held (BOX-8)."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from helpdeskctl.cli.runtime import Run, command


@command(changes=True)
def hold(
    run: Run,
    state: Annotated[Literal["on", "off"] | None, typer.Argument(metavar="[on|off]", help="Without it: which.")] = None,
) -> None:
    """Fetch and send nothing (on), or let mail flow from this installation (off).

    Example: helpdeskctl mail hold off
    """
    from helpdeskctl.operations import hold as holding
    from helpdeskctl.queries import hold as asking

    desk = run.desk()
    if state == "on":
        run.change(holding.on(desk, run.actor(), why=run.options.reason or ""))
    elif state == "off":
        run.change(holding.off(desk, run.actor()))
    else:
        why = asking.reason(desk)
        run.result({"held": why is not None, "reason": why})
        run.say("mail", f"is held: {why}" if why else "flows")
