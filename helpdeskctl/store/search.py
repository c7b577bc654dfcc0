"""Full text over messages, in the database's own index: FTS5 on SQLite, tsvector on Postgres (TIC-17).

Who writes a message calls `index_message` in the same transaction, who moves a ticket `move_ticket`, who deletes one
`drop_ticket`; no trigger does it behind their backs. A search gives message ids, newest first. The department stands
inside the index row, so that what an agent may not see costs nothing and is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from helpdeskctl.store.database import Database

MIN_PREFIX = 2  # a single letter is looked for as a whole word: as a beginning it would be in every message


# NULLIF: words in which Postgres sees no word would leave the scope alone, and find everything in it.
_POSTGRES_HITS = (
    "SELECT message_id FROM message_search"
    " WHERE document @@ (NULLIF(to_tsquery('simple', %s), ''::tsquery) && %s::tsquery)"
)


_POSTGRES_INDEX = (
    "INSERT INTO message_search (message_id, department_id, document)"
    " VALUES (?, ?, to_tsvector('simple', ?) || array_to_tsvector(ARRAY[?]))"
)
_SQLITE_INDEX = "INSERT INTO message_search (rowid, words, scope) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Reach:
    """In which departments a search looks: `only` those (None: all), and none of `without`."""

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()


EVERYWHERE = Reach()
KEYS = {"sqlite": "rowid", "postgres": "message_id"}
"""What the column of the message's id is called, by kind of database."""


def index_message(
    database: Database, *, message_id: int, ticket_id: int, department_id: int, text: str, new: bool = False
) -> None:
    """Make a message findable by `text`: ticket subject, body, attachment names, requester. Replaces what was there.

    `department_id` is where the ticket lies; the ticket itself is told by the message's row. `new`: nothing is there.
    """
    from helpdeskctl.domain.folding import fold  # lists that search nothing start sooner without it

    words = fold(text)
    postgres = database.kind == "postgres"
    row: tuple[Any, ...] = (message_id, words, _sqlite_scope(department_id))
    if postgres:
        row = (message_id, department_id, words, _postgres_scope(department_id))
    sql = _POSTGRES_INDEX if postgres else _SQLITE_INDEX
    # FTS5 writes a segment at the end of each savepoint, to be merged later: those of a batch are one.
    if new and database.put_off(sql, lambda rows: database.execute_many(sql, rows), row):
        return
    if not new:
        drop_message(database, message_id)
    database.execute(sql, row)


def move_ticket(database: Database, ticket_id: int, department_id: int) -> None:
    """All messages that now stand in the ticket are found by those who see `department_id`, and by nobody else."""
    database.catch_up()
    if database.kind == "postgres":
        database.execute(
            "UPDATE message_search SET department_id = ?, document ="
            " ts_delete(document, 'DEPT' || department_id) || array_to_tsvector(ARRAY[?])"
            " WHERE message_id IN (SELECT id FROM message WHERE ticket_id = ?)",
            (department_id, _postgres_scope(department_id), ticket_id),
        )
        return
    database.execute(
        "UPDATE message_search SET scope = ? WHERE rowid IN (SELECT id FROM message WHERE ticket_id = ?)",
        (_sqlite_scope(department_id), ticket_id),
    )


def drop_ticket(database: Database, ticket_id: int) -> None:
    """Forget the ticket's messages. To be called while they still stand in the ticket."""
    database.catch_up()
    database.execute(
        f"DELETE FROM message_search WHERE {KEYS[database.kind]} IN (SELECT id FROM message WHERE ticket_id = ?)",  # noqa: S608  # constants
        (ticket_id,),
    )


def drop_message(database: Database, message_id: int) -> None:
    """Forget one message."""
    database.catch_up()
    database.execute(f"DELETE FROM message_search WHERE {KEYS[database.kind]} = ?", (message_id,))  # noqa: S608  # constants


def hits(kind: str, terms: Iterable[str], reach: Reach = EVERYWHERE) -> tuple[str, tuple[str, ...]]:
    """`SELECT message_id` of the messages that have all `terms`, as SQL with its parameters.

    A term of several words is a phrase; the last word of the last term may be the beginning of a word. `kind` is the
    database's (sqlite | postgres), whose placeholders are used. Terms without a letter or digit find nothing.
    """
    from helpdeskctl.domain.folding import fold

    phrases = [fold(term).split() for term in terms]
    if not all(phrases) or reach.only == frozenset():
        return f"SELECT {KEYS[kind]} FROM message_search WHERE 1 = 0", ()  # noqa: S608  # a constant
    if kind == "postgres":
        return _POSTGRES_HITS, (_postgres_words(phrases), _postgres_reach(reach))
    return "SELECT rowid FROM message_search WHERE message_search MATCH ?", (_sqlite_match(phrases, reach),)


def holds(kind: str, terms: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """A condition on one row of `message_search`, found by its key: it has all `terms`, as `hits` would say.

    Says it from the row alone. FTS5 would put a prefix's hits together anew for every row it is asked about.
    """
    from helpdeskctl.domain.folding import fold

    phrases = [fold(term).split() for term in terms]
    if not all(phrases):
        return "1 = 0", ()
    if kind == "postgres":
        return "document @@ to_tsquery('simple', %s)", (_postgres_words(phrases),)
    sought = [f" {' '.join(phrase)} " for phrase in phrases]
    if _prefix(phrases, "*"):
        sought[-1] = sought[-1].removesuffix(" ")
    return " AND ".join(["instr(' ' || words || ' ', ?) > 0"] * len(sought)), tuple(sought)


def _prefix(phrases: list[list[str]], sign: str) -> str:
    return sign if len(phrases[-1][-1]) >= MIN_PREFIX else ""


def _sqlite_scope(department_id: int) -> str:
    return f"dept{department_id}"


def _sqlite_match(phrases: list[list[str]], reach: Reach) -> str:
    quoted = [" + ".join(f'"{word}"' for word in phrase) for phrase in phrases]
    match = f"words : ({' AND '.join(quoted)}{_prefix(phrases, ' *')})"
    if reach.only is not None:
        match += f" AND scope : ({_any_sqlite(reach.only)})"
    if reach.without:
        match += f" NOT scope : ({_any_sqlite(reach.without)})"
    return match


def _any_sqlite(departments: frozenset[int]) -> str:
    return " OR ".join(f'"{_sqlite_scope(department)}"' for department in sorted(departments))


def _postgres_scope(department_id: int) -> str:
    return f"DEPT{department_id}"


def _postgres_words(phrases: list[list[str]]) -> str:
    quoted = ["(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases]
    return " & ".join(quoted).removesuffix(")") + _prefix(phrases, ":*") + ")"


def _postgres_reach(reach: Reach) -> str:
    parts = [f"!'{_postgres_scope(department)}'" for department in sorted(reach.without)]
    if reach.only is not None:
        parts.append("(" + " | ".join(f"'{_postgres_scope(department)}'" for department in sorted(reach.only)) + ")")
    return " & ".join(parts)
