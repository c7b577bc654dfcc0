"""`helpdeskctl portal brand`: name, logo, colour and picture of the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("How the portal looks: name, logo, colour, the picture beside the form to sign in.")


@app.command()
@command()
def show(run: Run) -> None:
    """Show how the portal looks, with the contrast of its colour.

    Example: helpdeskctl portal brand show -o json
    """
    from helpdeskctl.queries import brand

    run.show([brand.now(run.desk())])


@app.command("set")
@command(changes=True)
def put(
    run: Run,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="The name of the desk.")] = None,
    accent: Annotated[
        str | None, typer.Option("--accent", metavar="COLOUR", help="Links and buttons, as #0b5cad.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Text has that colour however poor its contrast.")] = False,
    radius: Annotated[str | None, typer.Option("--radius", metavar="PIXELS", help="How round corners are.")] = None,
    logo: Annotated[Path | None, typer.Option("--logo", metavar="FILE", help="SVG, PNG, JPEG or WebP.")] = None,
    logo_dark: Annotated[
        Path | None, typer.Option("--logo-dark", metavar="FILE", help="The logo on a dark page.")
    ] = None,
    css: Annotated[
        Path | None, typer.Option("--css", metavar="FILE", help="A style sheet of your own, over the portal's.")
    ] = None,
    login_image: Annotated[
        Path | None,
        typer.Option("--login-image", metavar="FILE", help="Beside the form to sign in: JPEG, PNG or WebP, 440x370."),
    ] = None,
) -> None:
    """Change how the portal looks. Pictures are made anew: what a camera writes into them is gone.

    Example: helpdeskctl portal brand set --accent "#0b5cad" --logo logo.svg --logo-dark logo-dark.svg
    """
    from helpdeskctl.domain import contrast
    from helpdeskctl.operations import brand
    from helpdeskctl.queries import brand as queries

    paths = {"logo": logo, "logo-dark": logo_dark, "login": login_image}
    pictures = {key: run.read(path) for key, path in paths.items() if path is not None}
    style = run.read(css) if css is not None else None
    wanted = brand.Wanted(name=name, accent=accent, force=force, radius=radius, css=style, pictures=pictures)
    if wanted == brand.Wanted(force=force):
        raise Usage("nothing to set", hint='helpdeskctl portal brand set --accent "#0b5cad"')
    run.change(brand.put(run.desk(), run.actor(), wanted))
    if accent is not None and not force and (weak := contrast.verdict(contrast.colour(accent))):
        run.note(weak)
    if login_image is not None and (small := queries.too_small()):
        run.note(small)


@app.command()
@command(changes=True)
def reset(
    run: Run,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PART…]", help="logo, logo-dark, login-image, accent, radius, css; else all."),
    ] = None,
) -> None:
    """Put the look, or parts of it, back to how it was shipped.

    Example: helpdeskctl portal brand reset login-image accent
    """
    from helpdeskctl.operations import brand

    if not parts:
        run.confirm("Take away logo, pictures, colour, corners and style sheet of the portal?")
    named = [part.removesuffix("-image") for part in parts or ()]
    run.change(brand.reset(run.desk(), run.actor(), named))
