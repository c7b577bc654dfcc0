"""From received mail to settled rows: several mails to a transaction, each in a savepoint of its own.

A crash loses nothing, the rows stay `received`; a fault of the moment rolls all back and costs no mail an attempt; a
fault of one mail costs that mail one of its three attempts and leaves the others alone.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.mail.rules import judge
from helpdeskctl.mail.rules.decision import UNREAD, Decision, Held, hold
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.operations.intake_apply import NOWHERE, Case, Placed, apply
from helpdeskctl.operations.intake_keep import HEAD, Received
from helpdeskctl.operations.intake_read import Reading, read_all
from helpdeskctl.queries.intake import Arrival, Standing, gather
from helpdeskctl.store.orm import SQL, IntegrityError
from helpdeskctl.store.tables import IncomingMail

ATTEMPTS = 3
WAITING = ("received", "failed")
STATES = {
    "open": "stored", "add": "stored", "bounce": "stored", "complaint": "stored", "duplicate": "duplicate",
    "reflected": "reflected", "ignore": "ignored", "refuse": "refused", "quarantine": "quarantined",
}  # fmt: skip
_SETTLE = (
    "UPDATE incoming_mail SET state = ?, decision = ?, rule = ?, reason = ?, mail_id = ?, sender = ?, subject = ?,"
    " ticket_id = ?, message_id = ?, acknowledged = CASE WHEN ? = 1 THEN 1 ELSE acknowledged END"
    " WHERE id = ? AND state IN ('received', 'failed')"
)
_SIZE = "size"  # the rule
_LET_GO = "UPDATE incoming_mail SET first = 0 WHERE id = ?"
_CLAIM = (
    "UPDATE incoming_mail SET first = 1 WHERE id = ? AND NOT EXISTS"
    " (SELECT 1 FROM incoming_mail other WHERE other.identity = incoming_mail.identity AND other.first = 1)"
)


class _Overtaken(Exception):
    """Another process settled this mail meanwhile."""


def settle(desk: Desk, received: Sequence[Received], known: Standing, *, salvaged: bool = False) -> list[str]:
    """Read, judge and apply; returns what became of each mail: a decision, or `failed`.

    Raises TryAgain and StorageFailed for faults of the moment: then nothing happened to any of them.
    """
    try:
        readings = read_all(desk, [_begun(each, known) for each in received], salvaged=salvaged)
        return _settled(desk, known, readings)
    except BaseException:
        with suppress(Exception):  # the attempt was not theirs; where even this fails it is counted
            _take_back(desk, received)
        raise


def _begun(received: Received, known: Standing) -> Received:
    """Of what is too large for its mailbox only the beginning is read, unless a person let it in (MAIL-19)."""
    box = known.boxes.get(received.mailbox_id or 0)
    if box is None or len(received.raw) <= box.max_size or _SIZE in known.policy.waived or received.size is not None:
        return received
    return replace(received, raw=received.raw[:HEAD], size=len(received.raw))


def _settled(desk: Desk, known: Standing, readings: Sequence[Reading]) -> list[str]:
    def together() -> list[str]:
        with desk.database.together():
            return _settle_all(desk, known, readings)

    try:
        return desk.database.transact(together)
    except Exception as fault:
        if desk.database.is_passing(fault):
            raise
        # A row that was put off cannot be written: now each mail writes its own, and fails alone.
        return desk.database.transact(lambda: _settle_all(desk, known, readings))


def _settle_all(desk: Desk, known: Standing, readings: Sequence[Reading]) -> list[str]:
    with desk.database.steady():  # mail changes nothing of the set-up
        return [word for each in readings if (word := _settle(desk, known, each))]


def settle_waiting(
    desk: Desk, known: Standing, mailboxes: Sequence[int | None], stop: Callable[[], bool] = lambda: False
) -> Iterator[str]:
    """Settle, one by one, what an earlier run left: mail in hand when it crashed, mail that failed."""
    for ledger_id in _waiting(mailboxes):
        if stop():
            return
        yield from _settle_again(desk, known, ledger_id)


def _waiting(mailboxes: Sequence[int | None]) -> list[int]:
    mailbox = IncomingMail.mailbox_id.in_([each for each in mailboxes if each is not None])
    if None in mailboxes:
        mailbox |= IncomingMail.mailbox_id.is_null()
    # In words, not as parameters: only then SQLite takes the index of what waits, and does not read the whole ledger.
    rows = IncomingMail.select(IncomingMail.id).where(SQL(f"state IN {WAITING}"), mailbox)
    return [row.id for row in rows.order_by(IncomingMail.id)]


def _settle_again(desk: Desk, known: Standing, ledger_id: int) -> list[str]:
    counted = desk.database.transact(
        lambda: (
            IncomingMail.update(attempts=IncomingMail.attempts + 1)
            .where(IncomingMail.id == ledger_id, IncomingMail.state.in_(WAITING))
            .execute()
        )
    )
    if not counted:
        return []
    row = IncomingMail.get(IncomingMail.id == ledger_id)
    received = of_row(row, raw=b"")
    if row.attempts > ATTEMPTS:
        return _give_up(desk, known, received, "it ended the program three times")
    try:
        received = replace(received, raw=desk.blobs.get(row.raw_sha256 or ""))
    except HelpdeskError as gone:
        return _give_up(desk, known, received, gone.message)
    return settle(desk, [received], known)


def of_row(row: IncomingMail, *, raw: bytes) -> Received:
    """A row of the ledger as mail that is to be judged."""
    return Received(
        ledger_id=row.id,
        raw=raw,
        identity=row.identity or "",
        first=row.first,
        received_at=row.received_at or row.created_at,
        mailbox_id=row.mailbox_id,
        archive=row.archive,
        attempts=row.attempts,
    )


def _settle(desk: Desk, known: Standing, reading: Reading) -> str | None:
    """One mail, inside the transaction; None when another process was faster."""
    if reading.fault is not None:
        return _failed(desk, known, reading, reading.fault)
    try:
        try:
            return _within_savepoint(desk, known, reading)
        except IntegrityError:  # on Postgres: another process made the same contact meanwhile; now it is seen
            return _within_savepoint(desk, known, reading)
    except _Overtaken:
        return None
    except Exception as fault:
        if desk.database.is_passing(fault):
            raise
        return _failed(desk, known, reading, fault)


def _within_savepoint(desk: Desk, known: Standing, reading: Reading) -> str:
    with desk.database.savepoint():
        decision = reading.verdict or _judged(desk, known, reading)
        placed = apply(Case(desk, known, reading, decision))
        return _record(desk, known, reading, decision, placed)


def _judged(desk: Desk, known: Standing, reading: Reading) -> Decision:
    received = reading.received
    arrival = Arrival(
        mailbox_id=received.mailbox_id,
        size=reading.mail.size,
        identity=received.identity,
        first=received.first,
        received_at=None if received.archive else received.received_at,
    )
    return judge(reading.mail, gather(desk, known, reading.mail, arrival), known.policy).decision


def _record(desk: Desk, known: Standing, reading: Reading, decision: Decision, placed: Placed) -> str:
    """Settle the ledger's row. It is also the claim: whoever comes second finds it settled and undoes its own work."""
    word = decision.decision or "open"
    box = known.boxes.get(reading.received.mailbox_id or 0)
    sender = reading.mail.sender or next(iter(reading.mail.from_all), None)
    values = (
        STATES[word],
        word,
        decision.rule or UNREAD,
        _shortened(decision.reason, decision.evidence),
        reading.mail.message_id,
        sender.address.casefold() if sender is not None else None,
        reading.mail.subject,
        placed.ticket,
        placed.message,
        int(box is None or box.after == "keep"),
    )
    settled = desk.database.execute(_SETTLE, (*values, reading.received.ledger_id)).rowcount
    if not settled:
        raise _Overtaken
    _claim(desk, reading.received, word, placed)
    return word


