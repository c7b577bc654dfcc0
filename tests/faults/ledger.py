"""What every fault case asks in the end: mails in = mails out, octet for octet, each once."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable

from helpdeskctl.desk import Desk

LONG = os.environ.get("FAULTS") == "long"
_INSIDE = (
    "SELECT i.raw_sha256 FROM message m JOIN incoming_mail i ON i.id = m.incoming_id"
    " UNION ALL SELECT i.raw_sha256 FROM quarantine q JOIN incoming_mail i ON i.id = q.incoming_id"
    " WHERE q.state = 'held'"
)


def rounds(short: int, long: int) -> int:
    """How often a case is tried: `make test` takes the short form, `make faults` the long one."""
    return long if LONG else short


def digest(mail: bytes) -> str:
    """What a mail is known by: its octets."""
    return hashlib.sha256(mail).hexdigest()


def inside(desk: Desk) -> Counter[str]:
    """How often each mail, by its octets, stands in a message or in quarantine."""
    return Counter(str(found) for (found,) in desk.database.execute(_INSIDE).fetchall())


def not_once(desk: Desk, mails: Iterable[bytes]) -> dict[str, int]:
    """The mails of which the desk does not hold exactly one message, and any message beyond them; empty is right."""
    expected, found = Counter(dict.fromkeys(map(digest, mails), 1)), inside(desk)
    return {name: found[name] for name in expected.keys() | found.keys() if found[name] != expected[name]}


def damaged(desk: Desk) -> list[str]:
    """Stored mails whose bytes are not what their row says, and what the database finds wrong with itself."""
    names = desk.database.execute("SELECT DISTINCT raw_sha256 FROM incoming_mail WHERE raw_sha256 IS NOT NULL")
    wrong = [str(name) for (name,) in names.fetchall() if digest(desk.blobs.get(name)) != name]
    if desk.database.kind == "sqlite":
        checks = ("PRAGMA integrity_check", "PRAGMA foreign_key_check")
        said = [row for check in checks for row in desk.database.execute(check).fetchall()]
        wrong += [str(row) for row in said if row[0] != "ok"]
    return wrong
