"""`helpdeskctl portal`: the customers' portal. What it looks like and says stands in the modules `portal_…`."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli import (
    portal_brand,
    portal_embed,
    portal_files,
    portal_openid,
    portal_origin,
    portal_page,
    portal_text,
)
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("The customers' portal: its address, its look, its pages. The daemon itself is the program portald.")
app.add_typer(portal_brand.app, name="brand")
app.add_typer(portal_page.app, name="page")
app.add_typer(portal_text.app, name="text")
app.add_typer(portal_files.app)
app.add_typer(portal_origin.app, name="origin")
app.add_typer(portal_openid.app, name="openid")
app.command()(portal_embed.embed)


@app.command()
@command(changes=True)
def url(
    run: Run,
    address: Annotated[str | None, typer.Argument(metavar="[URL]", help="As https://help.example.org.")] = None,
) -> None:
    """Show the portal's address, or set it. Mail links to it where it is set.

    Example: helpdeskctl portal url https://help.example.org
    """
    from helpdeskctl.operations import settings as change_settings
    from helpdeskctl.queries import settings

    if address is not None:
        run.change(change_settings.put(run.desk(), run.actor(), "portal_url", address))
        return
    setting = settings.one(run.desk(), "portal_url")
    run.show([{"url": setting.value}], view=lambda shown: [shown["url"] or "not set: helpdeskctl portal url https://…"])


@app.command()
@command()
def check(
    run: Run,
    *,
    external: Annotated[
        bool, typer.Option("--external", help="Ask as customers do: by the address, through proxy and certificate.")
    ] = False,
) -> None:
    """Look whether the portal answers, and what of it is misconfigured; 1 when something is.

    Example: helpdeskctl portal check --external
    """
    from helpdeskctl.cli.doctor import report
    from helpdeskctl.errors import Refused
    from helpdeskctl.operations import portal_probe
    from helpdeskctl.queries import settings
    from helpdeskctl.queries.doctor import Level, examine

    desk = run.desk()
    if external and settings.get(desk, "portal_url") is None:
        raise Refused("the portal has no address", hint="helpdeskctl portal url https://help.example.org")
    found = [*examine(desk, ["portal"]), *portal_probe.probe(desk, external=external)]
    report(run, found, Level.WARNING)