def _claim(desk: Desk, received: Received, word: str, placed: Placed) -> None:
    """What came back to us, or complains of nothing of ours, claims no identity: nobody looks at it.

    Else one more header on a copy of somebody else's mail would have the true one called a duplicate.
    """
    if word == "reflected" or (word == "complaint" and placed == NOWHERE):
        desk.database.execute(_LET_GO, (received.ledger_id,))
    elif word != "duplicate" and not received.first:
        desk.database.execute(_CLAIM, (received.ledger_id,))


def _shortened(reason: str, evidence: str) -> str:
    return f"{reason} ({evidence})"[:1000] if evidence else reason[:1000]


def _failed(desk: Desk, known: Standing, reading: Reading, fault: Exception) -> str | None:
    """The mail keeps the attempt it had; after the third it waits in quarantine for a person."""
    words = f"{type(fault).__name__}: {fault}"[:500]
    at = traceback.extract_tb(fault.__traceback__)[-1:]
    log.event(
        "mail.failed",
        level=logging.WARNING,
        mail=reading.received.ledger_id,
        attempt=reading.received.attempts,
        error=type(fault).__name__,  # its words may be the mail's
        where=f"{Path(at[0].filename).name}:{at[0].lineno}" if at else None,
    )
    if reading.received.attempts >= ATTEMPTS:
        decision = hold(Held.UNPROCESSABLE, evidence=words)
        with suppress(_Overtaken), desk.database.savepoint():
            apply(Case(desk, known, reading, decision))
            return _record(desk, known, reading, decision, NOWHERE)
        return None
    IncomingMail.update(state="failed", reason=words).where(
        IncomingMail.id == reading.received.ledger_id, IncomingMail.state.in_(WAITING)
    ).execute()
    return "failed"


def _give_up(desk: Desk, known: Standing, received: Received, why: str) -> list[str]:
    decision = hold(Held.UNPROCESSABLE, evidence=why)
    reading = Reading(received, salvage(received.raw), verdict=decision)
    word = desk.database.transact(lambda: _settle(desk, known, reading))
    return [word] if word else []


def _take_back(desk: Desk, received: Sequence[Received]) -> None:
    ids = [each.ledger_id for each in received]
    desk.database.transact(
        lambda: (
            IncomingMail.update(attempts=IncomingMail.attempts - 1)
            .where(IncomingMail.id.in_(ids), IncomingMail.state.in_(WAITING), IncomingMail.attempts > 0)
            .execute()
        )
    )
