"""A mail of the ledger through today's pipeline: what stands of it, and what would come out now (MAIL-25)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain import permissions
from helpdeskctl.domain.attachment_types import refused
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.lifecycle import Priority, Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import NotPermitted
from helpdeskctl.mail.incoming import Attachment as File
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.queries import access, ledger, rejudge
from helpdeskctl.queries.intake import Standing
from helpdeskctl.queries.rejudge import Judged
from helpdeskctl.store.tables import Attachment, Event, Mailbox, Message, Ticket
from helpdeskctl.store.tables import IncomingMail as LedgerRow

AGAIN = ("ignored", "refused", "failed", "dead", "quarantined", "reflected")
"""What ended nowhere, and can be decided again."""
OF_MESSAGE = ("subject", "text", "html", "folds", "attachments")
"""What a replay brings up to date in the message that a mail became."""
_PRIORITIES = {"low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH}

Way = Literal["stays", "again", "nothing"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would be otherwise today."""

    field: str
    stands: Any
    today: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """One mail. `way`: its message stays where it is and is brought up to date (`stays`), it is decided `again`
    because it ended nowhere, or there is `nothing` to do: `state` says why. `decision`, `rule`, `reason` are today's.
    """

    id: int
    state: str
    way: Way
    ticket: int | None
    decision: str | None
    rule: str
    reason: str
    differences: tuple[Difference, ...]

    @property
    def changes(self) -> bool:
        """Whether a replay would change anything."""
        if self.way == "again":
            return any(each.field in ("decision", "rule") for each in self.differences)
        return self.way == "stays" and any(each.field in OF_MESSAGE for each in self.differences)


