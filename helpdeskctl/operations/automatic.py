"""Automatic mail: asked for here, and counted (MAIL-22 to MAIL-24). Replies written by agents never come here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import (
    ASKED,
    SUPPRESSED_FOR,
    Facts,
    Verdict,
    arrives_at,
    from_one_mailbox,
    may_send_automatic,
)
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail import compose
from helpdeskctl.operations import events
from helpdeskctl.store import prepared
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import AutomaticMail, Mailbox, MailboxAddress, Suppression

RECEIPT = "receipt"
TOO_LARGE = "too_large"
_ONE_AN_HOUR = (RECEIPT, TOO_LARGE)  # kinds of which one an hour to one address is enough
STOPPED = "automatic_mail_stopped"
"""The event, on the mailbox, by which the admin is told that it sends nothing automatic for the hour."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# Asked with every mail that comes in: building these costs peewee more than answering them costs the database.
_ASKED = "kind IN ('" + "', '".join(ASKED) + "')"
_FROM_MAILBOX = f"SELECT count(*) FROM automatic_mail WHERE mailbox_id = ? AND at > ? AND at < ? AND NOT {_ASKED}"  # noqa: S608  # of constants
_COUNTED = (
    "SELECT coalesce(sum(CASE WHEN at > ? AND {kinds_to_address} THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN kind = ? AND at > ? THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN kind = ? THEN 1 ELSE 0 END), 0),"
    " (SELECT count(*) FROM automatic_mail WHERE mailbox_id = ? AND at > ? AND at < ? AND {kinds}),"
    " (SELECT until FROM suppression WHERE address = ?)"
    " FROM automatic_mail WHERE address = ? AND at > ? AND at < ?"
)
_COUNTED_BY_ASKED = {
    True: _COUNTED.format(kinds_to_address=_ASKED, kinds=_ASKED),
    False: _COUNTED.format(kinds_to_address="1 = 1", kinds=f"NOT {_ASKED}"),
}
_LOCKED = "SELECT pg_advisory_xact_lock(hashtext(?)), pg_advisory_xact_lock(hashtext(?))"
_STOPPED = "SELECT 1 FROM event WHERE object_kind = 'mailbox' AND object_key = ? AND verb = ? AND at > ? AND at < ?"
_TOLD = "SELECT 1 FROM event WHERE object_kind = 'mailbox' AND object_key = ? AND verb = ? AND at > ? LIMIT 1"


@transaction
def admit(
    desk: Desk,
    address: str,
    *,
    mailbox_id: int,
    kind: str,
    answers_at: datetime | None = None,
    answers_machine: bool = False,
) -> Verdict:
    """Whether one automatic mail of this kind may go to an address now; if so it is counted.

    `answers_at`: when the mail that it answers was received; `answers_machine`: that one is automatic or asks for no
    answer.
    """
    address = address.strip().casefold()
    try:
        compose.ascii_address(address)
    except InvalidInput as unfit:
        return Verdict(False, "RFC 5321", unfit.message)
    _one_at_a_time(desk, arrives_at(address), mailbox_id)
    facts = replace(
        _counted(desk, address, mailbox_id, kind),
        receipt=kind in _ONE_AN_HOUR,
        answers_at=answers_at,
        answers_machine=answers_machine,
    )
    verdict = may_send_automatic(facts)
    if verdict.allowed:
        prepared.insert(AutomaticMail, address=arrives_at(address), mailbox_id=mailbox_id, kind=kind, at=desk.now())
    elif verdict.rule == "MAIL-22-mailbox":
        _tell_admin(desk, mailbox_id, asked=kind in ASKED)
    return verdict


@transaction
def has_stopped(desk: Desk, mailbox_id: int) -> bool:
    """Whether a mailbox sends nothing automatic for the rest of the hour, whoever asks; the admin is told."""
    (sent,) = desk.database.execute(_FROM_MAILBOX, (mailbox_id, *_last(desk, _HOUR))).fetchone()
    if sent < from_one_mailbox(asked=False):
        return False
    _tell_admin(desk, mailbox_id)
    return True


