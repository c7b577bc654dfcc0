"""What screens have the desk do. Every function runs in a worker's thread and returns the message that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, StorageFailed, TryAgain
from helpdeskctl.operations import drafts, outbox, replies, views
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries.ticket_rows import TicketRow, rows
from helpdeskctl.tui import mail_steps, triage
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.messages import Acted, Delivered, MailHandled, NoteKept, ReplySent, TakenBack, ViewSaved
from helpdeskctl.tui.triage import Step

AT_ONCE = 50  # tickets in one transaction
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


def note(desk: Desk, actor: Actor, number: int, new: Note) -> NoteKept:
    """Keep a note."""
    return NoteKept(number, replies.note(desk, actor, number, new))


def take_back(desk: Desk, actor: Actor, number: int, outgoing_id: int) -> TakenBack:
    """Take a reply back before it leaves."""
    return TakenBack(number, replies.undo(desk, actor, outgoing_id))


def keep_draft(desk: Desk, actor: Actor, number: int, draft: Draft) -> None:
    """Save a draft; one without any text is thrown away."""
    if str(draft.content.get("body", "")).strip():
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
