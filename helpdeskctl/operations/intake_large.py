"""Mail that is larger than its mailbox takes (MAIL-19): held or left on the server, and its sender told once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from helpdeskctl.desk import Desk
from helpdeskctl.mail import fetch
from helpdeskctl.mail.fetch import Envelope
from helpdeskctl.mail.identity import Identity
from helpdeskctl.mail.rules import judge
from helpdeskctl.mail.rules.decision import Held
from helpdeskctl.mail.salvage import header_only
from helpdeskctl.operations import notices
from helpdeskctl.operations.intake_keep import HEAD, Large, LeftBehind
from helpdeskctl.queries.intake import Arrival, Standing, gather
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import IncomingMail, Mailbox


@dataclass(slots=True)
class Sorted:
    """What became of large mails: kept, to be held, or left on the server."""

    kept: list[Large] = field(default_factory=list)
    left: list[LeftBehind] = field(default_factory=list)


class _TooSlow(Exception):
    """A mail did not come in time."""


def sort(
    desk: Desk, mailbox: Mailbox, session: fetch.Mailbox, envelopes: Sequence[Envelope], *, deadline: float
) -> Sorted:
    """Fetch those that are to wait in quarantine, a piece at a time; what does not come in time stays on the server.

    `deadline` is a moment of the monotonic clock: no mail keeps a mailbox from going on for ever (I4).
    """
    found = Sorted()
    for envelope in envelopes:
        words = f"{envelope.size} bytes, the mailbox takes {mailbox.max_size}"
        try:
            kept = _kept(desk, session, envelope, deadline) if mailbox.too_large == "quarantine" else None
        except _TooSlow:
            kept, words = None, f"{words}; fetching it took too long"
        if kept is not None:
            found.kept.append(kept)
        else:
            found.left.append(_left(envelope, words, session.header(envelope.uid)))
    return found


@transaction
def tell_of_left(desk: Desk, known: Standing, mailbox: Mailbox, left: Sequence[LeftBehind]) -> None:
    """Tell the senders of mails that stay on the server, each once, also where the folder is read again."""
    for each in left:
        mail = header_only(each.head, each.size)
        arrival = Arrival(mailbox_id=mailbox.id, size=each.size, received_at=each.received_at)
        decision = judge(mail, gather(desk, known, mail, arrival), known.policy).decision
        if decision.held is not Held.TOO_LARGE or not decision.answer or mail.sender is None:
            continue
        if mailbox.archive or _was_there_before(mailbox, each):
            continue
        notices.refusal(
            desk, mail.sender.address, mailbox_id=mailbox.id, mail_id=mail.message_id, received_at=each.received_at,
            limit=mailbox.max_size,
        )  # fmt: skip


def _kept(desk: Desk, session: fetch.Mailbox, envelope: Envelope, deadline: float) -> Large | None:
    """The mail, its bytes safe; None where it vanished meanwhile."""
    pieces = session.pieces(envelope.uid)
    first = next(pieces, None)
    if first is None:
        return None
    identity = Identity(first)
    blob = desk.blobs.keep_pieces(_noted(first, pieces, identity, deadline))
    return Large(first[:HEAD], blob, identity.hex(), envelope.received_at, envelope.uid)


def _noted(first: bytes, pieces: Iterator[bytes], identity: Identity, deadline: float) -> Iterator[bytes]:
    yield first
    for piece in pieces:
        if time.monotonic() > deadline:
            raise _TooSlow
        identity.add(piece)
        yield piece


def _left(envelope: Envelope, reason: str, header: bytes) -> LeftBehind:
    mail = header_only(header, envelope.size)
    sender = mail.sender.address.casefold() if mail.sender else None
    return LeftBehind(
        envelope.uid, envelope.size, envelope.received_at, reason, sender, mail.subject or None, header[:HEAD]
    )


def _was_there_before(mailbox: Mailbox, mail: LeftBehind) -> bool:
    """Whether it has another row: then its folder got a new UIDVALIDITY, and its sender was told."""
    alike = IncomingMail.select().where(
        IncomingMail.sender == mail.sender,
        IncomingMail.state == "left",
        IncomingMail.mailbox_id == mailbox.id,
        IncomingMail.size == mail.size,
        IncomingMail.received_at == mail.received_at,
        IncomingMail.subject == mail.subject,
    )
    return bool(alike.count() > 1)
