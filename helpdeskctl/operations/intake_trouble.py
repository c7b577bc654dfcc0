"""Mailboxes that cannot be read: remembered, named in the error, and left alone for a while (back-off)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError, TryAgain
from helpdeskctl.operations import mailbox_faults
from helpdeskctl.store.tables import Mailbox

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)


def resting(desk: Desk, mailbox: Mailbox) -> TryAgain | None:
    """What it failed at a moment ago, while it is left alone for that: it has not recovered by not being tried."""
    rests_until = mailbox.not_before
    # A rest that lies further ahead than any lasts comes from a wrong clock.
    if rests_until is None or not desk.now() < rests_until <= desk.now() + _LONGEST:
        return None
    return TryAgain(
        f"{mailbox.last_error} (not tried again until {rests_until:%H:%M} UTC)",
        hint=f"helpdeskctl mailbox test {mailbox.address}",
        subject=f"mailbox/{mailbox.address}",
    )


def over(desk: Desk, mailbox: Mailbox) -> None:
    """It was read to the end of this run."""
    Mailbox.update(failing_since=None, last_error=None, not_before=None, fetched_at=desk.now()).where(
        Mailbox.id == mailbox.id
    ).execute()


def begun(desk: Desk, mailbox: Mailbox, fault: Exception, *, rests: bool = True) -> Exception:
    """Write down what happened and rest half as long as it has been failing; returns the error naming the mailbox.

    It does not rest where its mail was read all the same.
    """
    error = _named(mailbox, fault)
    since = mailbox.failing_since or desk.now()
    rest = min(max((desk.now() - since) / 2, _SHORTEST), _LONGEST)
    with suppress(Exception):  # where the database is what failed, the error itself has to do
        again = {"not_before": desk.now() + rest} if rests else {"not_before": None, "fetched_at": desk.now()}
        Mailbox.update(failing_since=since, last_error=str(error)[:1000], **again).where(
            Mailbox.id == mailbox.id
        ).execute()
    return error


def _named(mailbox: Mailbox, fault: Exception) -> Exception:
    if not isinstance(fault, HelpdeskError):
        return fault
    return mailbox_faults.about(fault, mailbox.address, otherwise="helpdeskctl mailbox test ADDRESS")