@dataclass(frozen=True, slots=True)
class Files:
    """What becomes of a message's files: rows that stay, by what changes in each; new ones; rows that go."""

    stay: tuple[tuple[Attachment, Mapping[str, Any]], ...]
    new: tuple[File, ...]
    go: tuple[Attachment, ...]

    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return not self.new and not self.go and not any(changes for _, changes in self.stay)


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail of the ledger as it stands: its row, its message if it has one, its bytes.

    Of one that is too large for its mailbox `raw` is the beginning: no more of it is read.
    """

    row: LedgerRow
    message: Message | None
    raw: bytes

    @property
    def way(self) -> Way:
        """What a replay may do with it."""
        if self.message is not None:
            return "stays"
        return "again" if self.row.state in AGAIN else "nothing"


def kept(desk: Desk, actor: Actor, ledger_id: int) -> Kept:
    """A mail that the actor may replay: admins any; agents what they may release, or whose ticket they may change.

    NotFound when there is none, none that the actor may see, or its bytes are not kept; NotPermitted.
    """
    entry = ledger.entry(desk, actor, ledger_id)
    row = LedgerRow.get(LedgerRow.id == ledger_id)
    message = Message.get_or_none(Message.id == row.message_id) if row.message_id is not None else None
    if message is not None:
        verdict = permissions.may(actor, Action.CHANGE, access.ticket_facts(desk, message.ticket_id))
        if not verdict.allowed:
            raise NotPermitted(f"mail {ledger_id} stands in #{message.ticket_id}: {verdict.why}", hint="ask an admin")
    elif actor.kind != "system" and not actor.admin:
        ledger.one_held(desk, actor, ledger_id)
    if message is None and _too_large(row):
        return Kept(row, message, next(ledger.raw_pieces(desk, entry), b""))
    return Kept(row, message, ledger.raw(desk, entry))


def _too_large(row: LedgerRow) -> bool:
    mailbox = Mailbox.get_or_none(Mailbox.id == row.mailbox_id) if row.mailbox_id is not None else None
    return mailbox is not None and row.size > mailbox.max_size


def compare(desk: Desk, known: Standing, mail: Kept) -> tuple[Comparison, Judged]:
    """What stands of a mail against what would come out today. TryAgain while the virus scanner is away."""
    found = rejudge.of_ledger(desk, known, mail.row, mail.raw)
    differences = tuple(_differences(known, mail, found))
    decision = found.decision
    row, message = mail.row, mail.message
    ticket = message.ticket_id if message is not None else decision.ticket
    told = Comparison(
        row.id, row.state, mail.way, ticket, decision.decision, decision.rule, decision.reason, differences
    )
    return told, found


def files(message_id: int, found: Sequence[File], kinds: Iterable[str]) -> Files:
    """Which rows of a message stand for which files of today's reading.

    What somebody took away stays away, also under other bytes; a file that occurs twice occurs twice.
    """
    rows = list(Attachment.select().where(Attachment.message_id == message_id).order_by(Attachment.id))
    stay: list[tuple[Attachment, Mapping[str, Any]]] = []
    left: list[File] = []
    for file in found:
        row = next((row for row in rows if row.sha256 == hashlib.sha256(file.content).hexdigest()), None)
        if row is None:
            left.append(file)
            continue
        rows.remove(row)
        stay.append((row, _changes(row, file, kinds)))
    new: list[File] = []
    for file in left:
        row = next((row for row in rows if row.deleted_at is not None and row.filename == file.filename), None)
        if row is None:
            new.append(file)
        else:
            rows.remove(row)
    return Files(tuple(stay), tuple(new), tuple(row for row in rows if row.deleted_at is None))


def _changes(row: Attachment, file: File, kinds: Iterable[str]) -> Mapping[str, Any]:
    if row.deleted_at is not None:
        return {}
    today = {
        "filename": file.filename,
        "content_type": file.content_type,
        "inline": file.inline,
        "content_id": file.content_id,
        "withheld": refused(file.filename, file.content_type, kinds),
    }
    return {name: value for name, value in today.items() if getattr(row, name) != value}


def _differences(known: Standing, mail: Kept, found: Judged) -> Iterator[Difference]:
    yield from _decided(mail, found)
    if mail.message is not None and found.whole:
        yield from _said(known, mail.message, found)
        if mail.row.decision == "open":
            yield from _of_ticket(mail.message, found)


def _decided(mail: Kept, found: Judged) -> Iterator[Difference]:
    row, today = mail.row, found.decision
    yield from _unlike("decision", row.decision, today.decision)
    yield from _unlike("rule", row.rule, today.rule)
    stands = mail.message.ticket_id if mail.message is not None else row.ticket_id
    if row.decision != "open" or today.ticket is not None:
        yield from _unlike("ticket", stands, today.ticket)


def _said(known: Standing, message: Message, found: Judged) -> Iterator[Difference]:
    mail = found.mail
    yield from _unlike("subject", message.subject, mail.subject)
    yield from _unlike("text", message.body, mail.text)
    yield from _unlike("html", message.html, mail.html)
    yield from _unlike("folds", [list(fold) for fold in message.folds], folds(mail))
    yield from _unlike("automatic", bool(message.automatic), found.decision.automatic)
    plan = files(message.id, mail.attachments, known.refused_kinds)
    if not plan.same:
        there = Attachment.select().where(Attachment.message_id == message.id, Attachment.deleted_at.is_null())
        stands = [_file(row.filename, row.content_type, row.size) for row in there.order_by(Attachment.id)]
        stays = [_file(**_now(row, changes)) for row, changes in plan.stay if row.deleted_at is None]
        new = [_file(file.filename, file.content_type, len(file.content)) for file in plan.new]
        yield Difference("attachments", stands, [*stays, *new])


def folds(mail: IncomingMail) -> list[list[Any]]:
    """The folds as a message keeps them."""
    return [[fold.kind, fold.first_line, fold.last_line] for fold in mail.folds]


def _of_ticket(message: Message, found: Judged) -> Iterator[Difference]:
    """What the mail says of the ticket it opened, as far as nobody has said otherwise since."""
    ticket = Ticket.get(Ticket.id == message.ticket_id)
    said = (found.mail.language or "").partition("-")[0]
    language = found.decision.language or (said if said in LANGUAGES else None)
    if language is not None:
        yield from _unlike("language", ticket.language, language)
    priority = found.decision.priority or _PRIORITIES.get(found.mail.priority or "")
    changed = Event.select().where(Event.ticket_id == ticket.id, Event.verb == Verb.PRIORITY)
    if priority is not None and not changed.exists():
        yield from _unlike("priority", Priority(ticket.priority).key, Priority(priority).key)


def _unlike(field: str, stands: Any, today: Any) -> Iterator[Difference]:
    if stands != today:
        yield Difference(field, stands, today)


def _now(row: Attachment, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    names = {"filename": row.filename, "content_type": row.content_type, "size": row.size}
    return names | {name: value for name, value in changes.items() if name in names}


def _file(filename: str, content_type: str, size: int) -> Mapping[str, Any]:
    return {"filename": filename, "type": content_type, "size": size}