@transaction
def said_once(desk: Desk) -> str | None:
    """What the admin is to hear of mailboxes that stopped: each time once, however often this is asked."""
    lines = []
    for mailbox in Mailbox.select().order_by(Mailbox.id):
        row = desk.database.execute(_STOPPED, (mailbox.address, STOPPED, *_last(desk, _HOUR))).fetchone()
        if row is None or (mailbox.alerted_at is not None and desk.now() - mailbox.alerted_at < _HOUR):
            continue
        Mailbox.update(alerted_at=desk.now()).where(Mailbox.id == mailbox.id).execute()
        lines.append(f"mailbox {mailbox.address} sends nothing automatic for the rest of the hour")
    return "\n".join(lines) or None


@transaction
def suppress(desk: Desk, address: str, *, reason: str) -> None:
    """No automatic mail to an address that bounced for good, for 60 days from now (MAIL-23)."""
    address, until = address.strip().casefold(), desk.now() + SUPPRESSED_FOR
    Suppression.insert(address=address, until=until, reason=reason[:300]).on_conflict(
        conflict_target=[Suppression.address], update={Suppression.until: until, Suppression.reason: reason[:300]}
    ).execute()


@transaction
def forget_old(desk: Desk) -> None:
    """Drop what no limit counts any more."""
    AutomaticMail.delete().where(AutomaticMail.at < desk.now() - 2 * _DAY).execute()
    Suppression.delete().where(Suppression.until < desk.now()).execute()


def own_addresses() -> set[str]:
    """Every address at which the desk itself is written to."""
    return {row.address for row in MailboxAddress.select(MailboxAddress.address)} | {
        row.address for row in Mailbox.select(Mailbox.address)
    }


def is_own(address: str) -> bool:
    """Whether mail to an address ends in a mailbox of the desk: one of its addresses, with `+words` or without."""
    return arrives_at(address.strip().casefold()) in {arrives_at(each) for each in own_addresses()}


def _one_at_a_time(desk: Desk, address: str, mailbox_id: int) -> None:
    # SQLite's transaction is exclusive already; on Postgres two processes would both count to four.
    if desk.database.kind == "postgres":
        desk.database.execute(_LOCKED, tuple(sorted((f"automatic:{address}", f"automatic:{mailbox_id}"))))


def _counted(desk: Desk, address: str, mailbox_id: int, kind: str) -> Facts:
    (hour, end), (day, _) = _last(desk, _HOUR), _last(desk, _DAY)
    given = (hour, kind, hour, kind, mailbox_id, hour, end, address, arrives_at(address), day, end)
    counted = desk.database.execute(_COUNTED_BY_ASKED[kind in ASKED], given).fetchone()
    mails, receipts, receipts_today, from_mailbox, until = counted
    return Facts(
        arrives_at(address),
        desk.now(),
        asked=kind in ASKED,
        own_addresses=desk.database.once(own_addresses, own_addresses),
        suppressed_until=Suppression.until.python_value(until),  # type: ignore[no-untyped-call]  # untyped in the stubs
        mails_last_hour=mails,
        receipts_last_hour=receipts,
        receipts_last_day=receipts_today,
        mailbox_mails_last_hour=from_mailbox,
    )


def _last(desk: Desk, period: timedelta) -> tuple[Any, Any]:
    # Both ends: a mail counted while the clock stood years ahead must not stop its address for years.
    return _stored(desk.now() - period), _stored(desk.now() + _HOUR)


def _stored(moment: datetime) -> Any:
    """A moment as the database keeps it."""
    return AutomaticMail.at.db_value(moment)  # type: ignore[no-untyped-call]  # untyped in the stubs


def _tell_admin(desk: Desk, mailbox_id: int, *, asked: bool = False) -> None:
    address = prepared.the(Mailbox, mailbox_id).address
    if desk.database.execute(_TOLD, (address, STOPPED, _stored(desk.now() - _HOUR))).fetchone() is None:
        data = {"limit": from_one_mailbox(asked=asked), "asked": asked}
        events.record(desk, SYSTEM, STOPPED, subject=("mailbox", address), data=data)
