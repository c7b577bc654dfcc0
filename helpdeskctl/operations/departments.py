"""Who works in a department: members with roles, agents or whole teams (AGT-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind_types import TEAM_PREFIX
from helpdeskctl.domain.permissions import Action, Actor, Role, may_in
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.operations import events
from helpdeskctl.queries import setup
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import DepartmentRole


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    agent_id: int | None
    team_id: int | None

    def role(self, department_id: int) -> DepartmentRole | None:
        who = (
            DepartmentRole.agent_id == self.agent_id
            if self.agent_id is not None
            else DepartmentRole.team_id == self.team_id
        )
        row: DepartmentRole | None = DepartmentRole.get_or_none(DepartmentRole.department_id == department_id, who)
        return row


@transaction
def add_members(desk: Desk, actor: Actor, key: str, members: Sequence[str], *, role: str = "agent") -> list[Change]:
    """Give agents and teams (`team:KEY`) a role; one who has another gets this one instead.

    NotFound for an unknown one, InvalidInput for a role that is none, Refused for a personal department.
    """
    department = _open(desk, actor, key)
    if role not in list(Role):
        raise InvalidInput(f'no role "{role}"', hint=f"known: {', '.join(Role)}")
    return [_give(desk, actor, department, _member(desk, member), role) for member in members]


@transaction
def remove_members(desk: Desk, actor: Actor, key: str, members: Sequence[str]) -> list[Change]:
    """Take agents' and teams' roles away. Their tickets stay theirs to be moved or reassigned by others."""
    department = _open(desk, actor, key)
    return [_take(desk, actor, department, _member(desk, member)) for member in members]


def _open(desk: Desk, actor: Actor, key: str) -> SetUpObject:
    department = setup.one(desk, "department", key)
    if department.values["personal"]:
        raise Refused(f"{department.key} is its agent's alone (DEP-2)", subject=f"department/{department.key}")
    verdict = may_in(actor, Action.SET_UP, department.id)
    if not verdict.allowed:
        raise NotPermitted(verdict.why, subject=f"department/{department.key}")
    return department


def _member(desk: Desk, name: str) -> _Member:
    if name.startswith(TEAM_PREFIX):
        number = setup.known(desk, "team", name.removeprefix(TEAM_PREFIX))
        return _Member(TEAM_PREFIX + setup.key_of(desk, "team", number), None, number)
    number = setup.known(desk, "agent", name)
    return _Member(setup.key_of(desk, "agent", number), number, None)


def _give(desk: Desk, actor: Actor, department: SetUpObject, member: _Member, role: str) -> Change:
    present = member.role(department.id)
    if present is not None and present.role == role:
        return Change("department", department.key, department.id, "unchanged")
    if present is not None:
        DepartmentRole.update(role=role).where(DepartmentRole.id == present.id).execute()
    else:
        DepartmentRole.insert(
            department_id=department.id, agent_id=member.agent_id, team_id=member.team_id, role=role
        ).execute()
    return _told(
        desk, actor, department, {"member": member.name, "from": present.role if present else None, "to": role}
    )


def _take(desk: Desk, actor: Actor, department: SetUpObject, member: _Member) -> Change:
    present = member.role(department.id)
    if present is None:
        return Change("department", department.key, department.id, "unchanged")
    DepartmentRole.delete().where(DepartmentRole.id == present.id).execute()
    return _told(desk, actor, department, {"member": member.name, "from": present.role, "to": None})


def _told(desk: Desk, actor: Actor, department: SetUpObject, data: dict[str, str | None]) -> Change:
    verb = "member_added" if data["to"] else "member_removed"
    events.record(desk, actor, verb, subject=("department", department.key), data=data)
    return Change("department", department.key, department.id, "updated", ("members",))
