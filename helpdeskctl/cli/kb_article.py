"""`helpdeskctl kb article`: single articles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli.options import BodyFile, Message
from helpdeskctl.cli.runtime import Run, command, noun

if TYPE_CHECKING:
    from helpdeskctl.operations.articles import Wanted
    from helpdeskctl.queries.articles import Whole

app = noun("Articles of the knowledge base.")

COLUMNS = ("key", "title", "category", "status", "audience", "languages", "views")

Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, or id:N.")]
Title = Annotated[str | None, typer.Option("--title", metavar="T", help="What it is called.")]
Category = Annotated[str | None, typer.Option("--category", metavar="K", help="Where it stands.")]
Language = Annotated[str | None, typer.Option("--lang", metavar="L", help="The language of title and text.")]
Status = Annotated[
    str | None, typer.Option("--status", metavar="draft|reviewed|published|obsolete", help="Only published is read.")
]
Audience = Annotated[
    str | None, typer.Option("--audience", metavar="everyone|signed-in|company:K", help="Who may read it.")
]
Position = Annotated[int | None, typer.Option("--order", metavar="N", help="Its place in the category.")]
Attach = Annotated[
    list[Path] | None, typer.Option("--attach", metavar="F", help="A file that goes with it; repeatable.")
]
Detach = Annotated[list[str] | None, typer.Option("--detach", metavar="NAME", help="Take a file away; repeatable.")]


@app.command()
@command(changes=True)
def create(
    run: Run,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Else the title gives one.")] = None,
    *,
    title: Title = None,
    category: Category = None,
    language: Language = None,
    status: Status = None,
    audience: Audience = None,
    position: Position = None,
    attach: Attach = None,
    message: Message = None,
    body_file: BodyFile = None,
) -> None:
    """Write an article, in Markdown.

    Example: helpdeskctl kb article create --title "Paper jam" --category printing --body-file jam.md --status published
    """
    from helpdeskctl.operations import articles

    given = {"title": title, "category": category, "language": language, "status": status, "audience": audience}
    wanted = _wanted(run, {**given, "position": position, "body": run.body(message, body_file)}, attach, None)
    run.change(articles.create(run.desk(), run.actor(), key, wanted))


@app.command("list")
@command(lists=True)
def list_(run: Run, *, category: Category = None, status: Status = None, language: Language = None) -> None:
    """List articles by category and place.

    Example: helpdeskctl kb article list --status draft
    """
    from helpdeskctl.queries import articles

    given = run.options
    limit = None if given.all_rows else given.limit
    found = articles.list_of(run.desk(), category=category, status=status, language=language, limit=limit)
    run.emit([row(run, each) for each in found], columns=COLUMNS)


@app.command()
@command()
def show(run: Run, keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Articles, by their keys.")]) -> None:
    """Show articles with all their languages.

    Example: helpdeskctl kb article show paper-jam -o json
    """
    from helpdeskctl.queries import articles

    run.show([articles.one(run.desk(), key) for key in run.keys_from(keys)])


@app.command()
@command(changes=True)
def edit(
    run: Run,
    key: Key,
    *,
    title: Title = None,
    category: Category = None,
    language: Language = None,
    status: Status = None,
    audience: Audience = None,
    position: Position = None,
    attach: Attach = None,
    detach: Detach = None,
    message: Message = None,
    body_file: BodyFile = None,
) -> None:
    """Change what is named and nothing else.

    Example: helpdeskctl kb article edit paper-jam --status published
    """
    from helpdeskctl.operations import articles

    body = run.body(message, body_file) if message is not None or body_file is not None else None
    given = {"title": title, "category": category, "language": language, "status": status, "audience": audience}
    wanted = _wanted(run, {**given, "position": position, "body": body}, attach, detach)
    run.change(articles.edit(run.desk(), run.actor(), key, wanted))


@app.command()
@command(changes=True)
def translate(
    run: Run,
    key: Key,
    *,
    language: Annotated[str, typer.Option("--lang", metavar="L", help="The language.")],
    title: Title = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take this language away.")] = False,
    message: Message = None,
    body_file: BodyFile = None,
) -> None:
    """Write an article in a further language, or change it there.

    Example: helpdeskctl kb article translate paper-jam --lang de --title Papierstau --body-file jam.de.md
    """
    from helpdeskctl.operations import articles

    if remove:
        run.change(articles.remove_language(run.desk(), run.actor(), key, language))
        return
    text = {"language": language, "title": title, "body": run.body(message, body_file)}
    run.change(articles.edit(run.desk(), run.actor(), key, _wanted(run, text, None, None)))


@app.command()
@command(changes=True)
def rename(
    run: Run, key: Key, new: Annotated[str, typer.Argument(metavar="NEW", help="The new key, so a new address.")]
) -> None:
    """Give an article another key. Its old address leads nowhere then.

    Example: helpdeskctl kb article rename paper-jam paper-stuck
    """
    from helpdeskctl.operations import articles

    run.change(articles.rename(run.desk(), run.actor(), key, new))


@app.command()
@command(changes=True)
def delete(run: Run, key: Key) -> None:
    """Delete an article with its languages, files and votes.

    Example: helpdeskctl kb article delete paper-jam --yes
    """
    from helpdeskctl.operations import articles
    from helpdeskctl.queries import articles as stored

    there = stored.one(run.desk(), key)
    if not run.dry_run:
        run.confirm(f'Delete the article "{there.key}" in {len(there.texts)} languages?')
    run.change(articles.delete(run.desk(), run.actor(), key))


@app.command()
@command()
def history(run: Run, key: Key) -> None:
    """Who changed an article and when, and what readers said of it.

    Example: helpdeskctl kb article history paper-jam
    """
    from helpdeskctl.queries import articles

    run.emit(articles.history(run.desk(), key))


def row(run: Run, article: Whole) -> Mapping[str, Any]:
    """An article in a list: its title in the desk's language."""
    from helpdeskctl.queries import settings

    return {
        "key": article.key,
        "id": article.id,
        "title": article.title(settings.get(run.desk(), "default_language")),
        "category": article.category,
        "status": article.status,
        "audience": article.audience,
        "languages": list(article.texts),
        "views": article.views,
        "helpful": article.helpful,
        "unhelpful": article.unhelpful,
        "ticket": article.ticket,
        "published_at": article.published_at,
        "updated_at": article.updated_at,
    }


def _wanted(run: Run, given: Mapping[str, Any], attach: list[Path] | None, detach: list[str] | None) -> Wanted:
    from helpdeskctl.operations import files
    from helpdeskctl.operations.articles import Wanted

    contents = [(path.name, run.read(path)) for path in attach or ()]
    kept = [files.keep(run.desk(), name, content) for name, content in contents]
    return Wanted(**given, files=kept, without=detach or ())
