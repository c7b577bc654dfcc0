"""How content customers are: what one said of a ticket, and of many by department and agent (REP-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access, portal
from helpdeskctl.store.orm import JOIN, Case, fn
from helpdeskctl.store.tables import Agent, Department, PortalToken, Ticket
from helpdeskctl.store.tables import Rating as RatingRow


@dataclass(frozen=True, slots=True)
class Rating:
    """What the requester said of a closed ticket: content or not, and why if they wrote it."""

    good: bool
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """The ratings of the tickets of one agent in one department; `share` of the good ones in percent."""

    department: str
    agent: str | None
    good: int
    bad: int
    share: int


def of_ticket(number: int) -> Rating | None:
    """What was said of a ticket, None while nothing was."""
    row = RatingRow.get_or_none(RatingRow.ticket_id == number)
    return Rating(bool(row.good), row.words, row.at) if row is not None else None


def asked_by(desk: Desk, secret: str) -> int | None:
    """The number of the ticket that a mailed link asks about; None when it is not (any more) good."""
    found: int | None = PortalToken.select(PortalToken.ticket_id).where(*portal.usable(desk, secret, "rate")).scalar()
    return found


def tallies(desk: Desk, actor: Actor, *, since: datetime, until: datetime) -> tuple[Tally, ...]:
    """The ratings given from `since` to before `until` in tickets that `actor` sees, by department, then agent."""
    good = fn.sum(Case(None, [(RatingRow.good == 1, 1)], 0))
    rows: Any = (
        RatingRow.select(Department.key, Agent.address, good, fn.count(RatingRow.ticket_id))
        .join(Ticket, on=(Ticket.id == RatingRow.ticket_id))
        .join(Department, on=(Department.id == Ticket.department_id))
        .join_from(Ticket, Agent, JOIN.LEFT_OUTER, on=(Agent.id == Ticket.assignee_id))
        .where(RatingRow.at >= since, RatingRow.at < until, access.visible(actor))
        .group_by(Department.key, Agent.address)
        .tuples()
    )
    found = [
        Tally(key, agent, int(well), count - int(well), round(100 * int(well) / count))
        for key, agent, well, count in rows
    ]
    return tuple(sorted(found, key=lambda tally: (tally.department, tally.agent or "")))
