"""Paths of our own that a visitor may be sent to after signing in, and nothing else."""

from __future__ import annotations

import re

_OURS = re.compile(r"/(?:[a-z0-9_-]+(?:/[a-z0-9_-]+)*)?(?:\?[a-z0-9_=&-]*)?", re.ASCII)
_TICKET = re.compile(r"/tickets/([1-9][0-9]{0,17})", re.ASCII)


def safe_next(path: str) -> str:
    """`path` if it is a plain path of this site, else the home page."""
    return path if len(path) <= 200 and _OURS.fullmatch(path) else "/"


def ticket_of(path: str) -> int | None:
    """The number of the ticket whose page `path` is."""
    found = _TICKET.fullmatch(path)
    return int(found[1]) if found else None
