"""How often somebody may do something: counted in fixed windows, one upsert each, the same on both databases.

Counting is a transaction of its own: what was tried is counted even when what followed failed.
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
    """At most `hits` in each window of this length; `name` keeps what is counted apart."""

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
WRITES = Limit("writes:contact", 60, _HOUR)
KEPT_DRAFTS = Limit("kept:drafts", 5, _HOUR)
KEPT_BYTES = Limit("kept:bytes", 25 * 1024**2, _HOUR)


class TooMany(Refused):
    """A limit is reached; `until` is when it opens again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many attempts")
        self.until = until


def hit(desk: Desk, limit: Limit, whose: str, *, cost: int = 1) -> None:
    """Count `cost` for `whose` (an address, a network, a contact). Raises TooMany past the limit."""
    start = _window(desk, limit)
    if _count(desk, limit, whose, start, cost) > limit.hits:
        raise TooMany(start + limit.window)


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


@transaction
def _count(desk: Desk, limit: Limit, whose: str, start: datetime, cost: int) -> int:
    rows = (
        RateLimit.insert(key=_key(limit, whose), window_start=start, hits=cost)
        .on_conflict(
            conflict_target=[RateLimit.key, RateLimit.window_start], update={RateLimit.hits: RateLimit.hits + cost}
        )
        .returning(RateLimit.hits)
        .execute()
    )
    return int(next(iter(rows)).hits)


def _window(desk: Desk, limit: Limit) -> datetime:
    return _EPOCH + (desk.now() - _EPOCH) // limit.window * limit.window


def _key(limit: Limit, whose: str) -> str:
    # Hashed: a typed address is somebody's, and as long as its typist likes.
    return f"{limit.name}:{hashlib.sha256(whose.encode('utf-8', 'replace')).hexdigest()[:32]}"
