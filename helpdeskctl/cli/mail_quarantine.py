"""`helpdeskctl mail quarantine`: mail that waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from helpdeskctl.cli.mail_ids import Ids, numbers
from helpdeskctl.cli.output import cell
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Mail that waits for a person: look, release, discard.")

_LIST = "helpdeskctl mail quarantine list"
_COLUMNS = ("id", "received_at", "mailbox", "from", "subject", "sentence", "detail")
_FIRST = ("from", "reply-to", "to", "cc", "subject", "date")  # of its header, above the rest


@app.command("list")
@command(acts=True)
def list_(
    run: Run,
    *,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="What was discarded and can still be released.")
    ] = False,
) -> None:
    """What waits, the oldest first, and why.

    Example: helpdeskctl mail quarantine list -o json
    """
    from helpdeskctl.queries import ledger

    rows = ledger.held(run.desk(), run.actor(), state="discarded" if discarded else "held")
    if discarded:
        rows = (mail for mail in rows if mail.sha256 is not None)
    run.emit((_row(mail) for mail in rows), columns=_COLUMNS)


@app.command()
@command(acts=True)
def show(run: Run, ids: Ids) -> None:
    """Mail in quarantine: what holds it, its header, its text. Its bytes: helpdeskctl mail show ID --raw

    Example: helpdeskctl mail quarantine show 81
    """
    from helpdeskctl.queries import ledger

    desk, actor = run.desk(), run.actor()
    found = [ledger.one_held(desk, actor, each) for each in numbers(run, ids, listed_by=_LIST)]
    run.show([{**_row(mail), **_content(run, mail.id)} for mail in found], view=_lines)


@app.command()
@command(changes=True)
def release(
    run: Run,
    ids: Ids,
    *,
    department: Annotated[
        str | None, typer.Option(metavar="KEY", help="Where mail goes that belongs to no department.")
    ] = None,
    malware: Annotated[bool, typer.Option("--malware", help="Even where the virus scanner found something.")] = False,
) -> None:
    """Let mail in after all: the rule that holds it is passed over, once. Discarded mail, too, while it is kept.

    Example: helpdeskctl mail quarantine release 81 82
    """
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.operations import quarantine

    desk, actor = run.desk(), run.actor()
    for each in numbers(run, ids, listed_by=_LIST):
        try:
            run.change(quarantine.release(desk, actor, each, department=department, malware=malware))
        except HelpdeskError as error:
            run.failed(error)


@app.command()
@command(changes=True)
def delete(
    run: Run,
    ids: Ids,
    *,
    block: Annotated[bool, typer.Option("--block", help="Block its sender, too.")] = False,
) -> None:
    """Discard mail: nothing comes of it, and nobody is told. It can be released until retention takes its bytes.

    Example: helpdeskctl mail quarantine delete 81 82 --yes
    """
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.operations import quarantine

    desk, actor = run.desk(), run.actor()
    wanted = numbers(run, ids, listed_by=_LIST)
    senders = " and block who wrote them" if block else ""
    run.confirm(f"Discard {len(wanted)} mails{senders}?" if len(wanted) > 1 else f"Discard mail {wanted[0]}{senders}?")
    for each in wanted:
        try:
            run.change(quarantine.discard(desk, actor, each, block=block))
        except HelpdeskError as error:
            run.failed(error)


def _row(mail: object) -> dict[str, Any]:
    """The keys of the contract: `from` is no name a dataclass can have."""
    from helpdeskctl.cli.output import fields_of

    fields = fields_of(mail)
    return {"from" if name == "sender" else name: value for name, value in fields.items()}


def _content(run: Run, ledger_id: int) -> dict[str, Any]:
    from helpdeskctl.cli.output import fields_of
    from helpdeskctl.errors import NotFound
    from helpdeskctl.queries import ledger, ledger_story

    desk = run.desk()
    try:
        return fields_of(ledger_story.content(desk, ledger.entry(desk, run.actor(), ledger_id)))
    except NotFound:
        return {"headers": (), "text": None, "attachments": ()}


def _lines(mail: Mapping[str, Any]) -> Iterator[str]:
    where = f"by {mail['mailbox']}" if mail["mailbox"] else "by no mailbox"
    yield f"mail {mail['id']}  {mail['state']}  {cell(mail['received_at'])}  {where}, {mail['size']} octets"
    yield f"  it waits because {mail['sentence']}" + (f" ({mail['detail']})" if mail["detail"] else "")
    by_name = dict(reversed(mail["headers"]))
    for name in _FIRST:
        if name in by_name:
            yield f"  {name:<9} {by_name[name]}"
    for name, value in mail["headers"]:
        if name not in _FIRST:
            yield f"  {name}: {value}"
    for file in mail["attachments"]:
        yield f"  file      {file['filename']}  {file['size']} octets  {file['type']}"
    if mail["text"] is None:
        yield "  its bytes are not kept (any more)"
        return
    yield ""
    yield from (f"  {line}".rstrip() for line in mail["text"].splitlines())
