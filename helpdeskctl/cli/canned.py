"""`helpdeskctl canned`: answers that are written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from helpdeskctl.cli import folders
from helpdeskctl.cli import setup_options as opts
from helpdeskctl.cli.folders import Folder, Force
from helpdeskctl.cli.options import IfNotExists, OrUpdate, Unset
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs, dressed
from helpdeskctl.domain.kinds import CANNED, CANNED_CATEGORY

app = noun("Canned replies: answers written once, with what they set besides.")
add_verbs(app, CANNED, "list show rename delete", example="printer")

category = noun("The headings that canned replies are listed under.")
add_verbs(
    category, CANNED_CATEGORY, "create list show edit rename delete", example="hardware", words="canned category",
    create="--name Hardware", edit="--name Devices",
)  # fmt: skip
app.add_typer(category, name="category")

Attach = Annotated[
    list[Path] | None, typer.Option("--attach", metavar="F", help="A file that goes with it; repeatable.")
]
Detach = Annotated[list[str] | None, typer.Option("--detach", metavar="NAME", help="Take a file away; repeatable.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, or id:N.")]


def _create(
    run: Run, key: str, *, if_not_exists: bool, or_update: bool, attach: list[Path] | None, **given: Any
) -> None:
    from helpdeskctl.operations import canned

    files = _files(run, attach)
    text = opts.body(run, CANNED, given, needed=not (or_update or if_not_exists))
    wanted = {**opts.values(CANNED, given), **text}
    desk, actor = run.desk(), run.actor()
    run.change(canned.create(desk, actor, key, wanted, files=files, if_not_exists=if_not_exists, or_update=or_update))


def _edit(
    run: Run, key: str, *, unset: list[str] | None, attach: list[Path] | None, detach: list[str] | None, **given: Any
) -> None:
    from helpdeskctl.operations import canned

    files = _files(run, attach)
    wanted = {**opts.values(CANNED, given), **opts.body(run, CANNED, given, needed=False)}
    desk, actor = run.desk(), run.actor()
    run.change(canned.edit(desk, actor, key, wanted, unset=unset or (), files=files, without=detach or ()))


def _files(run: Run, paths: list[Path] | None) -> list[tuple[str, bytes]]:
    return [(path.name, run.read(path)) for path in paths or ()]


_KEY = opts.argument("key", "KEY", "Its key, or id:N.")
_ATTACH = opts.keyword("attach", Attach)
app.command("create")(
    command(changes=True)(
        dressed(
            _create,
            "create",
            [
                _KEY, *opts.parameters(CANNED), _ATTACH,
                opts.keyword("if_not_exists", IfNotExists, False), opts.keyword("or_update", OrUpdate, False),
            ],
            "Create a canned reply.\n\n"
            'Example: helpdeskctl canned create printer --title "Printer safety first" --body-file printer.md',
        )
    )
)  # fmt: skip
app.command("edit")(
    command(changes=True)(
        dressed(
            _edit,
            "edit",
            [_KEY, *opts.parameters(CANNED), _ATTACH, opts.keyword("detach", Detach), opts.keyword("unset", Unset)],
            "Change the fields that are named and nothing else.\n\n"
            "Example: helpdeskctl canned edit printer --set status=answered --attach manual.pdf",
        )
    )
)


@app.command()
@command(acts=True)
def preview(
    run: Run, key: Key, *, ticket: Annotated[int, typer.Option(metavar="N", help="The ticket it would answer.")]
) -> None:
    """Show a canned reply as it would stand in an answer.

    Example: helpdeskctl canned preview printer --ticket 1001 --as ada@example.org
    """
    from helpdeskctl.operations import previews

    text = previews.canned(run.desk(), run.actor(), key, ticket)
    run.show([{"key": key, "text": text}], view=lambda shown: [shown["text"]])


@app.command("import")
@command(changes=True)
def read_files(
    run: Run,
    paths: Annotated[list[Path], typer.Argument(metavar="DIR|FILE…", help="Markdown files, or folders of them.")],
) -> None:
    """Create and update canned replies from Markdown files; the name of a file is the key.

    Example: helpdeskctl canned import canned/
    """
    from helpdeskctl.operations import canned_files

    texts = [(path.name, run.read(path)) for path in _markdown(paths)]
    run.change(canned_files.read_all(run.desk(), run.actor(), texts))


@app.command("export")
@command()
def write_files(run: Run, folder: Folder, *, force: Force = False) -> None:
    """Write every canned reply as a Markdown file that `canned import` reads.

    Example: helpdeskctl canned export canned/
    """
    from helpdeskctl.operations import canned_files

    folders.write(run, folder, canned_files.write_all, force=force)


@app.command()
@command(lists=True)
def stats(run: Run) -> None:
    """How often each canned reply was used, most used first.

    Example: helpdeskctl canned stats
    """
    from helpdeskctl.queries import setup

    given = run.options
    limit = None if given.all_rows else given.limit
    found = setup.list_of(run.desk(), "canned", query=given.query, sort=given.sort or "-used", limit=limit)
    run.emit({"key": item.key, "title": item.values["title"], "used": item.values["used"]} for item in found)


def _markdown(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.md")) if path.is_dir() else [path]
    return found
