"""What screens ask about mail: the outbox, the quarantine, a mail as it came in. Runs in a worker's thread."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, NotFound
from helpdeskctl.queries import ledger, ledger_story, outbox
from helpdeskctl.queries.ledger import Entry
from helpdeskctl.queries.ledger_story import Content
from helpdeskctl.tui.messages import LetterRead, Mails, Waiting
from helpdeskctl.tui.text import size

MOST = 500  # rows of a list
MOST_TEXT = 20_000  # characters of the words of a mail
MOST_RAW = 100_000  # and of the mail as it came
_SHOWN = {"from", "sender", "reply-to", "to", "cc", "subject", "date"}


def mails(desk: Desk, actor: Actor, number: int | None) -> Mails:
    """What waits or failed in the outbox; of one ticket, all its mail."""
    found = outbox.queue(desk, actor, limit=MOST) if number is None else outbox.of_ticket(desk, actor, number)[:MOST]
    return Mails(tuple(found))


def quarantine(desk: Desk, actor: Actor) -> Waiting:
    """The quarantine as far as the agent may release from it."""
    return Waiting(tuple(islice(ledger.held(desk, actor), MOST)))


def letter(desk: Desk, actor: Actor, ledger_id: int) -> LetterRead:
    """A mail as it came in. NotFound for one that the agent may not see."""
    entry = ledger.entry(desk, actor, ledger_id)
    return LetterRead(ledger_id, tuple(_facts(entry)), tuple(_lines(desk, actor, entry)))


def _facts(entry: Entry) -> Iterator[str]:
    yield f"mail {entry.id}, {size(entry.size)}, by {entry.mailbox or 'no mailbox'}: {entry.state}"
    if entry.reason:
        yield f"because  {entry.reason}" + (f"  (rule {entry.rule})" if entry.rule else "")
    yield ""


def _lines(desk: Desk, actor: Actor, entry: Entry) -> Iterator[str]:
    try:
        content = ledger_story.content(desk, entry)
    except NotFound as gone:
        yield gone.message
        return
    yield from _headers(content)
    yield ""
    yield from _cut(content.text, MOST_TEXT).split("\n")
    yield from _trail(desk, actor, entry)
    yield ""
    yield "THE MAIL AS IT CAME"
    begin = next(ledger.raw_pieces(desk, entry), b"")[: 4 * MOST_RAW].decode("utf-8", "replace")
    yield from _cut(begin.replace("\r\n", "\n"), MOST_RAW).split("\n")
    if entry.size > len(begin):
        yield f"[the whole mail: helpdeskctl mail show {entry.id} --raw]"


def _headers(content: Content) -> Iterator[str]:
    for name, value in content.headers:
        if name.casefold() in _SHOWN:
            yield f"{name.title():<9}{value}"
    for file in content.attachments:
        yield f"{'File':<9}{file['filename']}  {size(file['size'])}  {file['type']}"


def _trail(desk: Desk, actor: Actor, entry: Entry) -> Iterator[str]:
    """What people did with the mail, and what each rule says of it now."""
    yield ""
    try:
        story = ledger_story.of(desk, actor, entry)
    except HelpdeskError as away:
        yield f"the rules cannot be asked now: {away.message}"
        return
    for event in story.history:
        yield f"{event.at:%Y-%m-%d %H:%M} UTC  {event.actor}  {event.verb}"
    yield "WHAT THE RULES SAY OF IT NOW"
    for step in story.trail:
        if step["answer"] != "pass":
            yield f"{step['rule']:<12} {step['answer']}" + (f"  [{step['evidence']}]" if step["evidence"] else "")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[{len(text) - most} more characters]"
