"""Personal departments (DEP-2): they come into being with their first ticket or mailbox."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import events
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Agent, Department

PREFIX = "agent:"


@transaction
def department_called(desk: Desk, key: str) -> Department:
    """The department a key names; `agent:ADDRESS` makes that agent's personal one where there is none yet.

    NotFound names the known departments. Refused for an archived one and for the personal one of an inactive agent.
    """
    row: Department | None = Department.get_or_none(Department.key == key.casefold())
    if row is None and key.startswith(PREFIX):
        row = _make(desk, key.removeprefix(PREFIX).casefold())
    if row is None:
        known = ", ".join(
            d.key for d in Department.select().where(Department.agent_id.is_null()).order_by(Department.key)
        )
        raise NotFound(f'no department "{key}"', hint=f"known: {known or 'none yet'}", subject=f"department/{key}")
    if row.archived_at is not None:
        raise Refused(
            f'department "{key}" is archived',
            hint=f"helpdeskctl department unarchive {key}",
            subject=f"department/{key}",
        )
    if row.agent_id is not None and not Agent.get(Agent.id == row.agent_id).active:
        raise Refused(
            f"{key.removeprefix(PREFIX)} is inactive; nobody would read it there", subject=f"department/{key}"
        )
    return row


def _make(desk: Desk, address: str) -> Department:
    agent = Agent.get_or_none(Agent.address == address)
    if agent is None:
        raise NotFound(f'no agent "{address}"', hint="helpdeskctl agent list", subject=f"agent/{address}")
    key = f"{PREFIX}{agent.address}"
    made = Department.insert(
        key=key, name=f"{agent.name} ({agent.address})", agent_id=agent.id, receipt=False, created_at=desk.now()
    ).execute()
    events.record(desk, SYSTEM, "created", subject=("department", key))
    row: Department = Department.get(Department.id == made)
    return row
