"""Bytes that nobody refers to any more are removed, a slice of the store at a time (OPS-7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.operations.blob_uses import COLUMNS, unreferenced
from helpdeskctl.store.tables import Blob, IncomingMail

_DIGITS = "0123456789abcdef"
_AT_ONCE = 200  # in one transaction
_REST = timedelta(days=1)  # for which bytes may wait for the row that names them


def sweep(desk: Desk, *, stop: Callable[[], bool]) -> int:
    """Remove bytes that were named a day ago or longer and that no row needs; returns how many.

    Beside SQLite also files that never got a row: those of mail that ended in no ticket.
    """
    gone = 0
    for digit in _DIGITS:
        if stop():
            return gone
        candidates = _without_use(desk, digit)
        for start in range(0, len(candidates), _AT_ONCE):
            if stop():
                return gone
            gone += _remove(desk, candidates[start : start + _AT_ONCE])
    return gone + desk.blobs.clear_unnamed(stop=stop)


def _without_use(desk: Desk, digit: str) -> list[str]:
    """Names that begin with `digit`, by comparing the columns as a whole: one by one, a ledger has no index for it."""
    beyond = "g" if digit == "f" else _DIGITS[_DIGITS.index(digit) + 1]
    old = Blob.created_at < desk.now() - _REST
    query: Any = Blob.select(Blob.sha256).where(Blob.sha256 >= digit, Blob.sha256 < beyond, old)
    for column in COLUMNS:
        query = query.except_(column.model.select(column).where(column >= digit, column < beyond))
    return sorted(sha256 for (sha256,) in query.tuples())


def _remove(desk: Desk, names: Sequence[str]) -> int:
    def removed() -> int:
        before = desk.now() - _REST
        # Not the ledger again, which would hold up all writing for as long as it is read: a mail that came since has
        # named its bytes anew.
        free = unreferenced(names, [column for column in COLUMNS if column is not IncomingMail.raw_sha256])
        return sum(desk.blobs.forget(sha256, named_before=before) for sha256 in sorted(free))

    return desk.database.transact(removed)
