"""How often somebody may do something: a window that slides by tenths, one upsert a time, the same on both databases.

Counting is a transaction of its own, before what is counted: a try counts even when it fails afterwards.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from helpdeskctl.desk import Desk
from helpdeskctl.errors import Refused
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import RateLimit

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `hits` within any window of this length; `name` keeps what is counted apart."""

    name: str
    hits: int
    window: timedelta


_QUARTER, _HOUR = timedelta(minutes=15), timedelta(hours=1)
LOGIN_ADDRESS = Limit("login:address", 10, _QUARTER)
LOGIN_PEER = Limit("login:peer", 100, _QUARTER)
MAIL_ADDRESS = Limit("mail:address", 3, _HOUR)
MAIL_PEER = Limit("mail:peer", 30, _HOUR)
GUEST_ADDRESS = Limit("guest:address", 5, _HOUR)
GUEST_PEER = Limit("guest:peer", 20, _HOUR)
VOTES = Limit("votes:peer", 20, _HOUR)
WRITES = Limit("writes:contact", 60, _HOUR)
EXPORTS = Limit("exports:contact", 5, _HOUR)
INVITATIONS = Limit("invited:contact", 20, _HOUR)
PEOPLE = Limit("people:contact", 20, _HOUR)
RATINGS = Limit("ratings:ticket", 20, _HOUR)
KEPT_DRAFTS = Limit("kept:drafts", 5, _HOUR)
KEPT_BYTES = Limit("kept:bytes", 25 * 1024**2, _HOUR)
FILE_BYTES = Limit("files:contact", 250 * 1024**2, _HOUR)


class TooMany(Refused):
    """A limit is reached; `until` is when it opens again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many attempts")
        self.until = until


@transaction
def hit(desk: Desk, limit: Limit, whose: str, *, cost: int = 1) -> None:
    """Count `cost` for `whose` (an address, a network, a contact). Raises TooMany past the limit.

    What was refused does not count: who goes on trying waits no longer for it.
    """
    key, now, tenth = _key(limit, whose), desk.now(), limit.window / 10
    RateLimit.insert(key=key, window_start=_EPOCH + (now - _EPOCH) // tenth * tenth, hits=cost).on_conflict(
        conflict_target=[RateLimit.key, RateLimit.window_start], update={RateLimit.hits: RateLimit.hits + cost}
    ).execute()
    counted = RateLimit.window_start.between(now - limit.window, now)
    rows = list(RateLimit.select().where(RateLimit.key == key, counted))
    if sum(row.hits for row in rows) > limit.hits:
        raise TooMany(min(row.window_start for row in rows) + limit.window)


@transaction
def forgive(desk: Desk, limit: Limit, whose: str) -> None:
    """Count from nothing again: the right password was typed."""
    RateLimit.delete().where(RateLimit.key == _key(limit, whose)).execute()


@transaction
def forget_old(desk: Desk) -> int:
    """Drop the windows that ended a day ago; returns how many."""
    return int(RateLimit.delete().where(RateLimit.window_start < desk.now() - timedelta(days=1)).execute())


def network(peer: str) -> str:
    """What stands for the network of a peer: an IPv4 address itself, of IPv6 the /64; else the text as it is."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _key(limit: Limit, whose: str) -> str:
    # Hashed: a typed address is somebody's, and as long as its typist likes.
    return f"{limit.name}:{hashlib.sha256(whose.encode('utf-8', 'replace')).hexdigest()[:32]}"
