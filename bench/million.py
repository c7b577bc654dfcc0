"""A desk of very many tickets, written by a few statements of SQL: always the same rows for the same count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from helpdeskctl.desk import Desk

FIRST = 10_000  # the number before the first ticket
_PEOPLE = 10  # tickets of one person
_TEXT = (
    "printer invoice login server please help since monday error screen order delivery password account cannot open "
    "the our is not and with after before again urgent thanks attached number see below office room network contract "
)
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})",
    "postgres": "WITH numbers AS (SELECT generate_series(1, {count}) AS n)",
}
_AT = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1700000000 + n * 30, 'unixepoch')",
    "postgres": "to_timestamp(1700000000 + n * 30)",
}
_DIGEST = {"sqlite": "digest(n)", "postgres": "encode(sha256(n::text::bytea), 'hex')"}
_BODY = f"'Message ' || n || ' about ' || substr('{_TEXT}', 1 + n % 90, 120)"
_SEARCH = {
    "sqlite": f"message_search (rowid, words, scope) SELECT {FIRST} + n, lower({_BODY}), 'dept' || {{department}}",
    "postgres": "message_search (message_id, department_id, document)"
    f" SELECT {FIRST} + n, {{department}},"
    f" to_tsvector('simple', lower({_BODY})) || array_to_tsvector(ARRAY['DEPT' || {{department}}])",
}
_STATEMENTS = (
    "contact (id, name, origin, created_at) SELECT {first} + n, 'Person ' || n, 'mail', {at} FROM numbers"
    " WHERE n <= {people}",
    "contact_address (address, contact_id, main) SELECT 'p' || n || '@many.example', {first} + n, 1 FROM numbers"
    " WHERE n <= {people}",
    "ticket (id, subject, department_id, status_id, contact_id, requester_address, origin, waiting_since, message_at,"
    " created_at, updated_at, last_customer_message_id)"
    " SELECT {first} + n, 'Subject ' || n, {department}, {status} + n % 4, {first} + 1 + n % {people},"
    " 'p' || (1 + n % {people}) || '@many.example', 'mail', {at}, {at}, {at}, {at}, {first} + n FROM numbers",
    "message (id, ticket_id, kind, direction, contact_id, author_address, subject, body, mail_id, created_at)"
    " SELECT {first} + n, {first} + n, 'mail', 'in', {first} + 1 + n % {people},"
    " 'p' || (1 + n % {people}) || '@many.example', 'Subject ' || n, {body}, '<' || n || '@many.example>', {at}"
    " FROM numbers",
    "message_reference (id_sha256, message_id) SELECT {digest}, {first} + n FROM numbers",
    "incoming_mail (id, identity, state, acknowledged, size, raw_sha256, ticket_id, message_id, sender, created_at)"
    " SELECT {first} + n, {digest}, 'stored', 1, 1000, {digest}, {first} + n, {first} + n,"
    " 'p' || (1 + n % {people}) || '@many.example', {at} FROM numbers",
    "event (ticket_id, at, verb, actor_kind) SELECT {first} + n, {at}, 'opened', 'contact' FROM numbers",
    "{search} FROM numbers",
)


def fill(desk: Desk, tickets: int) -> None:
    """Write so many tickets of one message each into a laid-out desk that has a department, with all that an import
    looks into: people, references, ledger, history, search index."""
    kind, execute = desk.database.kind, desk.database.execute
    if kind == "sqlite":
        desk.database.orm.connection().create_function("digest", 1, _digest, deterministic=True)
    words = _words(desk, kind, tickets)
    with desk.database.orm.atomic():
        for statement in _STATEMENTS:
            into, _, rows = statement.format_map(words).partition(" SELECT ")
            execute(f"INSERT INTO {into} {words['numbers']} SELECT {rows}")
        if kind == "postgres":
            for table in ("contact", "ticket", "message", "incoming_mail"):
                execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {FIRST + tickets})")
    execute("ANALYZE")


def _words(desk: Desk, kind: str, tickets: int) -> Mapping[str, Any]:
    department = desk.database.execute("SELECT min(id) FROM department").fetchone()[0]
    status = desk.database.execute("SELECT min(id) FROM status").fetchone()[0]
    return {
        "numbers": _NUMBERS[kind].format(count=tickets),
        "first": FIRST,
        "people": max(1, tickets // _PEOPLE),
        "department": department,
        "status": status,
        "at": _AT[kind],
        "digest": _DIGEST[kind],
        "body": _BODY,
        "search": _SEARCH[kind].format(department=department),
    }


def _digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()
