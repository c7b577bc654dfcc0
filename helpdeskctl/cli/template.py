"""`helpdeskctl template`: the texts of automatic mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.options import BodyFile, Message
from helpdeskctl.cli.runtime import Run, command, noun

if TYPE_CHECKING:
    from helpdeskctl.queries.templates import Text

app = noun("Templates: the texts of automatic mail, by event, language and department.")

Event = Annotated[str, typer.Argument(metavar="KEY", help="The event, as received; `template list` names them.")]
Language = Annotated[str | None, typer.Option("--lang", metavar="CODE", help="The language; else the desk's.")]
Department = Annotated[str | None, typer.Option("--department", metavar="KEY", help="Only there; else everywhere.")]


@app.command("list")
@command()
def listed(
    run: Run,
    *,
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="CODE", help="In this language; else in the desk's.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="In every language.")] = False,
) -> None:
    """List the templates, as shipped or the desk's own; the desk's own in every language.

    Example: helpdeskctl template list --lang de
    """
    from helpdeskctl.queries import templates

    rows = templates.list_of(run.desk(), language=lang, everything=everything)
    run.emit(rows, columns=("event", "language", "department", "origin", "subject", "sent_for"))


@app.command()
@command()
def show(run: Run, key: Event, *, lang: Language = None, department: Department = None) -> None:
    """Show the template that is in force.

    Example: helpdeskctl template show received --lang de
    """
    from helpdeskctl.queries import templates

    desk = run.desk()
    run.show([templates.one(desk, templates.place(desk, key, lang, department))], view=_lines)


@app.command()
@command(changes=True)
def edit(
    run: Run,
    key: Event,
    *,
    lang: Language = None,
    department: Department = None,
    subject: Annotated[str | None, typer.Option(metavar="TEXT", help="The subject.")] = None,
    message: Message = None,
    body_file: BodyFile = None,
    html_file: Annotated[Path | None, typer.Option(metavar="FILE", help="The text as HTML, besides.")] = None,
) -> None:
    """Write the desk's own text over the shipped one; the editor begins with the one in force.

    Example: helpdeskctl template edit received --lang de --body-file received.de.txt
    """
    from helpdeskctl.operations import templates as operations
    from helpdeskctl.queries import templates

    body = run.body(message, body_file) if message is not None or body_file else None
    html = run.body(None, html_file) if html_file else None
    desk, actor = run.desk(), run.actor()
    where = templates.place(desk, key, lang, department)
    if body is None and subject is None and html is None:
        body = run.body(None, None, present=templates.one(desk, where).body)
    run.change(operations.edit(desk, actor, where, subject=subject, body=body, html=html))


@app.command()
@command(changes=True)
def reset(run: Run, key: Event, *, lang: Language = None, department: Department = None) -> None:
    """Take the desk's own text away; the shipped one is in force again.

    Example: helpdeskctl template reset received --lang de
    """
    from helpdeskctl.operations import templates as operations
    from helpdeskctl.queries import templates

    desk, actor = run.desk(), run.actor()
    run.change(operations.reset(desk, actor, templates.place(desk, key, lang, department)))


@app.command()
@command(acts=True)
def preview(
    run: Run,
    key: Event,
    *,
    ticket: Annotated[int, typer.Option(metavar="N", help="The ticket it would tell of.")],
    lang: Annotated[str | None, typer.Option("--lang", metavar="CODE", help="The language; else its reader's.")] = None,
    department: Annotated[
        str | None, typer.Option("--department", metavar="KEY", help="As there; else as in the ticket's.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Its HTML, for a browser.")] = False,
) -> None:
    """Show a mail as it would be written about a ticket; what only a real one knows stays in braces.

    Example: helpdeskctl template preview received --ticket 1001 --lang he --html > mail.html
    """
    from helpdeskctl.operations import previews

    desk, actor = run.desk(), run.actor()
    where = previews.place(desk, actor, key, ticket, language=lang, department=department)
    mail = previews.template(desk, actor, where, ticket)
    shown = {"key": where.key, "subject": mail.subject, "body": mail.text, "html": mail.html}
    run.show([shown], view=lambda mail: [mail["html"]] if html else [f"Subject: {mail['subject']}", "", mail["body"]])


@app.command()
@command()
def check(run: Run) -> None:
    """Name every placeholder that is unknown or missing in the templates, the desk's own and the shipped ones.

    Example: helpdeskctl template check
    """
    from helpdeskctl.errors import InvalidInput
    from helpdeskctl.operations import templates

    problems = templates.check(run.desk())
    if problems:
        raise InvalidInput(
            f"{len(problems)} {'fault' if len(problems) == 1 else 'faults'} in templates", problems=problems
        )
    run.say("ok", "templates")
    run.result({"problems": []})


def _lines(text: Text) -> Iterator[str]:
    yield f"{text.key} ({text.origin})"
    yield f"Subject: {text.subject}"
    yield ""
    yield text.body
    if text.html:
        yield "-- HTML --"
        yield text.html
