"""The small jobs: snoozed tickets wake, what the portal kept for a while goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.operations.ticket_fields import wake_due
from helpdeskctl.queries import settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalDraft, PortalSession, PortalToken, RateLimit, Upload

DRAFTS_KEPT = timedelta(days=1)  # of customers' forms; agents' drafts are theirs and stay
TOKENS_KEPT = timedelta(days=7)  # after their end, so that a late click can be told "expired" and not "unknown"
COUNTS_KEPT = timedelta(days=2)  # the longest window of a rate limit is a day


def wake_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `snooze.wake`: tickets whose time has come are open again."""
    return {"woken": wake_due(desk)}


@transaction
def drafts_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `drafts.clean`: forms that were never sent, and the files chosen in them."""
    before = desk.now() - DRAFTS_KEPT
    return {
        "drafts": PortalDraft.delete().where(PortalDraft.created_at < before).execute(),
        "uploads": Upload.delete().where(Upload.created_at < before).execute(),
    }


@transaction
def sessions_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `sessions.clean`: sessions that have ended, used-up links, old counts."""
    now = desk.now()
    limits = settings.several(desk, "session_idle", "session_remember", "session_longest")
    remembered = PortalSession.remember == 1
    ended = (
        (PortalSession.created_at < now - limits["session_longest"])
        | (remembered & (PortalSession.seen_at < now - limits["session_remember"]))
        | (~remembered & (PortalSession.seen_at < now - limits["session_idle"]))
    )
    return {
        "sessions": PortalSession.delete().where(ended).execute(),
        "links": PortalToken.delete().where(PortalToken.expires_at < now - TOKENS_KEPT).execute(),
        "counts": RateLimit.delete().where(RateLimit.window_start < now - COUNTS_KEPT).execute(),
    }
