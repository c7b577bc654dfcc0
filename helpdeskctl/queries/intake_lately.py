"""How much a sender wrote just now: what tells a person from a program that runs wild."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import MOST_REPEATED, OLDEST_ANSWERED, REPEATED_WITHIN
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.facts import Policy
from helpdeskctl.store.tables import IncomingMail as LedgerRow

_COUNTED = (
    "SELECT coalesce(sum(CASE WHEN decision = 'open' AND received_at > ? THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN subject = ? AND received_at > ? THEN 1 ELSE 0 END), 0)"
    " FROM incoming_mail WHERE sender = ? AND created_at > ?"
)
_REPEATED = (
    "SELECT count(*) FROM incoming_mail i JOIN message m ON m.id = i.message_id"
    " WHERE i.sender = ? AND i.created_at > ? AND i.subject = ? AND i.received_at > ? AND m.body = ?"
)


def lately(
    desk: Desk, policy: Policy, contact_id: int | None, mail: IncomingMail, received_at: datetime | None
) -> tuple[int, int]:
    """How many tickets a contact opened by mail within the policy's minutes, and how often it said this in an hour.

    By when our server received the mails: who takes in a backlog floods nobody. A stranger (None) opened none.
    """
    now = desk.now()
    if contact_id is None or mail.sender is None or received_at is None or now - received_at > OLDEST_ANSWERED:
        return 0, 0
    sender, minutes = mail.sender.address.casefold(), timedelta(minutes=policy.opened_within)
    since, hour = _stored(now - max(REPEATED_WITHIN, minutes)), _stored(received_at - REPEATED_WITHIN)
    opened, alike = desk.database.execute(
        _COUNTED, (_stored(received_at - minutes), mail.subject, hour, sender, since)
    ).fetchone()
    if alike < MOST_REPEATED:
        return opened, 0
    (repeated,) = desk.database.execute(_REPEATED, (sender, since, mail.subject, hour, mail.text)).fetchone()
    return opened, repeated


def _stored(moment: datetime) -> Any:
    """A moment as the database keeps it."""
    return LedgerRow.created_at.db_value(moment)  # type: ignore[no-untyped-call]  # untyped in the stubs
