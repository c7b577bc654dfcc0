"""The floor of an import: imapclient in batches of 50, stdlib compat32, one transaction per message by hand.

`python -m bench.floors.import_mail HOST PORT USER PASSWORD DATABASE-URL`
"""

from __future__ import annotations

import email
import sqlite3
import sys
from collections.abc import Callable
from email.message import Message
from typing import Any

from imapclient import IMAPClient

_TABLES = (
    "CREATE TABLE ticket (id {key}, sender TEXT, subject TEXT)",
    "CREATE TABLE message (id {key}, ticket_id INTEGER, mail_id TEXT UNIQUE, body TEXT)",
    "CREATE TABLE attachment (id {key}, message_id INTEGER, name TEXT, data {bytes})",
)
Execute = Callable[[str, tuple[Any, ...]], int]


def main() -> None:
    """Fetch everything in INBOX into three tables."""
    host, port, user, password, url = sys.argv[1:]
    execute, commit = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
    with IMAPClient(host, int(port), ssl=False) as client:
        client.login(user, password)
        client.select_folder("INBOX", readonly=True)
        uids = client.search(["UID", "1:*"])
        for start in range(0, len(uids), 50):
            for row in client.fetch(uids[start : start + 50], ["BODY.PEEK[]"]).values():
                _store(email.message_from_bytes(row[b"BODY[]"]), execute)
                commit()


def _store(mail: Message, execute: Execute) -> None:
    ticket = execute("INSERT INTO ticket (sender, subject) VALUES (?, ?) RETURNING id", (mail["From"], mail["Subject"]))
    parts = [part for part in mail.walk() if not part.is_multipart()]
    body = next((p for p in parts if p.get_content_type() == "text/plain"), parts[0])
    charset = body.get_content_charset() or "utf-8"
    text = (body.get_payload(decode=True) or b"").decode(charset, "replace")
    message = execute(
        "INSERT INTO message (ticket_id, mail_id, body) VALUES (?, ?, ?) RETURNING id",
        (ticket, mail["Message-ID"], text),
    )
    for part in parts:
        if part.get_filename():
            execute(
                "INSERT INTO attachment (message_id, name, data) VALUES (?, ?, ?) RETURNING id",
                (message, part.get_filename(), part.get_payload(decode=True)),
            )


def _sqlite(url: str) -> tuple[Execute, Callable[[], None]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA journal_mode = wal")
    for table in _TABLES:
        connection.execute(table.format(key="INTEGER PRIMARY KEY", bytes="BLOB"))
    return lambda sql, values: int(connection.execute(sql, values).fetchone()[0]), connection.commit


def _postgres(url: str) -> tuple[Execute, Callable[[], None]]:
    import psycopg

    connection = psycopg.connect(url)
    for table in _TABLES:
        connection.execute(table.format(key="BIGSERIAL PRIMARY KEY", bytes="BYTEA"))

    def execute(sql: str, values: tuple[Any, ...]) -> int:
        row = connection.execute(sql.replace("?", "%s"), values).fetchone()
        assert row is not None
        return int(row[0])

    return execute, connection.commit


if __name__ == "__main__":
    main()
