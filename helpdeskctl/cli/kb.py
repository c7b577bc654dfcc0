"""`helpdeskctl kb`: the knowledge base. The verbs of single articles stand in kb_article."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helpdeskctl.cli import folders, kb_article
from helpdeskctl.cli.folders import Folder, Force
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.cli.ticket_batch import Number
from helpdeskctl.domain.kinds import ARTICLE_CATEGORY

app = noun("The knowledge base: articles that customers read in the portal.")
app.add_typer(kb_article.app, name="article")

category = noun("The headings that articles stand under.")
add_verbs(
    category, ARTICLE_CATEGORY, "create list show edit rename order delete", example="printing", words="kb category",
    create='--name Printing --name-lang "de=Drucken"', edit="--name Printers",
)  # fmt: skip
app.add_typer(category, name="category")


@app.command("from-ticket")
@command(changes=True)
def from_ticket(
    run: Run,
    number: Number,
    *,
    in_category: Annotated[str, typer.Option("--category", metavar="K", help="Where it stands.")],
    message: Annotated[
        int | None, typer.Option("--message", metavar="I", help="The answer; else the last one.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="Else the subject gives one.")] = None,
) -> None:
    """Make a draft from a ticket: its subject, and the answer that solved it.

    Example: helpdeskctl kb from-ticket 1001 --category printing --as ada@example.org
    """
    from helpdeskctl.operations import articles
    from helpdeskctl.operations.ticket_rows import number_of

    wanted = number_of(number)
    run.change(articles.from_ticket(run.desk(), run.actor(), wanted, category=in_category, message=message, key=key))


@app.command("import")
@command(changes=True)
def read_files(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="CATEGORY/KEY.LANGUAGE.md, as `kb export` writes it.")],
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Delete every article that has no file there.")] = False,
) -> None:
    """Create and update articles from Markdown files.

    A file begins with its fields between two lines of +++: title = "Paper jam", status = "published".

    Example: helpdeskctl kb import kb/
    """
    from helpdeskctl.errors import InputMissing
    from helpdeskctl.operations import article_files

    run.reach_host()
    if not folder.is_dir():
        raise InputMissing(f"{folder} is no folder", hint="helpdeskctl kb export kb/ shows how it looks")
    found = folders.read(run, folder)
    if prune and not run.dry_run:
        run.confirm(f"Delete every article that has no file in {folder}?")
    run.change(article_files.read_all(run.desk(), run.actor(), list(found.items()), prune=prune))


@app.command("export")
@command()
def write_files(run: Run, folder: Folder, *, force: Force = False) -> None:
    """Write every article as Markdown files that `kb import` reads.

    Example: helpdeskctl kb export kb/
    """
    from helpdeskctl.operations import article_files

    folders.write(run, folder, article_files.write_all, force=force)


@app.command()
@command(lists=True)
def search(run: Run, words: Annotated[list[str], typer.Argument(metavar="Q…", help="Words of title or text.")]) -> None:
    """Find articles of any status, the best hit first.

    Example: helpdeskctl kb search paper jam
    """
    from helpdeskctl.queries import articles

    limit = 10_000 if run.options.all_rows else run.options.limit
    found = articles.found(run.desk(), " ".join(words), limit=limit)
    run.emit([kb_article.row(run, each) for each in found], columns=kb_article.COLUMNS)


@app.command()
@command(lists=True)
def stats(run: Run) -> None:
    """How often articles are read and whether they helped, most read first.

    Example: helpdeskctl kb stats
    """
    from helpdeskctl.queries import articles

    given = run.options
    found = sorted(articles.list_of(run.desk()), key=lambda each: -each.views)
    rows = [kb_article.row(run, each) for each in (found if given.all_rows else found[: given.limit])]
    run.emit(rows, columns=("key", "title", "views", "helpful", "unhelpful"))


@app.command()
@command()
def check(run: Run) -> None:
    """Name links that lead nowhere and languages that are missing; 1 when there are any.

    Example: helpdeskctl kb check
    """
    from helpdeskctl.errors import NegativeAnswer
    from helpdeskctl.queries.article_faults import faults

    found = list(faults(run.desk()))
    run.emit([{"where": each.where, "what": each.what, "try": each.hint} for each in found])
    if found:
        raise NegativeAnswer(f"{len(found)} {'fault' if len(found) == 1 else 'faults'} in the knowledge base")
