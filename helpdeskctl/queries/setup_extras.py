"""What is shown of some kinds beside their fields: members, counts, whether a password is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kind_types import TEAM_PREFIX
from helpdeskctl.queries import mailbox_logins
from helpdeskctl.queries.setup_places import keys
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Agent,
    Block,
    ContactAddress,
    Delegate,
    DepartmentRole,
    MailboxFolder,
    RuleRun,
    Secret,
    Team,
    TicketTag,
)

Rows = Sequence[Any]


def of(desk: Desk, kind: str, rows: Rows) -> dict[str, list[Any]]:
    """name -> value of each row."""
    return {name: load(rows) for name, load in _EXTRAS.get(kind, {}).items()}


def members(department_ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """department id -> its members as {"member": address or team:key, "role"}, agents first."""
    roles = list(DepartmentRole.select().where(DepartmentRole.department_id.in_(list(department_ids))))
    agents = keys(Agent, "address", [role.agent_id for role in roles])
    teams = keys(Team, "key", [role.team_id for role in roles])
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    for role in roles:
        member = agents[role.agent_id] if role.agent_id else TEAM_PREFIX + teams[role.team_id]
        found[role.department_id].append({"member": member, "role": role.role})
    for listed in found.values():
        listed.sort(key=lambda each: (each["member"].startswith(TEAM_PREFIX), each["member"]))
    return found


def main_addresses(contact_ids: Sequence[int]) -> dict[int, str]:
    """contact id -> the address we write to."""
    rows = ContactAddress.select().where(ContactAddress.contact_id.in_(list(contact_ids)), ContactAddress.main == 1)
    return {row.contact_id: row.address for row in rows}


def _members(rows: Rows) -> list[Any]:
    found = members([row.id for row in rows])
    return [found.get(row.id, []) for row in rows]


def _passwords(rows: Rows) -> list[Any]:
    ids = [row.secret_id for row in rows if row.secret_id]
    kept = {row.id: row.reference or "stored" for row in Secret.select().where(Secret.id.in_(ids))} if ids else {}
    return [kept.get(row.secret_id) for row in rows]


def _logins(rows: Rows) -> list[Any]:
    """How each signs in by OAuth 2.0, until when, and what is wrong with it; None for those with a password."""
    found = mailbox_logins.of([row.id for row in rows])
    named = ("provider", "way", "client_id", "access_until", "refreshed_at", "client_secret_until", "failing_since")
    return [
        {**{name: getattr(login, name) for name in named}, "error": login.error} if login else None
        for login in (found.get(row.id) for row in rows)
    ]


def _cursors(rows: Rows) -> list[Any]:
    """How far each was read, and how many older mails its start left alone (BOX-7); None before the first fetch."""
    found = MailboxFolder.select().where(MailboxFolder.mailbox_id.in_([row.id for row in rows]))
    newest = {row.mailbox_id: row for row in found.order_by(MailboxFolder.id)}
    named = ("folder", "uidvalidity", "last_uid", "skipped")
    cursors = (newest.get(row.id) for row in rows)
    return [{name: getattr(cursor, name) for name in named} if cursor else None for cursor in cursors]


def _blocked(rows: Rows) -> list[Any]:
    addresses = list(ContactAddress.select().where(ContactAddress.contact_id.in_([row.id for row in rows])))
    listed = [row.address for row in addresses]
    blocked = {b.value for b in Block.select().where(Block.kind == "address", Block.value.in_(listed))}
    ids = {row.contact_id for row in addresses if row.address in blocked}
    return [row.id in ids for row in rows]


def _tickets_of_tags(rows: Rows) -> list[Any]:
    counted: Any = TicketTag.select(TicketTag.tag_id, fn.COUNT(TicketTag.ticket_id)).group_by(TicketTag.tag_id)
    counts: dict[int, int] = dict(counted.where(TicketTag.tag_id.in_([row.id for row in rows])).tuples())
    return [counts.get(row.id, 0) for row in rows]


def _runs_of_rules(rows: Rows) -> list[Any]:
    counted: Any = RuleRun.select(RuleRun.rule_id, fn.COUNT(RuleRun.id)).group_by(RuleRun.rule_id)
    counts: dict[int, int] = dict(counted.where(RuleRun.rule_id.in_([row.id for row in rows])).tuples())
    return [counts.get(row.id, 0) for row in rows]


def _delegates(rows: Rows) -> list[Any]:
    """Who may act for each (CON-6)."""
    return _others(rows, Delegate.contact_id, Delegate.delegate_id)


def _acts_for(rows: Rows) -> list[Any]:
    """For whom each may act."""
    return _others(rows, Delegate.delegate_id, Delegate.contact_id)


def _others(rows: Rows, of: Any, other: Any) -> list[Any]:
    pairs: Any = Delegate.select(of, other).where(of.in_([row.id for row in rows])).order_by(other).tuples()
    pairs = list(pairs)
    addresses = main_addresses([number for _, number in pairs]) if pairs else {}
    found: dict[int, list[str]] = defaultdict(list)
    for own, number in pairs:
        found[own].append(addresses[number])
    return [found.get(row.id, []) for row in rows]


_EXTRAS: Mapping[str, Mapping[str, Callable[[Rows], list[Any]]]] = {
    "department": {"members": _members},
    "mailbox": {"password": _passwords, "login": _logins, "cursor": _cursors},
    "contact": {"blocked": _blocked, "delegates": _delegates, "acts_for": _acts_for},
    "tag": {"tickets": _tickets_of_tags},
    "rule": {"held": _runs_of_rules},
}
