"""Lines of a table that spreadsheets read (RFC 4180), in which no cell runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from helpdeskctl.domain.text import printable

BOM = "\ufeff"
"""Without it common spreadsheets take UTF-8 for the encoding of their country."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Iterable[str]) -> str:
    """A line of the table, ended by CRLF."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def guarded(text: str) -> str:
    """A text as a cell: a leading `'` keeps spreadsheets from running it, what would act on a terminal is a mark."""
    return f"'{printable(text)}" if text.startswith(_FORMULA) else printable(text)
