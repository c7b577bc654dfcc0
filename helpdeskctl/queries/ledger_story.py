"""One mail of the ledger with its whole story: the quarantine, what people did, and what the rules say of it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, NotFound
from helpdeskctl.mail import reading
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.queries import explain, ledger, rejudge
from helpdeskctl.queries.history import Happening
from helpdeskctl.queries.intake import standing
from helpdeskctl.queries.ledger import Entry, HeldMail
from helpdeskctl.store.tables import Event, IncomingMail

_MOST_HEADERS = 200
_LARGEST = 50 * 1024 * 1024  # octets of a mail that is read as a whole only to be looked at


@dataclass(frozen=True, slots=True)
class Story:
    """`trail` is what each rule says of the mail now; empty where its bytes are not `kept`, and for huge ones."""

    held: HeldMail | None
    history: tuple[Happening, ...]
    kept: bool
    trail: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a mail: header fields in their order, decoded; the text; its files."""

    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[Mapping[str, Any], ...]


def of(desk: Desk, actor: Actor, entry: Entry) -> Story:
    """The story of a mail that the actor may see. TryAgain while the virus scanner is away."""
    try:
        held: HeldMail | None = ledger.one_held(desk, actor, entry.id)
    except NotFound:
        held = None
    rows = Event.select().where(Event.object_kind == "mail", Event.object_key == str(entry.id)).order_by(Event.id)
    history = tuple(
        Happening(row.id, row.at, row.verb, row.actor_label, row.actor_kind, row.data, row.reason) for row in rows
    )
    if entry.sha256 is not None and entry.size > _LARGEST:
        return Story(held, history, kept=True)
    try:
        raw = ledger.raw(desk, entry)
    except HelpdeskError:
        return Story(held, history, kept=False)
    known = standing(desk)
    found = rejudge.of_ledger(desk, known, IncomingMail.get(IncomingMail.id == entry.id), raw)
    return Story(held, history, kept=True, trail=explain.told(known, found)["trail"])


def content(desk: Desk, entry: Entry) -> Content:
    """What stands in a mail; of a huge one its header. NotFound where its bytes are not kept."""
    if entry.size > _LARGEST:
        mail = replace(salvage(next(ledger.raw_pieces(desk, entry))), attachments=())
    else:
        mail = reading.read(ledger.raw(desk, entry)).mail
    names = mail.headers.names()
    fields = ((name, value) for name in names for value in mail.headers.all(name))
    files = (
        {"filename": each.filename, "size": len(each.content), "type": each.content_type, "inline": each.inline}
        for each in mail.attachments
    )
    return Content(tuple(islice(fields, _MOST_HEADERS)), mail.text, tuple(files))
