"""The verbs that all nouns of the set-up share: create, list, show, edit, rename, archive, unarchive, order, delete.

`add_verbs(app, DEPARTMENT, "create list show", example="support")` gives a noun those of them that it has; each is
made once, here, from what `domain/kinds.py` says of the kind.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import typer

from helpdeskctl.cli import setup_options as opts
from helpdeskctl.cli.options import IfNotExists, OrUpdate, Unset
from helpdeskctl.cli.runtime import Run, command
from helpdeskctl.domain.kind import Kind

MoveTo = Annotated[
    str | None, typer.Option("--move-to", metavar="KEY", help="Let everything that uses it use this one.")
]
Body = Callable[..., None]


def add_verbs(
    app: typer.Typer, kind: Kind, verbs: str, *, example: str, create: str = "", edit: str = "", words: str = ""
) -> None:
    """Give `app` these verbs. `example` is a key, `create` and `edit` options for the examples in the help; `words`
    are the noun on the command line, if it is not the kind's name.
    """
    noun = words or kind.name
    made: dict[str, tuple[Body, Sequence[inspect.Parameter], dict[str, bool], str]] = {
        "create": (_create(kind), _create_parameters(kind), {"changes": True}, f"{example} {create}"),
        "list": (_list(kind), [], {"lists": True}, "-o json"),
        "show": (_show(kind), [_key(kind, many=True)], {}, example),
        "edit": (_edit(kind), _edit_parameters(kind), {"changes": True}, f"{example} {edit}"),
        "rename": (_rename(kind), _rename_parameters(kind), {"changes": True}, f"{example} new-{example}"),
        "archive": (_archive(kind, archived=True), [_key(kind)], {"changes": True}, example),
        "unarchive": (_archive(kind, archived=False), [_key(kind)], {"changes": True}, example),
        "order": (_order(kind), [_key(kind, many=True)], {"changes": True}, f"{example} others"),
        "delete": (_delete(kind), [_key(kind), opts.keyword("move_to", MoveTo)], {"changes": True}, example),
    }
    for verb in verbs.split():
        function, parameters, settings, shown = made[verb]
        doc = f"{_SENTENCES[verb].format(a=_article(kind.label), many=plural(kind.label))}\n\n"
        doc += f"Example: helpdeskctl {noun} {verb} {shown}".rstrip()
        app.command(verb)(command(**settings)(dressed(function, verb, parameters, doc)))


_SENTENCES = {
    "create": "Create {a}.",
    "list": "List {many}.",
    "show": "Show one or several {many}, with every field.",
    "edit": "Change the fields that are named and nothing else.",
    "rename": "Give {a} another key; everything that uses it goes on using it.",
    "archive": "Put {a} out of use; what is there stays.",
    "unarchive": "Put {a} back into use.",
    "order": "Put these {many} first, in this order.",
    "delete": "Delete {a} that nothing uses, or move its users to another one.",
}


def dressed(function: Body, name: str, parameters: Iterable[inspect.Parameter], doc: str) -> Body:
    """`function(run, **given)` with the signature, name and help of a verb."""

    def verb(run: Run, **given: Any) -> None:
        function(run, **given)

    run = inspect.Parameter("run", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Run)
    verb.__signature__ = inspect.Signature([run, *parameters])  # type: ignore[attr-defined]  # read by `command`
    verb.__name__ = verb.__qualname__ = name
    verb.__doc__ = doc
    return verb


def plural(label: str) -> str:
    """The word for several."""
    ends = {"s": "ses", "x": "xes", "y": "ies"}
    ending = ends.get(label[-1])
    return f"{label}s" if ending is None else f"{label[:-1]}{ending}"


def _article(label: str) -> str:
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"


def _key(kind: Kind, *, many: bool = False, name: str = "key") -> inspect.Parameter:
    metavar = f"{kind.metavar}…" if many else kind.metavar
    return opts.argument("keys" if many else name, metavar, f"Its {kind.metavar.lower()}, or id:N.", many=many)


def _create_parameters(kind: Kind) -> list[inspect.Parameter]:
    flags = [opts.keyword("if_not_exists", IfNotExists, False), opts.keyword("or_update", OrUpdate, False)]
    return [_key(kind), *opts.parameters(kind), *flags]


def _edit_parameters(kind: Kind) -> list[inspect.Parameter]:
    return [_key(kind), *opts.parameters(kind), opts.keyword("unset", Unset)]


def _rename_parameters(kind: Kind) -> list[inspect.Parameter]:
    return [_key(kind), opts.argument("new", "NEW", f"The new {kind.metavar.lower()}.")]


def _create(kind: Kind) -> Body:
    def create(run: Run, key: str, *, if_not_exists: bool, or_update: bool, **given: Any) -> None:
        from helpdeskctl.operations import setup

        text = opts.body(run, kind, given, needed=not (or_update or if_not_exists))
        wanted = {**opts.values(kind, given), **text}
        desk, actor = run.desk(), run.actor()
        run.change(setup.create(desk, actor, kind.name, key, wanted, if_not_exists=if_not_exists, or_update=or_update))

    return create


def _list(kind: Kind) -> Body:
    def listed(run: Run) -> None:
        from helpdeskctl.queries import setup

        given = run.options
        limit = None if given.all_rows else given.limit
        found = setup.list_of(run.desk(), kind.name, query=given.query, sort=given.sort, limit=limit)
        run.emit((item.row() for item in found), columns=kind.summary)

    return listed


def _show(kind: Kind) -> Body:
    def show(run: Run, keys: list[str]) -> None:
        from helpdeskctl.queries import setup

        run.show([item.row() for item in setup.several(run.desk(), kind.name, run.keys_from(keys))])

    return show


def _edit(kind: Kind) -> Body:
    def edit(run: Run, key: str, *, unset: list[str] | None, **given: Any) -> None:
        from helpdeskctl.operations import setup

        wanted = {**opts.values(kind, given), **opts.body(run, kind, given, needed=False)}
        run.change(setup.edit(run.desk(), run.actor(), kind.name, key, wanted, unset=unset or ()))

    return edit


def _rename(kind: Kind) -> Body:
    def rename(run: Run, key: str, new: str) -> None:
        from helpdeskctl.operations import setup

        run.change(setup.rename(run.desk(), run.actor(), kind.name, key, new))

    return rename


def _archive(kind: Kind, *, archived: bool) -> Body:
    def archive(run: Run, key: str) -> None:
        from helpdeskctl.operations import setup

        run.change(setup.archive(run.desk(), run.actor(), kind.name, key, archived=archived))

    return archive


def _order(kind: Kind) -> Body:
    def order(run: Run, keys: list[str]) -> None:
        from helpdeskctl.operations import setup

        changes = setup.order(run.desk(), run.actor(), kind.name, run.keys_from(keys))
        run.change(change for change in changes if change.action == "updated")

    return order


def _delete(kind: Kind) -> Body:
    def delete(run: Run, key: str, *, move_to: str | None) -> None:
        from helpdeskctl.operations import setup

        run.change(setup.delete(run.desk(), run.actor(), kind.name, key, move_to=move_to))

    return delete
