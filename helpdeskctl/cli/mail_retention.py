"""`helpdeskctl mail retention`: what will go at the next run, and by which setting (OPS-7)."""

from __future__ import annotations

from helpdeskctl.cli.runtime import Run, command


@command(acts=True)
def retention(run: Run) -> None:
    """What has been kept long enough and goes at the next run of the job retention.clean. Removes nothing.

    Example: helpdeskctl mail retention -o json
    """
    from helpdeskctl.errors import NotPermitted
    from helpdeskctl.queries import retention as asking

    desk, actor = run.desk(), run.actor()
    if actor.kind != "system" and not actor.admin:
        raise NotPermitted("what is kept how long is for admins", hint="--as an admin")
    run.emit(asking.due(desk), columns=("what", "kept", "number", "octets", "oldest", "setting"))
