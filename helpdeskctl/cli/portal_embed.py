"""`helpdeskctl portal embed`: the piece of HTML that leads from the company's own pages to the portal's form."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from helpdeskctl.cli.runtime import Run, command

Kind = Annotated[
    Literal["iframe", "button", "link"],
    typer.Option("--kind", help="The form in the page, a link that opens it in place, or a plain link."),
]
Department = Annotated[
    str | None, typer.Option("--department", metavar="K", help="What it is about is chosen already.")
]
Topic = Annotated[str | None, typer.Option("--topic", metavar="K", help="The same for a topic.")]
Language = Annotated[str | None, typer.Option("--lang", metavar="CODE", help="The language; else the desk's.")]


@command()
def embed(
    run: Run, *, kind: Kind = "iframe", department: Department = None, topic: Topic = None, lang: Language = None
) -> None:
    """Print what is to be put into a page of the company's own site.

    Example: helpdeskctl portal embed --kind button --department support --lang de
    """
    from helpdeskctl.queries import portal_embedding, portal_origins

    desk = run.desk()
    html = portal_embedding.html(desk, kind, department=department, topic=topic, language=lang)
    run.show([{"kind": kind, "html": html}], view=lambda shown: shown["html"].splitlines())
    if kind != "link" and not portal_origins.names(desk):
        run.note("no site may show the form yet: helpdeskctl portal origin add https://www.example.org")
