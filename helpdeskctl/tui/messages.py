"""What workers tell the screens. One message ends each piece of work; nothing else comes out of a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from helpdeskctl.errors import HelpdeskError
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.replies import Sent
from helpdeskctl.queries.history import Happening
from helpdeskctl.queries.ledger import HeldMail
from helpdeskctl.queries.messages import MessageView
from helpdeskctl.queries.outbox import Queued
from helpdeskctl.queries.threads import TicketDetail
from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.queries.views import View
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.triage import Step


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a picker: its value, what is shown, a remark beside it, a longer text to read before picking, the
    status it `sets`, the `link` that may stand for the text."""

    value: str
    label: str
    remark: str = ""
    preview: str = ""
    sets: str = ""
    link: str = ""


@dataclass
class Failed(Message):
    """A piece of work that came to nothing, and why."""

    purpose: str
    error: HelpdeskError


@dataclass
class Changed(Message):
    """Something on the desk is not as it was."""


@dataclass
class Lost(Message):
    """The database is out of reach; it is tried again in so many seconds."""

    error: HelpdeskError
    retry_in: float


@dataclass
class Back(Message):
    """The database answers (again)."""


@dataclass
class Places(Message):
    """The views of the agent, with how many tickets each has, by key."""

    views: tuple[View, ...]
    counts: Mapping[str, int]
    in_quarantine: int = 0


@dataclass
class Listed(Message):
    """A page of a list. `asked` is the query as it was asked for, `more` the mark of the following page.

    `kept` are tickets that are to stay in sight although the query no longer finds them, as they are now.
    """

    asked: tuple[str, str | None]
    rows: tuple[TicketRow, ...]
    more: str | None
    follows: bool = False
    kept: tuple[TicketRow, ...] = ()


@dataclass
class TicketShown(Message):
    """A ticket as it is now."""

    detail: TicketDetail


@dataclass
class Noted(Message):
    """What happened to a ticket, oldest first."""

    number: int
    happenings: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may carry (TIC-19)."""

    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a composer starts from. `newer`: messages that arrived since the draft's author last looked."""

    detail: TicketDetail
    draft: Draft | None
    saved_at: datetime | None
    to: tuple[str, ...]
    sender: str
    signature: str
    after_send: str
    statuses: tuple[str, ...]
    limits: Limits
    newer: tuple[MessageView, ...] = ()


@dataclass
class ComposerReady(Message):
    """All that a composer shows besides the text."""

    writing: Writing


@dataclass
class Choices(Message):
    """What a picker offers."""

    kind: str
    choices: tuple[Choice, ...]
    hidden: int = 0


@dataclass
class Acted(Message):
    """Triage was done: which tickets changed, the first fault, and the steps that take it back."""

    words: str
    changed: tuple[int, ...]
    asked: int
    back: tuple[Step, ...]
    fault: HelpdeskError | None = None


@dataclass
class MailHandled(Message):
    """Something was done to mails: what, the step that takes it back, what can leave now, the first fault."""

    words: str
    done: tuple[int, ...]
    back: MailStep | None = None
    leaving: tuple[int, ...] = ()
    fault: HelpdeskError | None = None


@dataclass
class Belonging(Message):
    """A ticket and the one it may belong to (MAIL-10)."""

    here: TicketRow
    there: TicketRow


@dataclass
class Mails(Message):
    """The outbox, or all mail of one ticket."""

    rows: tuple[Queued, ...]


@dataclass
class Waiting(Message):
    """The quarantine as far as the agent may release from it, the oldest first."""

    rows: tuple[HeldMail, ...]


@dataclass
class LetterRead(Message):
    """A mail that came in: what the ledger says in `facts`, then its headers and words, the rules, its bytes."""

    ledger_id: int
    facts: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass
class ReplySent(Message):
    """A reply is stored; until `sent.held_until` it can be taken back."""

    sent: Sent


@dataclass
class Attached(Message):
    """A file of this host is kept, ready to go with a message."""

    file: NewAttachment


@dataclass
class Saved(Message):
    """A file of a ticket lies at a path of this host."""

    path: str
    size: int


@dataclass
class Forwarded(Message):
    """A message is handed on."""

    sent: Sent


@dataclass
class NoteKept(Message):
    """A note is stored."""

    number: int
    message_id: int


@dataclass
class TakenBack(Message):
    """A reply did not leave and is a draft again."""

    number: int
    draft: Draft


@dataclass
class DraftKept(Message):
    """A draft is safe: at the desk, or in a local file while the desk is out of reach."""

    number: int
    at: datetime
    local: bool


@dataclass
class NextFound(Message):
    """The next ticket to work on, None when all is done."""

    row: TicketRow | None


@dataclass
class ViewSaved(Message):
    """A filter has a name now."""

    key: str


@dataclass
class Delivered(Message):
    """What became of mail that was tried: how much left, and what kept the rest."""

    sent: int
    faults: tuple[str, ...]
