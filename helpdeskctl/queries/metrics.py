"""The desk in figures for Prometheus: gauges read from the database. Labels name set-up only, never a customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import helpdeskctl
from helpdeskctl.desk import Desk
from helpdeskctl.domain.delivery import OPEN
from helpdeskctl.domain.exposition import Family, Sample
from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Department,
    IncomingMail,
    JobRun,
    Mailbox,
    OutgoingMail,
    OutgoingRecipient,
    Quarantine,
    Status,
    Ticket,
)

_FAILED = ("refused", "bounced", "unknown")
_BACKUP = "backup"


def families(desk: Desk) -> tuple[Family, ...]:
    """What `helpdeskctl metrics` prints and `/metrics` answers."""
    return (*_mail(desk), *_outbox(desk), *_tickets(desk), *_jobs(), _size(desk), _build())


def mail_is_late() -> bool:
    """Whether a mailbox that is in use cannot be fetched now."""
    return Mailbox.select().where(Mailbox.enabled == 1, Mailbox.failing_since.is_null(False)).exists()


def _mail(desk: Desk) -> Iterator[Family]:
    fetched = [
        Sample(row.fetched_at.timestamp(), {"mailbox": row.address})
        for row in Mailbox.select(Mailbox.address, Mailbox.fetched_at).order_by(Mailbox.address)
        if row.fetched_at is not None
    ]
    name = "helpdesk_mail_fetch_last_success_timestamp_seconds"
    yield Family(name, "gauge", "When a mailbox was last fetched.", fetched)
    newest = IncomingMail.select(fn.max(IncomingMail.id)).scalar() or 0  # counting millions of rows would take its time
    yield _one("helpdesk_mail_fetched_total", "Mails entered into the ledger.", newest, kind="counter")
    held = Quarantine.select().where(Quarantine.state == "held").count()
    yield _one("helpdesk_mail_quarantined", "Mails that wait for a person's decision.", held)


def _outbox(desk: Desk) -> Iterator[Family]:
    waiting = OutgoingMail.select().where(OutgoingMail.state.in_([state.value for state in OPEN]))
    oldest = waiting.order_by(OutgoingMail.created_at).first()
    age = (desk.now() - oldest.created_at).total_seconds() if oldest else 0.0
    yield _one("helpdesk_outbox_waiting", "Mails that are to leave.", waiting.count())
    yield _one("helpdesk_outbox_oldest_seconds", "How long the oldest of them has waited.", age)
    failed = OutgoingRecipient.select(OutgoingRecipient.outgoing_id).where(OutgoingRecipient.state.in_(_FAILED))
    yield _one("helpdesk_outbox_failed", "Mails that did not arrive with everybody.", failed.distinct().count())


def _tickets(desk: Desk) -> Iterator[Family]:
    rows: Any = (
        Ticket.select(Status.key.alias("status"), Department.key.alias("place"), fn.count(Ticket.id).alias("count"))
        .join(Status, on=(Status.id == Ticket.status_id))
        .switch(Ticket)
        .join(Department, on=(Department.id == Ticket.department_id))
        .where(Department.agent_id.is_null())
        .group_by(Status.key, Department.key)
        .order_by(Department.key, Status.key)
        .objects()
    )
    counts = [Sample(row.count, {"status": row.status, "department": row.place}) for row in rows]
    yield Family("helpdesk_tickets", "gauge", "Tickets, but those in departments of one agent.", counts)
    unfinished = Status.select(Status.id).where(Status.kind != Kind.CLOSED.value)
    late = Ticket.select().where(Ticket.due_at < desk.now(), Ticket.status_id.in_(unfinished)).count()
    yield _one("helpdesk_tickets_late", "Unfinished tickets whose time is over.", late)


def _jobs() -> Iterator[Family]:
    last = JobRun.select(fn.max(JobRun.id)).where(JobRun.ok == 1).group_by(JobRun.job)
    runs = JobRun.select().where(JobRun.id.in_(last)).order_by(JobRun.job)
    rows = [(row.job, row.started_at, row.ended_at) for row in runs if row.ended_at is not None]
    ended = [Sample(end.timestamp(), {"job": job}) for job, _, end in rows]
    took = [Sample((end - start).total_seconds(), {"job": job}) for job, start, end in rows]
    yield Family("helpdesk_job_last_success_timestamp_seconds", "gauge", "When a job last ended well.", ended)
    yield Family("helpdesk_job_duration_seconds", "gauge", "How long it took then.", took)
    backups = [Sample(end.timestamp()) for job, _, end in rows if job == _BACKUP]
    yield Family("helpdesk_backup_last_success_timestamp_seconds", "gauge", "When a backup last ended well.", backups)


def _size(desk: Desk) -> Family:
    if desk.database.kind == "postgres":
        (octets,) = desk.database.execute("SELECT pg_database_size(current_database())").fetchone()
    else:
        octets = _pragma(desk, "page_count") * _pragma(desk, "page_size")
    return _one("helpdesk_db_size_bytes", "Size of the database.", octets)


def _pragma(desk: Desk, name: str) -> int:
    return int(desk.database.execute(f"PRAGMA {name}").fetchone()[0])


def _build() -> Family:
    labels = {"version": helpdeskctl.__version__}
    return Family("helpdesk_build_info", "gauge", "The version that runs.", [Sample(1, labels)])


def _one(name: str, words: str, value: float, *, kind: Any = "gauge") -> Family:
    samples: Sequence[Sample] = [Sample(value)]
    return Family(name, kind, words, samples)
