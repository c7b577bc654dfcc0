"""Telling customers that their access to the portal ends: a month before, a week before, once each (CON-3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Refused
from helpdeskctl.operations import events, notices
from helpdeskctl.queries import settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, ContactAddress, Event

TOLD = "access_ending"
_BEFORE = {"week": timedelta(days=7), "month": timedelta(days=30)}
"""How long before the last day each notice goes, the later one first."""


def tell_job(desk: Desk, *, stop: Callable[[], bool]) -> Mapping[str, int]:
    """The job `access.ending`: who loses access within a month hears of it. What cannot be sent is tried tomorrow."""
    today = settings.today(desk)
    until = Contact.portal_until
    within = (today.isoformat(), (today + _BEFORE["month"]).isoformat())
    ending: Any = (
        Contact.select(Contact.id, ContactAddress.address, Contact.portal_from, until)
        .join(ContactAddress, on=((ContactAddress.contact_id == Contact.id) & (ContactAddress.main == 1)))
        .where(Contact.portal_access == 1, Contact.merged_into_id.is_null(), until.between(*within))
        .order_by(until, Contact.id)
        .tuples()
    )
    done = {"told": 0}
    for contact_id, address, first, day in list(ending):
        if stop():
            break
        last = date.fromisoformat(day)
        due = next(name for name, before in _BEFORE.items() if last - before <= today)
        if first is not None and date.fromisoformat(first) > last - _BEFORE[due]:
            continue  # a period that is shorter than that needs no warning
        try:
            done["told"] += _tell(desk, contact_id, address, last, due)
        except Refused:  # no mailbox sends; doctor says so
            break
    return done


@transaction
def _tell(desk: Desk, contact_id: int, address: str, last: date, notice: str) -> bool:
    """Send a notice, unless it, or the later one, was sent for that very day."""
    about_them = (Event.verb == TOLD, Event.object_kind == "contact", Event.object_key == address)
    sent = [event.data for event in Event.select(Event.data).where(*about_them)]
    if any(told["until"] == last.isoformat() and told["notice"] in (notice, "week") for told in sent):
        return False
    if notices.account_mail(desk, "period_ending", contact_id, address, until=last) is None:
        return False
    data = {"until": last.isoformat(), "notice": notice}
    events.record(desk, SYSTEM, TOLD, subject=("contact", address), data=data)
    return True
