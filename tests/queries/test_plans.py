"""No hot list, page or counter reads a whole table: the plans of both databases, on a desk of some size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import history, threads, ticket_objects, tickets, views
from helpdeskctl.queries.access import contact_actor
from helpdeskctl.queries.orders import ORDERS
from helpdeskctl.store.tables import Row, Ticket
from tests.builders import Builder
from tests.queries.counting import Statements, counted

SMALL = {
    "agent", "company", "company_domain", "department", "department_role", "field", "mailbox", "mailbox_address",
    "presence", "saved_view", "setting", "status", "tag", "team", "team_member", "ticket_type", "topic",
}  # fmt: skip
"""Tables that a desk of any size keeps small; a scan of them is the cheapest way."""

TICKETS, DEPARTMENTS, CONTACTS = 20_000, 20, 20_000


@pytest.fixture
def large(desk: Desk) -> Builder:
    """Twenty thousand tickets in twenty departments, one in fifty of them open; written by the database itself."""
    build = Builder(desk)
    places = [build.department(f"d{n}") for n in range(DEPARTMENTS)]
    for n in range(5):
        build.agent(f"agent{n}@example.org", d1="agent", d2="agent")
    build.agent("root@example.org", admin=True)
    build.company("acme")
    build.personal("agent3@example.org")
    first = min(places)
    at = "2026-03-0%d 0%d:%02d:00+00" if desk.database.kind == "postgres" else "2026-03-0%dT0%d:%02d:00.000000Z"
    for sql in _rows(desk.database.kind, first, at):
        desk.database.transact(lambda sql=sql: desk.database.execute(sql))
    build.ticket("Needle in a haystack", department="d1", requester="alice@acme.example", company="acme")
    if desk.database.kind == "postgres":  # it does by itself, SQLite never does
        desk.database.transact(lambda: desk.database.execute("ANALYZE"))
    return build


_AROUND = (
    "INSERT INTO event (at, ticket_id, verb, actor_kind) SELECT created_at, id, 'created', 'contact' FROM ticket",
    "INSERT INTO read_mark (ticket_id, agent_id, message_id)"
    " SELECT t.id, a.id, 1 FROM ticket AS t, agent AS a WHERE a.id % 3 = 0",
    "INSERT INTO participant (ticket_id, contact_id) SELECT id, contact_id FROM ticket",
    "INSERT INTO draft (agent_id, ticket_id, kind, content, saved_at)"
    " SELECT (SELECT min(id) FROM agent), id, 'note', '{}', created_at FROM ticket",
    "INSERT INTO tag (key) SELECT 'tag' || id FROM department",
    "INSERT INTO ticket_tag (ticket_id, tag_id)"
    " SELECT id, (SELECT min(id) FROM tag) + (id + department_id) % (SELECT count(*) FROM tag) FROM ticket",
    "INSERT INTO link (ticket_id, other_id, kind) SELECT id, id - 1, 'related' FROM ticket WHERE id > 1001",
    "INSERT INTO attachment (message_id, filename, content_type, size, sha256)"
    " SELECT id, 'a.pdf', 'application/pdf', 1, 'x' || id FROM message",
    "INSERT INTO outgoing_mail (ticket_id, message_id, event, mail_id, content, state, not_before, created_at)"
    " SELECT ticket_id, id, 'reply', 'x', '{}', 'sent', created_at, created_at FROM message",
    "INSERT INTO outgoing_recipient (outgoing_id, address, state)"
    " SELECT id, 'a@many.example', 'sent' FROM outgoing_mail",
    "INSERT INTO rating (ticket_id, good, at) SELECT id, 1, created_at FROM ticket",
    "INSERT INTO time_entry (ticket_id, agent_id, seconds, at)"
    " SELECT id, (SELECT min(id) FROM agent), 60, created_at FROM ticket",
    "INSERT INTO field (key, on_kind, type, names) VALUES ('room', 'ticket', 'text', '{}')",
    "INSERT INTO field_value (field_id, ticket_id, value) SELECT (SELECT min(id) FROM field), id, id || '' FROM ticket",
)
"""What stands around the tickets, a row or more for each."""


def _rows(kind: str, first_department: int, at: str) -> Iterator[str]:
    """Statements that fill the large tables, in the words of the database."""
    series = (
        f"(SELECT generate_series(1, {TICKETS}) AS n)"
        if kind == "postgres"
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {TICKETS}) SELECT n FROM s)"
    )
    filler = " ".join(f"word{n}" for n in range(60))
    minute = (
        "timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute'"
        if kind == "postgres"
        else "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-01-01', n || ' minutes')"
    )
    yield (
        "INSERT INTO contact (name, notes, origin, created_at)"
        f" SELECT 'Contact ' || n, '{filler}', 'mail', {minute} FROM {series} AS s WHERE n <= {CONTACTS}"
    )
    yield (
        "INSERT INTO contact_address (address, contact_id, main, confirmed_at)"
        " SELECT 'c' || id || '@many.example', id, 1, created_at FROM contact"
    )
    yield (
        "INSERT INTO ticket (subject, department_id, status_id, priority, assignee_id, contact_id, requester_address,"
        " origin, waiting_since, message_at, closed_at, created_at, updated_at)"
        f" SELECT 'Ticket ' || n, {first_department} + n % {DEPARTMENTS}, s.id, 1 + n % 5,"
        f" CASE WHEN n % 3 = 0 THEN NULL ELSE a.id + n % 5 END, c.id + n % {CONTACTS}, 'c' || (c.id + n % {CONTACTS})"
        f" || '@many.example', 'mail', CASE WHEN s.key = 'new' THEN {minute} END, {minute},"
        f" CASE WHEN s.key = 'new' THEN NULL ELSE {minute} END, {minute}, {minute} FROM {series} AS n"
        " JOIN status AS s ON s.key = CASE WHEN n % 50 = 0 THEN 'new' ELSE 'closed' END"
        " CROSS JOIN (SELECT min(id) AS id FROM contact) AS c CROSS JOIN (SELECT min(id) AS id FROM agent) AS a"
    )
    yield (
        "INSERT INTO message (ticket_id, kind, direction, contact_id, body, created_at)"
        f" SELECT id, 'mail', 'in', contact_id, 'body ' || id || ' {filler}', created_at FROM ticket"
    )
    yield from _AROUND
    words = (
        "INSERT INTO message_search (message_id, department_id, document) SELECT m.id, t.department_id,"
        " to_tsvector('simple', m.body) || array_to_tsvector(ARRAY['DEPT' || t.department_id])"
        if kind == "postgres"
        else "INSERT INTO message_search (rowid, words, scope) SELECT m.id, m.body, 'dept' || t.department_id"
    )
    yield f"{words} FROM message AS m JOIN ticket AS t ON t.id = m.ticket_id"


def scans(desk: Desk, statements: Statements) -> list[str]:
    """What of the collected statements reads a whole large table, each with its statement."""
    large = {model._meta.table_name for model in Row.__subclasses__()} | {"message_search"}
    large -= SMALL
    find = _sqlite_scans if desk.database.kind == "sqlite" else _postgres_scans
    found = []
    for sql, parameters in list(statements):
        if sql.lstrip().upper().startswith("SELECT"):
            found += [f"{table}: {sql}" for table in find(desk, sql, parameters) if table in large]
    return found


def _sqlite_scans(desk: Desk, sql: str, parameters: Any) -> Iterator[str]:
    tables = {alias: table for table, alias in re.findall(r'"(\w+)" AS "(\w+)"', sql)}
    for *_, detail in desk.database.orm.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters):
        scan = re.match(r"SCAN (\w+)(.*)", detail)
        if scan and "USING" not in scan[2] and "VIRTUAL TABLE" not in scan[2]:
            in_order = re.search(
                rf'ORDER BY "{scan[1]}"."id" (ASC|DESC) LIMIT', sql
            )  # read by its key, as far as needed
            yield from () if in_order else (tables.get(scan[1], scan[1]),)


def _postgres_scans(desk: Desk, sql: str, parameters: Any) -> Iterator[str]:
    ((plan,),) = desk.database.orm.execute_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
    todo = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while todo:
        node = todo.pop()
        todo += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and not node["Relation Name"].startswith("pg_"):
            yield node["Relation Name"]


def _all_pages(desk: Desk, actor: Actor, query: str = "", *, sort: str | None = None) -> None:
    page = tickets.list_tickets(desk, actor, query, sort=sort)
    tickets.list_tickets(desk, actor, query, sort=sort, after=page.next)
    list(ticket_objects.of_rows(desk, actor, page.rows))


HOT: dict[str, Callable[[Desk, Actor], object]] = {
    **{f"order {name}": lambda desk, actor, name=name: _all_pages(desk, actor, sort=name) for name in ORDERS},  # type: ignore[misc]  # mypy cannot type the bound default
    **{f"order -{name}": lambda desk, actor, name=name: _all_pages(desk, actor, sort=f"-{name}") for name in ORDERS},  # type: ignore[misc]  # as above
    "every view": lambda desk, actor: [
        _all_pages(desk, actor, view.query, sort=view.sort) for view in views.every(desk, actor)
    ],
    "counters": lambda desk, actor: tickets.counts(
        desk, actor, {view.key: view.query for view in views.every(desk, actor)}
    ),
    "a queue": lambda desk, actor: _all_pages(desk, actor, "dept:d1 status:new,open", sort="updated"),
    "unread": lambda desk, actor: _all_pages(desk, actor, "is:unread not kind:closed"),
    "of a company": lambda desk, actor: _all_pages(desk, actor, "company:acme"),
    "created lately": lambda desk, actor: _all_pages(desk, actor, "newer:2h"),
    "by number": lambda desk, actor: _all_pages(desk, actor, "number:1001,1002"),
    "words": lambda desk, actor: _all_pages(desk, actor, "needle"),
    "common words": lambda desk, actor: _all_pages(desk, actor, "body"),
    "next": lambda desk, actor: tickets.next_ticket(desk, actor, skip=[1001]),
}


def test_nothing_hot_scans_a_large_table(desk: Desk, large: Builder) -> None:
    for address in ("agent1@example.org", "root@example.org"):
        actor = large.actor(address)
        for name, ask in HOT.items():
            with counted(desk) as statements:
                ask(desk, actor)
            assert scans(desk, statements) == [], (address, name)
    _look_at_ticket_pages(desk, large)
    _look_at_customers(desk, large)


def _look_at_ticket_pages(desk: Desk, large: Builder) -> None:
    actor = large.actor("root@example.org")
    number = max(row.id for row in Ticket.select(Ticket.id))
    with counted(desk) as statements:
        threads.show(desk, actor, number)
        history.of_ticket(desk, actor, number)
        threads.newer_than(desk, actor, number, 1)
    assert scans(desk, statements) == []


def _look_at_customers(desk: Desk, large: Builder) -> None:
    customer = contact_actor(desk, large.contact("alice@acme.example"))
    boss = contact_actor(desk, large.contact("boss@acme.example", company="acme", main_contact=True))
    for actor in (customer, boss):
        for query in ("", "needle", "not kind:closed"):
            with counted(desk) as statements:
                assert len(tickets.list_tickets(desk, actor, query).rows) == 1
            assert scans(desk, statements) == [], (actor.label, query)


def test_the_test_would_see_a_scan(desk: Desk) -> None:
    with counted(desk) as statements:
        list(Ticket.select(Ticket.id).where(Ticket.subject == "x"))
    assert [found.partition(":")[0] for found in scans(desk, statements)] == ["ticket"]
