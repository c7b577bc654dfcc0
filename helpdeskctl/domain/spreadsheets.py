"""Lines of a table that spreadsheets read (RFC 4180), in which no cell runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from helpdeskctl.domain.text import printable

BOM = "\ufeff"
"""Without it common spreadsheets take UTF-8 for the encoding of their country."""
_BEGINS = r'(\A|[;|\t\n]"*)'  # a cell, also where a spreadsheet of another country cuts the line: quotes are none there
_FORMULA = r"(?=[=+\-@\t\r])"
_TO_GUARD, _GUARDED = re.compile(f"{_BEGINS}{_FORMULA}"), re.compile(f"{_BEGINS}'{_FORMULA}")


def line(cells: Iterable[str]) -> str:
    """A line of the table, ended by CRLF."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def guarded(text: str) -> str:
    """A text as a cell: a `'` keeps spreadsheets from running it, what would act on a terminal is a mark."""
    return printable(_TO_GUARD.sub(r"\1'", text))


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` made, but for what it marked."""
    return _GUARDED.sub(r"\1", cell)
