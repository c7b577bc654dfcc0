"""Agents coming back and leaving: where their tickets and their personal department go (AGT-4)."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import AGENT
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.operations import setup, ticket_fields, tickets
from helpdeskctl.queries import setup as stored
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Agent, Department, Mailbox, Presence, Status, Ticket, Topic

NOBODY = "nobody"


@transaction
def enable(desk: Desk, actor: Actor, key: str) -> Change:
    """Let an agent work again."""
    current = stored.one(desk, "agent", key)
    setup.permit(desk, actor, AGENT)
    return setup.set_columns(desk, actor, current, "enabled", active=True)


@transaction
def disable(
    desk: Desk, actor: Actor, key: str, *, reassign_to: str | None = None, move_to: str | None = None
) -> Change:
    """End an agent's work; what they did stays.

    Open tickets and defaults go to `reassign_to` (an agent, `team:KEY` or `nobody`), what lies in the personal
    department to the department `move_to`. Refused, with figures, while one of them is needed and not said.
    """
    current = stored.one(desk, "agent", key)
    setup.permit(desk, actor, AGENT)
    if not current.values["active"]:
        return Change("agent", current.key, current.id, "unchanged")
    _refuse_last_admin(current)
    actor = replace(actor, reason=actor.reason or f"{current.key} leaves")
    _empty_personal(desk, actor, current, move_to)
    _reassign(desk, actor, current, reassign_to)
    Presence.delete().where(Presence.agent_id == current.id).execute()
    return setup.set_columns(desk, actor, current, "disabled", active=False)


def _refuse_last_admin(current: SetUpObject) -> None:
    others = Agent.select().where(Agent.admin == 1, Agent.active == 1, Agent.id != current.id)
    if current.values["admin"] and not others.exists():
        raise Refused(
            f"{current.key} is the last admin",
            hint="helpdeskctl agent edit OTHER --admin",
            subject=f"agent/{current.key}",
        )


def _empty_personal(desk: Desk, actor: Actor, current: SetUpObject, move_to: str | None) -> None:
    department = Department.get_or_none(Department.agent_id == current.id)
    if department is None:
        return
    numbers = _numbers(Ticket.department_id == department.id)
    mailboxes = list(Mailbox.select().where(Mailbox.department_id == department.id, Mailbox.enabled == 1))
    if not (numbers or mailboxes):
        return
    if move_to is None:
        what = [f"open tickets: {len(numbers):,}"] if numbers else []
        what += [f"mailbox {row.address}" for row in mailboxes]
        raise Refused(
            f"in the personal department of {current.key}: {', '.join(what)}",
            hint=f"helpdeskctl agent disable {current.key} --move-to DEPARTMENT",
            subject=f"agent/{current.key}",
        )
    for number in numbers:
        ticket_fields.move(desk, actor, number, move_to)
    for row in mailboxes:
        setup.edit(desk, actor, "mailbox", f"id:{row.id}", {"department": move_to})


def _reassign(desk: Desk, actor: Actor, current: SetUpObject, to: str | None) -> None:
    numbers = _numbers(Ticket.assignee_id == current.id)
    defaults = [("department", row.id) for row in Department.select().where(Department.assignee_id == current.id)]
    defaults += [("topic", row.id) for row in Topic.select().where(Topic.assignee_id == current.id)]
    if not (numbers or defaults):
        return
    if to is None:
        what = f"open tickets: {len(numbers):,}; departments and topics that assign to them: {len(defaults)}"
        raise Refused(
            f"{current.key} still has work: {what}",
            hint=f"helpdeskctl agent disable {current.key} --reassign-to AGENT|team:K|nobody",
            subject=f"agent/{current.key}",
        )
    for number in numbers:
        tickets.assign(desk, actor, number, to)
    for kind, number in defaults:
        if to == NOBODY:
            setup.edit(desk, actor, kind, f"id:{number}", unset=["assignee"])
        else:
            setup.edit(desk, actor, kind, f"id:{number}", {"assignee": to})


def _numbers(condition: object) -> list[int]:
    rows = (
        Ticket.select(Ticket.id)
        .join(Status, on=(Status.id == Ticket.status_id))
        .where(condition, Status.kind != "closed", Ticket.merged_into_id.is_null())
        .order_by(Ticket.id)
    )
    return [row.id for row in rows]
