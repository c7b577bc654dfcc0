"""What was kept long enough goes (OPS-7, MAIL-7), in steps that each lock little and can be the last.

The ledger's row outlives everything: its identity says for ever that a mail was here (MAIL-6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import Refused, TryAgain
from helpdeskctl.operations import blob_sweep, contact_erasure, events, ticket_removal
from helpdeskctl.queries import retention
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, IncomingMail, Message, Quarantine, Ticket

Stop = Callable[[], bool]
_AT_ONCE = 500  # rows in one transaction
_PERSONS_A_RUN = 50  # each is looked for in every table


def job(desk: Desk, *, stop: Stop) -> Mapping[str, int]:
    """The job `retention.clean`: how much of each kind went. What a run does not get to, the next one does."""
    done = {
        "raw_mail": _all(lambda: _raw_mail(desk), stop),
        "quarantine": _all(lambda: _quarantine(desk), stop),
        "spam": _spam(desk, stop),
        "persons": _persons(desk, stop),
    }
    return {name: number for name, number in (done | {"blobs": blob_sweep.sweep(desk, stop=stop)}).items() if number}


def _all(step: Callable[[], int], stop: Stop) -> int:
    done = 0
    while not stop() and (some := step()):
        done += some
    return done


@transaction
def _raw_mail(desk: Desk) -> int:
    condition = retention.old_raw_mail(desk)
    if condition is None:
        return 0
    ids = [row.id for row in IncomingMail.select(IncomingMail.id).where(condition).limit(_AT_ONCE)]
    return int(IncomingMail.update(raw_sha256=None).where(IncomingMail.id.in_(ids)).execute()) if ids else 0


@transaction
def _quarantine(desk: Desk) -> int:
    condition = retention.old_quarantine(desk)
    if condition is None:
        return 0
    joined = Quarantine.select(Quarantine).join(IncomingMail, on=(IncomingMail.id == Quarantine.incoming_id))
    rows = list(joined.where(condition).order_by(Quarantine.id).limit(_AT_ONCE))
    ids = [row.incoming_id for row in rows]
    IncomingMail.update(state="dead", raw_sha256=None).where(IncomingMail.id.in_(ids)).execute()
    Quarantine.update(state="discarded").where(Quarantine.incoming_id.in_(ids)).execute()
    for row in rows:
        if row.state == "held":
            subject = ("mail", str(row.incoming_id))
            events.record(desk, _by(retention.QUARANTINE), "discarded", subject=subject, data={"reason": row.reason})
    return len(rows)


def _spam(desk: Desk, stop: Stop) -> int:
    done = 0
    condition = retention.old_spam(desk)
    if condition is None:
        return 0
    for row in Ticket.select(Ticket.id).where(condition).order_by(Ticket.id).limit(_AT_ONCE):
        if stop():
            break
        _remove_spam(desk, row.id)
        done += 1
    return done


@transaction
def _remove_spam(desk: Desk, number: int) -> None:
    wrote = Message.select(Message.incoming_id).where(Message.ticket_id == number, Message.incoming_id.is_null(False))
    IncomingMail.update(raw_sha256=None).where(IncomingMail.id.in_(wrote)).execute()
    ticket_removal.delete(desk, _by(retention.SPAM), number, confirm=number)


def _persons(desk: Desk, stop: Stop) -> int:
    done = 0
    condition = retention.persons_done_with(desk)
    if condition is None:
        return 0
    for row in Contact.select(Contact.id).where(condition).order_by(Contact.id).limit(_PERSONS_A_RUN):
        if stop():
            break
        try:
            contact_erasure.anonymize(desk, _by(retention.CLOSED), f"id:{row.id}", confirm=f"id:{row.id}")
        except (Refused, TryAgain):  # an agent's or mailbox's address; a mail to them is leaving just now
            continue
        done += 1
    return done


def _by(setting: str) -> Actor:
    return replace(SYSTEM, reason=setting)
