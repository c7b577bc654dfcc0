"""The state of a desk on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.delivery import OPEN
from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.queries import hold, mailbox_logins, registration
from helpdeskctl.queries.mailbox_logins import LoginState
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    Contact,
    Department,
    Event,
    JobRun,
    Mailbox,
    OutgoingMail,
    Quarantine,
    Status,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class Queue:
    """The unfinished tickets of one department; `waiting_since`: the customer who waits longest for an answer."""

    department: str
    unfinished: int
    unassigned: int
    late: int
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class MailboxState:
    """When a mailbox was last fetched, and what is wrong with it since when; `login`: how it signs in by OAuth 2.0.

    `stopped_at`: when it sent enough automatic mail for an hour (MAIL-22).
    """

    address: str
    enabled: bool
    fetched_at: datetime | None
    failing_since: datetime | None
    error: str | None
    login: LoginState | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What `helpdeskctl overview` shows. `held`: why mail is neither fetched nor sent, if so (BOX-8); `registrations`:
    how many customers have registered and wait for an agent's yes; `deletions`: how many want to be erased."""

    held: str | None
    agents: int
    queues: tuple[Queue, ...]
    mailboxes: tuple[MailboxState, ...]
    late: int
    quarantined: int
    outbox: int
    registrations: int
    deletions: int
    last_run: datetime | None


def overview(desk: Desk) -> Overview:
    """The state of the desk now."""
    queues = tuple(_queues(desk))
    return Overview(
        held=hold.reason(desk),
        agents=Agent.select().where(Agent.active == 1).count(),
        queues=queues,
        mailboxes=tuple(_mailboxes(desk)),
        late=sum(queue.late for queue in queues),
        quarantined=Quarantine.select().where(Quarantine.state == "held").count(),
        outbox=OutgoingMail.select().where(OutgoingMail.state.in_([state.value for state in OPEN])).count(),
        registrations=len(registration.waiting()),
        deletions=Contact.select().where(Contact.deletion_asked_at.is_null(False)).count(),
        last_run=JobRun.select(fn.max(JobRun.started_at)).scalar(),
    )


def _mailboxes(desk: Desk) -> Iterator[MailboxState]:
    rows = list(Mailbox.select().order_by(Mailbox.address))
    logins = mailbox_logins.of([row.id for row in rows])
    stopped = _stopped(desk, [row.address for row in rows])
    for row in rows:
        login = logins.get(row.id)
        yield MailboxState(
            row.address, row.enabled, row.fetched_at, row.failing_since, row.last_error, login, stopped.get(row.address)
        )


def _stopped(desk: Desk, addresses: Sequence[str]) -> dict[str, datetime]:
    """The mailboxes that send nothing automatic for the rest of the hour (MAIL-22), and since when."""
    hour = (Event.at > desk.now() - timedelta(hours=1)) & (Event.at <= desk.now())
    rows = Event.select().where(
        Event.object_kind == "mailbox", Event.object_key.in_(addresses), Event.verb == "automatic_mail_stopped", hour
    )
    return {str(row.object_key): row.at for row in rows}


def _queues(desk: Desk) -> list[Queue]:
    unfinished = Status.select(Status.id).where(Status.kind != Kind.CLOSED.value)
    rows: Any = (
        Ticket.select(
            Ticket.department_id,
            fn.count(Ticket.id).alias("unfinished"),
            fn.sum(Ticket.assignee_id.is_null().cast("INTEGER")).alias("unassigned"),
            fn.sum(fn.coalesce(Ticket.due_at < desk.now(), False).cast("INTEGER")).alias("late"),
            fn.min(Ticket.waiting_since).alias("waiting_since"),
        )
        .where(Ticket.status_id.in_(unfinished), Ticket.spam == 0, Ticket.merged_into_id.is_null())
        .group_by(Ticket.department_id)
        .dicts()
    )
    counted = {row.pop("department_id"): row for row in rows}
    nothing = {"unfinished": 0, "unassigned": 0, "late": 0, "waiting_since": None}
    departments = Department.select().where(Department.archived_at.is_null()).order_by(Department.key)
    return [Queue(row.key, **counted.get(row.id, nothing)) for row in departments]


def first_admin(desk: Desk) -> str | None:
    """The address of the admin who has been there longest: who is told when something fails."""
    row = Agent.select(Agent.address).where(Agent.admin == 1, Agent.active == 1).order_by(Agent.id).first()
    return row.address if row else None
