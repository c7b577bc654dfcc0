"""The forms of a result on stdout: table for people; json, jsonl, csv and id for programs.

Texts may have been written by strangers: what people see passes `printable`, what programs read is escaped so that it
stays the same data and still does nothing to a terminal.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

from helpdeskctl.domain import spreadsheets
from helpdeskctl.domain.text import HARMFUL, printable

FORMS = ("table", "json", "jsonl", "csv", "id")
IDENTITIES = ("number", "key", "address", "email", "name", "id")  # what `-o id` prints: the first that a row has
Row = Mapping[str, Any]


def plain(value: Any) -> Any:
    """Dataclasses, times and enums as what JSON knows: ISO 8601 UTC with Z, durations in seconds."""
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if _is_record(value):
        value = fields_of(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, Enum):
        return value.value
    return str(value)


def json_text(value: Any) -> str:
    """One line of JSON, readable in every script, with the characters escaped that would act on a terminal."""
    text = json.dumps(plain(value), ensure_ascii=False)
    return HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def identity(row: Row) -> str:
    """What names a row on another command's line: its number, key or address; failing that, its first field."""
    names = [*IDENTITIES, *row]
    return printable(str(next((row[name] for name in names if row.get(name) is not None), "")))


def pick(row: Row, fields: Sequence[str]) -> dict[str, Any]:
    """The named fields of a row; dots lead into nested objects. Raises KeyError for an unknown one."""
    return {field: _inside(row, field) for field in fields}


def _inside(row: Row, field: str) -> Any:
    value: Any = row
    for name in field.split("."):
        if value is None:
            return None
        value = value[name]
    return value


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """A JSON array, an element a line, written while the rows come."""
    before = "["
    for row in rows:
        yield before + json_text(row)
        before = ","
    yield "]" if before == "," else "[]"


def csv_lines(rows: Iterable[Row], *, header: bool = True, raw: bool = False) -> Iterator[str]:
    """RFC 4180 lines; unless `raw`, a leading `'` keeps spreadsheets from running a cell as a formula, and what would
    act on a terminal is shown as a mark."""
    for number, row in enumerate(rows):
        if number == 0 and header:
            yield _csv_line(row)
        yield _csv_line(_csv_cell(value, raw=raw) for value in row.values())


def _csv_line(cells: Iterable[str]) -> str:
    return spreadsheets.line(cells)[:-1]  # whoever prints lines completes CRLF


def _csv_cell(value: Any, *, raw: bool) -> str:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json_text(value)
    return text if raw else spreadsheets.guarded(text)


def cell(value: Any) -> str:
    """A value as a person reads it in one cell of a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell(item) for item in value) or "-"
    return printable(_in_words(value)).replace("\n", " ").replace("\t", " ")


def _in_words(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, timedelta):
        from helpdeskctl.domain import durations

        return durations.exact(value)
    return str(plain(value))


def table_lines(rows: Iterable[Row], *, header: bool = True) -> Iterator[str]:
    """Aligned columns for a pipe; two spaces between, nothing cut off."""
    listed = list(rows)
    table = [[cell(value) for value in row.values()] for row in listed]
    if header and listed:
        table.insert(0, [name.replace("_", " ").upper() for name in listed[0]])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def terminal_table(rows: Iterable[Row], *, header: bool = True, color: bool = True) -> None:
    """The same table on a terminal: fitted to its width, heading in bold."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = list(rows)
    table = Table(box=None, show_header=header, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in listed[0] if listed else ():
        table.add_column(Text(name.replace("_", " ").upper()), overflow="ellipsis", no_wrap=True)
    for row in listed:
        table.add_row(*(Text(cell(value)) for value in row.values()))
    Console(no_color=not color, highlight=False).print(table)


def write(lines: Iterable[str]) -> None:
    """Lines to stdout, as they come."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def fields_of(row: object) -> dict[str, Any]:
    """The fields of a dataclass or named tuple, their values as they are."""
    if isinstance(row, tuple):
        return row._asdict()  # type: ignore[attr-defined, no-any-return]  # a named tuple; a bare one has no fields to show
    if not dataclasses.is_dataclass(row):
        raise TypeError(f"{type(row).__name__} is neither a mapping nor a dataclass")
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}


def _is_record(value: object) -> bool:
    if isinstance(value, type):
        return False
    return dataclasses.is_dataclass(value) or (isinstance(value, tuple) and hasattr(value, "_asdict"))


def detail_lines(row: Row) -> Iterator[str]:
    """One object for people: a field a line, longer texts indented below their name."""
    width = max(map(len, row), default=0) + 2
    for name, value in row.items():
        text = printable(value) if isinstance(value, str) else cell(value)
        first, *rest = text.splitlines() or ["-"]
        yield f"{name.replace('_', ' '):<{width}}{first}".rstrip()
        yield from (f"{'':<{width}}{line}".rstrip() for line in rest)
