"""`helpdeskctl ticket`: answering, noting, forwarding, sending once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import output
from helpdeskctl.cli.options import BodyFile, Message
from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.cli.sending import try_now
from helpdeskctl.cli.ticket_batch import IfLast, Number, Silent

if TYPE_CHECKING:
    from helpdeskctl.desk import Desk
    from helpdeskctl.operations.messages import NewAttachment
    from helpdeskctl.operations.replies import Sent
    from helpdeskctl.queries.outbox import Queued

app = single()

Attach = Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="A file; repeatable.")]
NoSignature = Annotated[bool, typer.Option("--no-signature", help="Without a signature.")]
SignatureKey = Annotated[str | None, typer.Option("--signature", metavar="KEY", help="This signature.")]
From = Annotated[str | None, typer.Option("--mailbox", metavar="ADDRESS", help="Send from this address.")]


@app.command()
@command(changes=True)
def reply(  # noqa: PLR0913  # a flag for each part of an answer
    run: Run,
    number: Number,
    *,
    message: Message = None,
    body_file: BodyFile = None,
    canned: Annotated[
        str | None, typer.Option("--canned", metavar="KEY", help="A canned reply, before the text.")
    ] = None,
    article: Annotated[
        list[str] | None, typer.Option("--article", metavar="KEY", help="A link to this help article; repeatable.")
    ] = None,
    article_text: Annotated[
        list[str] | None, typer.Option("--article-text", metavar="KEY", help="The text of this one; repeatable.")
    ] = None,
    status: Annotated[str | None, typer.Option("--status", metavar="S", help="The status after it.")] = None,
    cc: Annotated[list[str] | None, typer.Option("--cc", metavar="A", help="Joins the ticket; repeatable.")] = None,
    bcc: Annotated[list[str] | None, typer.Option("--bcc", metavar="A", help="A blind copy; repeatable.")] = None,
    attach: Attach = None,
    signature: SignatureKey = None,
    no_signature: NoSignature = False,
    mailbox: From = None,
    only_requester: Annotated[bool, typer.Option("--only-requester", help="To nobody else on the ticket.")] = False,
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="10s", help="Hold it so long, to be taken back.")
    ] = None,
    if_last: IfLast = None,
) -> None:
    """Answer the customer; the mail leaves at once where it can.

    Example: helpdeskctl ticket reply 1001 -m "Hello from the new desk."
    """
    from helpdeskctl.operations import replies
    from helpdeskctl.operations.replies import Reply
    from helpdeskctl.operations.ticket_rows import number_of
    from helpdeskctl.queries import settings

    contents = [(path.name, run.read(path)) for path in attach or ()]
    given = bool(canned or article or article_text)
    body = "" if given and message is None and body_file is None else run.body(message, body_file)
    desk = run.desk()
    seconds = settings.get(desk, "undo_seconds_shell") if undo is None else _seconds(undo)
    new = Reply(
        body=body,
        cc=cc or (),
        bcc=bcc or (),
        status=status,
        canned=canned,
        articles=article or (),
        article_texts=article_text or (),
        signature=signature,
        no_signature=no_signature,
        attachments=_kept(desk, contents),
        undo_seconds=seconds,
        if_last=if_last,
        mailbox=mailbox,
        only_requester=only_requester,
    )
    _tell(run, replies.reply(desk, run.actor(), number_of(number), new), status=True)


@app.command()
@command(changes=True)
def note(
    run: Run,
    number: Number,
    *,
    message: Message = None,
    body_file: BodyFile = None,
    attach: Attach = None,
    if_last: IfLast = None,
    notify: Silent = None,
) -> None:
    """Add an internal note; no customer ever sees it.

    Example: helpdeskctl ticket note 1001 -m "Spare part ordered."
    """
    from helpdeskctl.operations import replies
    from helpdeskctl.operations.replies import Note
    from helpdeskctl.operations.ticket_rows import number_of

    contents = [(path.name, run.read(path)) for path in attach or ()]
    body = run.body(message, body_file)
    desk = run.desk()
    new = Note(body=body, attachments=_kept(desk, contents), if_last=if_last)
    message_id = replies.note(desk, run.actor(), number_of(number), new)
    run.say("noted", f"#{number_of(number)}")
    if not run.for_people:
        fields = {"kind": "message", "key": str(message_id), "id": message_id, "action": "created", "changed": []}
        run.show([{**fields, "ticket": number_of(number)}])


@app.command()
@command(changes=True)
def forward(
    run: Run,
    number: Number,
    *,
    to: Annotated[list[str], typer.Option("--to", metavar="A", help="To whom; repeatable.")],
    cc: Annotated[list[str] | None, typer.Option("--cc", metavar="A", help="A copy; repeatable.")] = None,
    message: Annotated[
        int | None, typer.Option("--message", metavar="I", help="This message; else the customer's newest.")
    ] = None,
    text: Annotated[str | None, typer.Option("-m", metavar="TEXT", help="A text above it.")] = None,
    body_file: BodyFile = None,
    signature: SignatureKey = None,
    no_signature: NoSignature = False,
    mailbox: From = None,
) -> None:
    """Hand a message with its files on to somebody who is not on the ticket; nobody else hears of it.

    Example: helpdeskctl ticket forward 1001 --to maker@printers.example -m "Can you help?"
    """
    from helpdeskctl.operations import forwards
    from helpdeskctl.operations.forwards import Forward
    from helpdeskctl.operations.ticket_rows import number_of

    body = "" if text is None and body_file is None else run.body(text, body_file)
    new = Forward(
        to=to,
        cc=cc or (),
        message=message,
        body=body,
        signature=signature,
        no_signature=no_signature,
        mailbox=mailbox,
    )
    _tell(run, forwards.forward(run.desk(), run.actor(), number_of(number), new))


@app.command()
@command(changes=True)
def resend(
    run: Run,
    number: Number,
    *,
    message: Annotated[int, typer.Option("--message", metavar="I", help="The message of ours, by its id.")],
    to: Annotated[list[str] | None, typer.Option("--to", metavar="A", help="To these alone; repeatable.")] = None,
) -> None:
    """Send a message of ours once more, as it was.

    Example: helpdeskctl ticket resend 1001 --message 7
    """
    from helpdeskctl.operations import forwards
    from helpdeskctl.operations.ticket_rows import number_of

    _tell(run, forwards.resend(run.desk(), run.actor(), number_of(number), message, to=to or ()))


def _kept(desk: Desk, contents: list[tuple[str, bytes]]) -> list[NewAttachment]:
    from helpdeskctl.operations import files

    return [files.keep(desk, name, content) for name, content in contents]


def _seconds(undo: str) -> int:
    from helpdeskctl.domain import durations

    return round(durations.parse(undo).total_seconds())


def _tell(run: Run, sent: Sent, *, status: bool = False) -> None:
    """Try the mail once and say what became of it: `sent     #1001 to ann@muster.example (answered)`."""
    from helpdeskctl.queries import outbox

    if sent.held_until is None:
        try_now(run, [sent.outgoing_id])
    mail = outbox.one(run.desk(), run.actor(), sent.outgoing_id)
    state = mail.state if mail.state in ("sent", "held", "refused") else "queued"
    after = f" ({sent.status})" if status else ""
    until = (
        f", until {output.cell(sent.held_until)}; helpdeskctl mail queue cancel {mail.id}" if state == "held" else ""
    )
    run.say(state, f"#{sent.number} to {', '.join(sent.to)}{after}{until}")
    if not run.for_people:
        run.show([_fields(sent, mail)])
    _tell_refused(run, mail)


def _tell_refused(run: Run, mail: Queued) -> None:
    from helpdeskctl.errors import Refused

    for person in mail.recipients:
        if person.state == "refused":
            run.failed(Refused(f"not taken for {person.address}: {person.detail}", subject=f"ticket/{mail.ticket}"))


def _fields(sent: Sent, mail: Queued) -> dict[str, Any]:
    return {
        "kind": "message",
        "key": str(sent.message_id),
        "id": sent.message_id,
        "action": "created",
        "changed": [],
        "ticket": sent.number,
        "status": sent.status,
        "mail": mail.id,
        "state": mail.state,
        "held_until": sent.held_until,
        "deliveries": [
            {"address": person.address, "state": person.state, "at": person.at, "detail": person.detail}
            for person in mail.recipients
        ],
    }
