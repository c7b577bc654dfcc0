"""What screens have the desk do. Every function runs in a worker's thread and returns the message that ends it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput, StorageFailed, TryAgain
from helpdeskctl.operations import access, drafts, files, forwards, outbox, replies, views
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries import attachments
from helpdeskctl.queries.ticket_rows import TicketRow, rows
from helpdeskctl.tui import mail_steps, triage
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.messages import (
    Acted,
    Attached,
    Delivered,
    Forwarded,
    MailHandled,
    NoteKept,
    ReplySent,
    Saved,
    TakenBack,
    ViewSaved,
)
from helpdeskctl.tui.triage import Step

AT_ONCE = 50  # tickets in one transaction
_WORTH_KEEPING = ("to", "cc", "bcc", "attachments")
PATIENCE = 10.0  # seconds in which a mail server is heard


@dataclass(slots=True)
class _Tally:
    changed: list[int] = field(default_factory=list)
    back: list[Step] = field(default_factory=list)
    fault: HelpdeskError | None = None


def act(desk: Desk, actor: Actor, steps: Sequence[Step]) -> Acted:
    """Carry steps out. What is refused for one ticket stops no other; a failing database stops with what is done."""
    before = {row.number: row for row in rows(desk, actor, [step.number for step in steps])}
    tally = _Tally()
    try:
        for at in range(0, len(steps), AT_ONCE):
            done = desk.database.transact(lambda some=steps[at : at + AT_ONCE]: _some(desk, actor, some, before))  # type: ignore[misc]  # a default binds the loop's value
            tally.changed += done.changed
            tally.back += done.back
            tally.fault = tally.fault or done.fault
    except (TryAgain, StorageFailed) as fault:
        tally.fault = fault
    last = steps[-1]
    words = triage.words(last.kind, last.value)
    return Acted(words, tuple(tally.changed), len(steps), tuple(reversed(tally.back)), tally.fault)


def _some(desk: Desk, actor: Actor, steps: Sequence[Step], before: dict[int, TicketRow]) -> _Tally:
    tally = _Tally()
    for step in steps:
        try:
            with desk.database.savepoint():
                change = triage.do(desk, actor, step)
        except (TryAgain, StorageFailed):
            raise
        except HelpdeskError as refused:
            tally.fault = tally.fault or refused
            continue
        if change.changed:
            tally.changed.append(step.number)
            back = triage.inverse(before[step.number], step) if step.number in before else None
            tally.back += [back] if back is not None else []
    return tally


def handle(desk: Desk, actor: Actor, step: MailStep) -> MailHandled:
    """Do something to mails."""
    done = mail_steps.do(desk, actor, step)
    return MailHandled(done.words, done.done, done.back, done.leaving, done.fault)


def reply(desk: Desk, actor: Actor, number: int, new: Reply) -> ReplySent:
    """Send a reply; it waits `new.undo_seconds` before it can leave."""
    return ReplySent(replies.reply(desk, actor, number, new))


def forward(desk: Desk, actor: Actor, number: int, new: Forward) -> Forwarded:
    """Hand a message on."""
    return Forwarded(forwards.forward(desk, actor, number, new))


def attach(desk: Desk, path: str, most: int) -> Attached:
    """Keep a file of this host that is to go with a message. InvalidInput when it cannot be read or is too large."""
    file = Path(path).expanduser()
    try:
        if file.stat().st_size > most:
            raise InvalidInput(f"larger than all files of a message may be: {path}")
        return Attached(files.keep(desk, file.name, file.read_bytes()))
    except (OSError, ValueError) as fault:
        raise InvalidInput(f"{getattr(fault, 'strerror', None) or 'no file'}: {path}") from fault


def save(desk: Desk, actor: Actor, attachment_id: int, path: str) -> Saved:
    """Write a file of a ticket to a new file of this host, readable by its owner only. Nothing is ever overwritten."""
    number, found = attachments.at_hand(desk, actor, attachment_id)
    access.opened(desk, actor, number)
    target = Path(path).expanduser()
    target = target / Path(found.filename).name if target.is_dir() else target
    content = desk.blobs.get(found.sha256)
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except (OSError, ValueError) as fault:
        raise InvalidInput(f"{getattr(fault, 'strerror', None) or 'no path'}: {target}", hint="another path") from fault
    return Saved(str(target), found.size)


def note(desk: Desk, actor: Actor, number: int, new: Note) -> NoteKept:
    """Keep a note."""
    return NoteKept(number, replies.note(desk, actor, number, new))


def take_back(desk: Desk, actor: Actor, number: int, outgoing_id: int) -> TakenBack:
    """Take a reply back before it leaves."""
    return TakenBack(number, replies.undo(desk, actor, outgoing_id))


def keep_draft(desk: Desk, actor: Actor, number: int, draft: Draft) -> None:
    """Save a draft; one without text, files and recipients is thrown away."""
    if str(draft.content.get("body", "")).strip() or any(draft.content.get(name) for name in _WORTH_KEEPING):
        drafts.save(desk, actor, number, draft)
    else:
        drafts.discard(desk, actor, number)


def save_view(desk: Desk, actor: Actor, name: str, query: str) -> ViewSaved:
    """Give a filter a name."""
    return ViewSaved(views.create(desk, actor, name, query).key)


def deliver(desk: Desk, outgoing_id: int) -> Delivered:
    """Try a mail whose time to be taken back is over; what fails is tried again by `helpdeskctl cron`."""
    report = outbox.deliver(desk, [outgoing_id], patience=PATIENCE)
    faults = tuple(each.error.message for each in report.mailboxes if each.error is not None)
    return Delivered(report.total("sent"), faults)
