"""`helpdeskctl portal page`: the desk's own pages in the portal, and links in its navigation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import setup_options as opts
from helpdeskctl.cli.options import BodyFile, IfNotExists, Message, OrUpdate, Unset
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs, dressed
from helpdeskctl.domain.pages import PAGE

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk

app = noun("Pages of your own in the portal: Markdown, HTML, or links in the navigation.")
add_verbs(app, PAGE, "list show rename order delete", example="opening-hours", words="portal page")

Language = Annotated[
    str | None, typer.Option("--lang", metavar="LANG", help="The language of the text; else the desk's default.")
]
_KEY = opts.argument("key", "KEY", "The end of its address: /p/KEY.")
_TEXT = [opts.keyword("message", Message), opts.keyword("body_file", BodyFile), opts.keyword("language", Language)]


def _create(run: Run, key: str, *, if_not_exists: bool, or_update: bool, **given: Any) -> None:
    from helpdeskctl.operations import setup

    needed = given.get("field_kind") != "link" and not (if_not_exists or or_update)
    text = _text(run, given, needed=needed)
    desk, actor = run.desk(), run.actor()
    wanted = {**opts.values(PAGE, given), **_in_language(desk, given, text)}
    run.change(setup.create(desk, actor, "page", key, wanted, if_not_exists=if_not_exists, or_update=or_update))


def _edit(run: Run, key: str, *, unset: list[str] | None, **given: Any) -> None:
    from helpdeskctl.operations import setup

    text = _text(run, given, needed=False)
    desk, actor = run.desk(), run.actor()
    wanted = {**opts.values(PAGE, given), **_in_language(desk, given, text)}
    run.change(setup.edit(desk, actor, "page", key, wanted, unset=unset or ()))


def _text(run: Run, given: dict[str, Any], *, needed: bool) -> str | None:
    message, file = given.pop("message"), given.pop("body_file")
    if message is None and file is None and not needed:
        return None
    return run.body(message, Path(file) if file else None)


def _in_language(desk: Desk, given: dict[str, Any], text: str | None) -> dict[str, object]:
    from helpdeskctl.queries import settings

    if text is None:
        return {}
    return {"bodies": {given.pop("language") or settings.get(desk, "default_language"): text}}


def _verb(name: str, function: Any, more: list[Any], doc: str) -> None:
    parameters = [_KEY, *opts.parameters(PAGE), *_TEXT, *more]
    app.command(name)(command(changes=True)(dressed(function, name, parameters, doc)))


_verb(
    "create", _create,
    [opts.keyword("if_not_exists", IfNotExists, False), opts.keyword("or_update", OrUpdate, False)],
    'Make a page, or with --kind link an entry of the navigation.\n\n'
    'Example: helpdeskctl portal page create opening-hours --name "Opening hours" --body-file hours.md',
)  # fmt: skip
_verb(
    "edit", _edit, [opts.keyword("unset", Unset)],
    "Change what is named and nothing else; with --lang the text in that language.\n\n"
    'Example: helpdeskctl portal page edit opening-hours --lang de --body-file zeiten.md --name-lang "de=Zeiten"',
)  # fmt: skip
