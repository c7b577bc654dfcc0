"""`helpdeskctl portal text`: the desk's own words in the portal."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.options import BodyFile, Message
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Words of your own in places of the portal, in Markdown and in each language.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The place; `portal text list` names them.")]
Language = Annotated[str | None, typer.Option("--lang", metavar="LANG", help="The language.")]


@app.command("list")
@command()
def listed(run: Run) -> None:
    """List the places and the languages that something is said in.

    Example: helpdeskctl portal text list
    """
    from helpdeskctl.domain.pages import TEXTS
    from helpdeskctl.queries import look

    said = look.read(run.desk()).texts
    run.emit({"key": key, "languages": sorted(said.get(key, {})), "where": where} for key, where in TEXTS.items())


@app.command()
@command()
def show(run: Run, key: Key, *, language: Language = None) -> None:
    """Show what is said in a place.

    Example: helpdeskctl portal text show welcome --lang de
    """
    from helpdeskctl.domain.pages import text_key
    from helpdeskctl.errors import NotFound
    from helpdeskctl.queries import look

    key = text_key(key)
    said = look.read(run.desk()).texts.get(key, {})
    wanted = {each: said[each] for each in sorted(said) if language in (None, each)}
    if not wanted:
        raise NotFound(
            f"the text {key} is not set{f' in {language}' if language else ''}",
            hint=f"helpdeskctl portal text set {key} -m TEXT",
            subject=f"text/{key}",
        )
    run.show([{"key": key, "language": each, "body": body} for each, body in wanted.items()])


@app.command("set")
@command(changes=True)
def put(run: Run, key: Key, *, language: Language = None, message: Message = None, body_file: BodyFile = None) -> None:
    """Say something in a place, in the desk's default language or another.

    Example: helpdeskctl portal text set notice --lang en -m "The phones are down until noon."
    """
    from helpdeskctl.operations import portal_texts

    body = run.body(message, body_file)
    run.change(portal_texts.put(run.desk(), run.actor(), key, language, body))


@app.command()
@command(changes=True)
def delete(run: Run, key: Key, *, language: Language = None) -> None:
    """Take the words away again, in one language or in all.

    Example: helpdeskctl portal text delete notice
    """
    from helpdeskctl.operations import portal_texts

    run.change(portal_texts.delete(run.desk(), run.actor(), key, language))
