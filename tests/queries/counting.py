"""Counting statements, so that a list or page that asks once per row is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpdeskctl.desk import Desk


class Statements(list[tuple[str, Any]]):
    """The statements that ran while it was watching, with their parameters."""


@contextmanager
def counted(desk: Desk) -> Iterator[Statements]:
    """Collect the SQL of every statement that goes through the desk's database inside the block."""
    database: Any = desk.database.orm
    seen = Statements()
    run = database.execute_sql

    def noted(sql: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        seen.append((sql, params))
        return run(sql, params, *args, **kwargs)

    database.execute_sql = noted
    try:
        yield seen
    finally:
        database.execute_sql = run
