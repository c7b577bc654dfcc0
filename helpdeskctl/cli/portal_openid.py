"""`helpdeskctl portal openid`: one OpenID provider where customers may sign in to the portal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun

if TYPE_CHECKING:
    from helpdeskctl.store.secrets import NewSecret

app = noun("The OpenID provider where customers may sign in, beside mailed link and password.")


@app.command("set")
@command(changes=True)
def put(
    run: Run,
    issuer: Annotated[str, typer.Argument(metavar="ISSUER", help="Its URL, as https://login.example.org/realm.")],
    *,
    client_id: Annotated[str, typer.Option("--client-id", metavar="ID", help="The portal, as it is registered there.")],
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What customers call it.")] = None,
    reference: Annotated[
        str | None,
        typer.Option("--client-secret", metavar="REF", help="env:NAME, file:PATH or command:…, read each time."),
    ] = None,
    stdin: Annotated[bool, typer.Option("--client-secret-stdin", help="Read its secret once from stdin.")] = False,
    file: Annotated[
        Path | None, typer.Option("--client-secret-file", metavar="FILE", help="Read its secret once from this file.")
    ] = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Do not ask the provider before saving.")] = False,
) -> None:
    """Let customers sign in at a provider; it is asked for its document first. Without a secret the one there stays.

    Example: helpdeskctl portal openid set https://login.example.org/realm --client-id helpdesk --client-secret-stdin
    """
    from helpdeskctl.operations import openid_setup
    from helpdeskctl.queries import openid

    secret = _given(run, stdin, file, reference)
    if not (no_test or run.dry_run):
        openid_setup.try_out(issuer)
    run.change(openid_setup.put(run.desk(), run.actor(), issuer, client_id, name=name, secret=secret))
    known = openid.setup(run.desk())
    if known is not None:
        run.note(f"next     register {known.redirect_uri} there as the address to come back to")


@app.command()
@command()
def show(run: Run) -> None:
    """Show the provider, and the address that it has to send people back to.

    Example: helpdeskctl portal openid show -o json
    """
    from helpdeskctl.errors import NotFound
    from helpdeskctl.queries import openid

    known = openid.setup(run.desk())
    if known is None:
        raise NotFound("no OpenID provider is set up", hint="helpdeskctl portal openid set ISSUER --client-id ID")
    run.show([known])


@app.command()
@command(changes=True)
def remove(run: Run) -> None:
    """Let nobody sign in there any more; who is bound to whom there is forgotten.

    Example: helpdeskctl portal openid remove
    """
    from helpdeskctl.operations import openid_setup

    run.confirm("Let nobody sign in there any more? Their accounts stay.")
    run.change(openid_setup.remove(run.desk(), run.actor()))


def _given(run: Run, stdin: bool, file: Path | None, reference: str | None) -> NewSecret | None:
    if not (stdin or file or reference):
        return None
    return run.secret("Client secret", stdin=stdin, file=file, reference=reference)
