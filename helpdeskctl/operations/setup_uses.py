"""Who uses a set-up object: named when deleting is refused, moved to another object when that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.operations import events, ticket_fields, tickets
from helpdeskctl.operations import rules as desk_rules
from helpdeskctl.queries import rules, setup
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store import search
from helpdeskctl.store import tables as t

NAMED = 5  # users that are named one by one

Move = Callable[[Desk, Actor, int, SetUpObject], object]


@dataclass(frozen=True, slots=True)
class Use:
    """Rows of `model` whose `column` holds the object's id (or its key, `by_key`).

    `kind`: they are objects of that kind and named by their keys; else `words` counts them. `fixed` ones cannot be
    moved to another object; `carried` ones go with it and are no hindrance. `once`: in this column each value stands
    once for an object, so that a double is dropped and not moved.
    """

    model: Any
    column: str
    words: str = ""
    kind: str | None = None
    by_key: bool = False
    fixed: bool = False
    carried: bool = False
    once: str | None = None


def _tickets(column: str) -> Use:
    return Use(t.Ticket, column, "tickets")


USES: Mapping[str, tuple[Use, ...]] = {
    "department": (
        _tickets("department_id"),
        Use(t.Mailbox, "department_id", kind="mailbox"),
        Use(t.Topic, "department_id", kind="topic"),
        Use(t.Signature, "department_id", kind="signature"),
        Use(t.CannedReply, "department_id", kind="canned"),
        Use(t.Template, "department_id", "templates", fixed=True),
        Use(t.Quarantine, "department_id", "mails in quarantine"),
    ),
    "mailbox": (
        _tickets("mailbox_id"),
        Use(t.OutgoingMail, "mailbox_id", "mails sent or waiting"),
    ),
    "agent": (
        _tickets("assignee_id"),
        Use(t.Message, "agent_id", "messages they wrote", fixed=True),
        Use(t.TimeEntry, "agent_id", "time entries", fixed=True),
        Use(t.Department, "agent_id", kind="department", fixed=True),
        Use(t.Department, "assignee_id", kind="department"),
        Use(t.Topic, "assignee_id", kind="topic"),
    ),
    "team": (
        _tickets("team_id"),
        Use(t.Department, "team_id", kind="department"),
        Use(t.Topic, "team_id", kind="topic"),
    ),
    "contact": (
        Use(t.Ticket, "contact_id", "tickets", fixed=True),
        Use(t.Message, "contact_id", "messages they wrote", fixed=True),
        Use(t.Contact, "merged_into_id", "contacts merged into it", fixed=True),
    ),
    "company": (
        _tickets("company_id"),
        Use(t.Contact, "company_id", kind="contact"),
        Use(t.CompanyDomain, "company_id", carried=True),
        Use(t.Article, "company_id", "articles"),
        Use(t.FieldValue, "company_id", carried=True, once="field_id"),
    ),
    "signature": (
        Use(t.Department, "signature_id", kind="department"),
        Use(t.Agent, "last_signature_id", kind="agent"),
    ),
    "canned_category": (Use(t.CannedReply, "category_id", kind="canned"),),
    "article_category": (Use(t.Article, "category_id", "articles"),),
    "status": (
        _tickets("status_id"),
        Use(t.Ticket, "show_as_id", "tickets shown as it"),
        Use(t.Department, "after_send", kind="department", by_key=True),
    ),
    "type": (_tickets("type_id"), Use(t.Department, "type_id", kind="department")),
    "topic": (_tickets("topic_id"),),
    "field": (
        Use(t.FieldValue, "field_id", "values", fixed=True),
        Use(t.TopicField, "field_id", "topics", fixed=True),
    ),
    "tag": (Use(t.TicketTag, "tag_id", "tickets", once="ticket_id"),),
}
"""By kind; what hangs on an object by ON DELETE CASCADE is no user of it."""

_WAYS_OUT = {
    "department": "--move-to KEY, or: helpdeskctl department archive {key}",
    "mailbox": "--move-to ADDRESS, or: helpdeskctl mailbox disable {key}",
    "agent": "helpdeskctl agent disable {key}",
    "contact": "helpdeskctl contact merge {key} INTO, or: helpdeskctl contact block {key}",
    "company": "helpdeskctl company merge {key} INTO",
    "tag": "helpdeskctl tag merge {key} INTO",
    "field": "helpdeskctl field edit {key} --portal hide",
}


def refuse_in_use(desk: Desk, current: SetUpObject) -> None:
    """Raise Refused, naming the users, when there are any."""
    users = list(_users(desk, current))
    if users:
        way_out = _WAYS_OUT.get(current.kind, "--move-to KEY").format(key=current.key)
        raise Refused(
            f"{current.kind.replace('_', ' ')} {current.key} is in use: {', '.join(users)}",
            hint=way_out,
            subject=f"{current.kind}/{current.key}",
        )


def move(desk: Desk, actor: Actor, current: SetUpObject, to: SetUpObject) -> None:
    """Let everything that can point at `to` instead."""
    for use in USES.get(current.kind, ()):
        if use.fixed:
            continue
        if (use.model, use.column) in _TICKET_MOVES:
            _move_tickets(desk, actor, use, current, to)
        column, before, after = getattr(use.model, use.column), _value(use, current), _value(use, to)
        if use.once:
            once = getattr(use.model, use.once)
            there = use.model.alias()
            doubles = there.select(getattr(there, use.once)).where(getattr(there, use.column) == after)
            use.model.delete().where(column == before, once.in_(doubles)).execute()
        use.model.update({column: after}).where(column == before).execute()
    desk_rules.follow(desk, (current.kind, current.key), to.key)


def _users(desk: Desk, current: SetUpObject) -> Iterable[str]:
    for use in USES.get(current.kind, ()):
        rows = use.model.select().where(getattr(use.model, use.column) == _value(use, current))
        count = 0 if use.carried else rows.count()
        if not count:
            continue
        if use.kind is None or count > NAMED:
            word = use.words or f"{(use.kind or '').replace('_', ' ')}s"
            yield f"{count:,} {word if count > 1 else word.removesuffix('s')}"
        else:
            named = setup.by_ids(desk, use.kind, [row.id for row in rows])
            yield from (f"{use.kind.replace('_', ' ')} {item.key}" for item in named)
    yield from (f"rule {rule.key}" for rule in rules.naming(desk, (current.kind, current.key)))


def _value(use: Use, item: SetUpObject) -> int | str:
    return item.key if use.by_key else item.id


def _move_tickets(desk: Desk, actor: Actor, use: Use, current: SetUpObject, to: SetUpObject) -> None:
    """Ticket by ticket, as an agent would; merged ones follow silently, their history is told by the survivor."""
    moved = _TICKET_MOVES[use.model, use.column]
    column = getattr(use.model, use.column)
    here = t.Ticket.select(t.Ticket.id).where(column == current.id).order_by(t.Ticket.id)
    for ticket in list(here.where(t.Ticket.merged_into_id.is_null())):
        moved(desk, actor, ticket.id, to)
    if use.column == "department_id":
        for ticket in list(here):
            search.move_ticket(desk.database, ticket.id, to.id)


def _to_department(desk: Desk, actor: Actor, number: int, to: SetUpObject) -> object:
    return ticket_fields.move(desk, actor, number, to.key, sure=True)


def _to_status(desk: Desk, actor: Actor, number: int, to: SetUpObject) -> object:
    return tickets.set_status(desk, actor, number, to.key, notify=False)


def _to_value(field: str) -> Move:
    def moved(desk: Desk, actor: Actor, number: int, to: SetUpObject) -> object:
        return ticket_fields.edit(desk, actor, number, {field: to.key})

    return moved


def _to_owner(desk: Desk, actor: Actor, number: int, to: SetUpObject) -> object:
    before = t.Ticket.get(t.Ticket.id == number)
    team = to.kind == "team"
    columns = {"team_id": to.id} if team else {"assignee_id": to.id}
    t.Ticket.update(**columns, updated_at=desk.now()).where(t.Ticket.id == before.id).execute()
    data = {"to": f"team:{to.key}" if team else to.key}
    return events.record(desk, actor, Verb.ASSIGNED, ticket=number, data=data)


_TICKET_MOVES: Mapping[tuple[Any, str], Move] = {
    (t.Ticket, "department_id"): _to_department,
    (t.Ticket, "status_id"): _to_status,
    (t.Ticket, "type_id"): _to_value("type"),
    (t.Ticket, "topic_id"): _to_value("topic"),
    (t.Ticket, "company_id"): _to_value("company"),
    (t.Ticket, "assignee_id"): _to_owner,
    (t.Ticket, "team_id"): _to_owner,
}
