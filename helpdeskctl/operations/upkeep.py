"""The small jobs: snoozed tickets wake, what the portal kept for a while goes."""

from __future__ import annotations

from collections.abc import Mapping

from helpdeskctl.desk import Desk
from helpdeskctl.operations import portal_drafts, portal_tokens, rate_limits, sessions
from helpdeskctl.operations.ticket_fields import wake_due


def wake_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `snooze.wake`: tickets whose time has come are open again."""
    return {"woken": wake_due(desk)}


def drafts_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `drafts.clean`: forms that were never sent, and the files chosen in them with their bytes."""
    return {"drafts": portal_drafts.forget_old(desk), "uploads": portal_drafts.forget_uploads(desk)}


def sessions_job(desk: Desk, *, stop: object) -> Mapping[str, int]:
    """The job `sessions.clean`: sessions that have ended, used-up links, old counts."""
    return {
        "sessions": sessions.forget_ended(desk),
        "links": portal_tokens.forget_old(desk),
        "counts": rate_limits.forget_old(desk),
    }
