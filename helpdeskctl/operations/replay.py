"""Mail of the ledger through today's pipeline (MAIL-25): messages are brought up to date, what ended nowhere is
decided again. Nothing is lost, nothing is doubled, and a second replay changes nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.attachment_types import refused
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused, TryAgain
from helpdeskctl.mail import virus
from helpdeskctl.mail.incoming import IncomingMail as Mail
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.operations import events, messages
from helpdeskctl.operations.intake_settle import of_row, settle
from helpdeskctl.queries import replay as asking
from helpdeskctl.queries.intake import Standing
from helpdeskctl.queries.replay import OF_MESSAGE, Comparison, Files, Kept
from helpdeskctl.store.blobs import Kept as Bytes
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Attachment, IncomingMail, Message, Quarantine, Ticket


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did to one mail: `changed` names what of its message, or `decision`; empty: nothing."""

    told: Comparison
    changed: tuple[str, ...] = ()


def replay(desk: Desk, actor: Actor, ledger_id: int, known: Standing) -> Replayed:
    """Take one mail through today's pipeline.

    What stands in a ticket stays in that ticket; its message's subject, text, HTML, folds and files become what
    reading makes of them today. What ended nowhere ends where today's rules say. NotFound and NotPermitted as
    `queries.replay.kept`, Refused for malware that no scanner can look at again, TryAgain while the scanner is away
    and when somebody else settles the mail at the same moment.
    """
    mail = asking.kept(desk, actor, ledger_id)
    _refuse_unseen_malware(desk, mail)
    told, found = asking.compare(desk, known, mail)
    if not told.changes:
        return Replayed(told)
    if told.way == "stays" and mail.message is not None:
        files = asking.files(mail.message.id, found.mail.attachments, known.refused_kinds)
        kept = desk.blobs.keep_all([file.content for file in files.new]) if files.new else []
        return Replayed(told, _update(desk, actor, mail, _Today(told, found.mail, known, kept)))
    return _again(desk, actor, mail, known, told)


@dataclass(frozen=True, slots=True)
class _Today:
    """What is to be written: the mail as it is read now, and the bytes of its new files."""

    told: Comparison
    mail: Mail
    known: Standing
    kept: Sequence[Bytes]


@transaction
def _update(desk: Desk, actor: Actor, mail: Kept, today: _Today) -> tuple[str, ...]:
    message = Message.get(Message.id == mail.row.message_id)
    files = asking.files(message.id, today.mail.attachments, today.known.refused_kinds)
    if len(files.new) != len(today.kept):
        raise TryAgain(f"the files of mail {mail.row.id} changed just now", hint="try again")
    changed = [each.field for each in today.told.differences if each.field in OF_MESSAGE]
    Message.update(
        subject=today.mail.subject, body=today.mail.text, html=today.mail.html, folds=asking.folds(today.mail)
    ).where(Message.id == message.id).execute()
    _write_files(desk, message.id, files, today)
    ticket = Ticket.get(Ticket.id == message.ticket_id)
    opened = mail.row.decision == "open"
    if opened and ticket.subject == message.subject != today.mail.subject:
        Ticket.update(subject=today.mail.subject).where(Ticket.id == ticket.id).execute()
    subject = Ticket.get(Ticket.id == ticket.id).subject if opened else None
    messages.reindex(desk, message.id, subject=subject)
    data = {"message": message.id, "mail": mail.row.id, "changed": changed}
    events.record(desk, actor, "replayed", ticket=ticket.id, data=data)
    return tuple(changed)


def _write_files(desk: Desk, message_id: int, files: Files, today: _Today) -> None:
    for row, changes in files.stay:
        if changes:
            Attachment.update(**changes).where(Attachment.id == row.id).execute()
    if files.go:  # today's reading finds them inside others, or as part of the text; the mail still has them
        Attachment.delete().where(Attachment.id.in_([row.id for row in files.go])).execute()
    for file, kept in zip(files.new, today.kept, strict=True):
        desk.blobs.name(kept, now=desk.now())
        new = messages.NewAttachment(
            file.filename, file.content_type, kept.size, kept.sha256, file.inline, file.content_id,
            withheld=refused(file.filename, file.content_type, today.known.refused_kinds),
        )  # fmt: skip
        messages.attach(message_id, new)


def _again(desk: Desk, actor: Actor, mail: Kept, known: Standing, told: Comparison) -> Replayed:
    """Back to the start and through the door's own last steps: whatever ends this in between, the next fetch goes on.

    Settling asks the virus scanner, so no transaction is held open here.
    """
    raw = mail.raw if len(mail.raw) == mail.row.size else desk.blobs.get(mail.row.raw_sha256 or "")
    _claim(desk, mail.row)
    row = IncomingMail.get(IncomingMail.id == mail.row.id)
    settle(desk, [of_row(row, raw=raw)], known)
    row = IncomingMail.get(IncomingMail.id == mail.row.id)
    data = {"from": mail.row.decision or mail.row.state, "to": row.decision or row.state, "ticket": row.ticket_id}
    events.record(desk, actor, "replayed", subject=("mail", str(row.id)), data=data)
    return Replayed(replace(told, state=row.state, ticket=row.ticket_id), ("decision",))


@transaction
def _claim(desk: Desk, row: IncomingMail) -> None:
    """Be the one who decides again; what lay in quarantine is there again if it is held again."""
    ours = IncomingMail.id == row.id, IncomingMail.state == row.state
    if not IncomingMail.update(state="received", attempts=1).where(*ours).execute():
        raise TryAgain(f"mail {row.id} was settled by somebody else just now", subject=f"mail/{row.id}")
    Quarantine.update(state="released").where(Quarantine.incoming_id == row.id).execute()


def _refuse_unseen_malware(desk: Desk, mail: Kept) -> None:
    held = Quarantine.get_or_none(Quarantine.incoming_id == mail.row.id, Quarantine.reason == Held.MALWARE.value)
    if held is not None and mail.message is None and virus.scanner(desk.config.mail) is None:
        raise Refused(
            f"mail {mail.row.id} carries malware ({held.detail}), and no scanner is there to look again",
            hint=f"helpdeskctl mail quarantine release {mail.row.id} --malware, if you know better",
            subject=f"mail/{mail.row.id}",
        )
