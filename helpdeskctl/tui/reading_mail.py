"""What screens ask about mail: the outbox, the quarantine, a mail as it came in. Runs in a worker's thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import explain, ledger, outbox
from helpdeskctl.queries.intake import standing
from helpdeskctl.queries.ledger import Entry
from helpdeskctl.tui.messages import LetterRead, Mails, Waiting
from helpdeskctl.tui.text import size

MOST = 500  # rows of a list
MOST_TEXT = 20_000  # characters of the words of a mail
MOST_RAW = 100_000  # and of the mail as it came


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
    return LetterRead(ledger_id, tuple(_facts(entry)), tuple(_lines(desk, entry)))


def _facts(entry: Entry) -> Iterator[str]:
    yield f"mail {entry.id}, {size(entry.size)}, by {entry.mailbox or 'no mailbox'}: {entry.state}"
    if entry.reason:
        yield f"because  {entry.reason}" + (f"  (rule {entry.rule})" if entry.rule else "")
    yield ""


def _lines(desk: Desk, entry: Entry) -> Iterator[str]:
    try:
        raw = ledger.raw(desk, entry)
    except NotFound as gone:
        yield gone.message
        return
    read = explain.explain(desk, standing(desk, waived=frozenset({"known"})), str(entry.id), raw)
    yield from _headers(read)
    yield ""
    yield from _cut(read["text"], MOST_TEXT).split("\n")
    yield from _trail(read)
    yield ""
    yield "THE MAIL AS IT CAME"
    yield from _cut(raw[: 4 * MOST_RAW].decode("utf-8", "replace").replace("\r\n", "\n"), MOST_RAW).split("\n")


def _headers(read: Mapping[str, Any]) -> Iterator[str]:
    yield f"From     {_person(read['from']) if read['from'] else '(nobody)'}"
    if read["reply_to"]:
        yield f"Reply-To {read['reply_to']}"
    for name in ("to", "cc"):
        if read[name]:
            yield f"{name.capitalize():<8} {', '.join(map(_person, read[name]))}"
    yield f"Subject  {read['subject']}"
    if read["date"]:
        yield f"Date     {read['date']:%Y-%m-%d %H:%M %z}"
    for file in read["attachments"]:
        yield f"File     {file['filename']}  {size(file['size'])}  {file['type']}"


def _trail(read: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "WHAT THE RULES SAY OF IT NOW"
    for step in read["trail"]:
        if step["answer"] != "pass":
            yield f"{step['rule']:<12} {step['answer']}" + (f"  [{step['evidence']}]" if step["evidence"] else "")
    for defect in read["defects"]:
        yield f"{'defect':<12} {defect}"


def _person(entry: Mapping[str, str]) -> str:
    return f"{entry['name']} <{entry['address']}>" if entry["name"] else entry["address"]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[{len(text) - most} more characters]"
