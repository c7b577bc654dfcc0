"""The small jobs: waking snoozed tickets, forgetting what the portal kept for a while."""

from __future__ import annotations

from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.operations import upkeep
from helpdeskctl.store.tables import PortalDraft, PortalSession, PortalToken, RateLimit, Ticket, Upload
from tests.builders import Builder


def never() -> bool:
    return False


def session(desk: Desk, name: str, *, contact: int, remember: bool, idle: float, age: float) -> None:
    """A session last used `idle` and begun `age` days ago."""
    seen, created = (desk.now() - timedelta(days=days) for days in (idle, age))
    PortalSession.insert(
        id_sha256=name, contact_id=contact, remember=remember, created_at=created, seen_at=seen
    ).execute()


def test_sessions_go_when_idle_and_remembered_ones_later(desk: Desk) -> None:
    contact = Builder(desk).contact("alice@acme.example")
    session(desk, "fresh", contact=contact, remember=False, idle=0.5, age=1)
    session(desk, "idle", contact=contact, remember=False, idle=1, age=1)
    session(desk, "remembered", contact=contact, remember=True, idle=20, age=80)
    session(desk, "forgotten", contact=contact, remember=True, idle=31, age=80)
    session(desk, "too old", contact=contact, remember=True, idle=0, age=91)
    assert upkeep.sessions_job(desk, stop=never)["sessions"] == 3
    assert {row.id_sha256 for row in PortalSession.select()} == {"fresh", "remembered"}


def test_links_stay_a_while_after_their_end_and_counts_as_long_as_they_count(desk: Desk) -> None:
    for name, days in (("valid", -1), ("expired", 6), ("gone", 8)):
        PortalToken.insert(
            secret_sha256=name, purpose="sign_in", expires_at=desk.now() - timedelta(days=days), created_at=desk.now()
        ).execute()
        RateLimit.insert(key=name, window_start=desk.now() - timedelta(days=days), hits=1).execute()
    done = upkeep.sessions_job(desk, stop=never)
    assert (done["links"], done["counts"]) == (1, 2)
    assert {row.secret_sha256 for row in PortalToken.select()} == {"valid", "expired"}


def test_forms_that_were_never_sent_go_after_a_day(desk: Desk) -> None:
    for name, hours in (("today", 23), ("yesterday", 25)):
        at = desk.now() - timedelta(hours=hours)
        PortalDraft.insert(nonce_sha256=name, route="/new", content={}, created_at=at).execute()
        Upload.insert(
            nonce_sha256=name, filename="a", content_type="text/plain", size=1, sha256="0" * 64, created_at=at
        ).execute()
    assert upkeep.drafts_job(desk, stop=never) == {"drafts": 1, "uploads": 1}
    assert [row.nonce_sha256 for row in PortalDraft.select()] == ["today"]


def test_snoozed_tickets_wake_when_their_time_has_come(desk: Desk) -> None:
    build = Builder(desk)
    due = build.ticket("due", snoozed_until=desk.now() - timedelta(minutes=1))
    later = build.ticket("later", snoozed_until=desk.now() + timedelta(minutes=1))
    assert upkeep.wake_job(desk, stop=never) == {"woken": 1}
    assert Ticket.get(Ticket.id == due).snoozed_until is None
    assert Ticket.get(Ticket.id == later).snoozed_until is not None
