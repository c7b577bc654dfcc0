"""Files of customers as people have them, CSV or vCards, read into entries with their places (CON-5).

A column belongs to a field by its name, or by the mapping that was given; `field.room` is a field of one's own. An
empty cell says nothing: what is known stays. The mark that keeps spreadsheets from running a cell is taken off.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.domain import vcard
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.spreadsheets import unguarded
from helpdeskctl.errors import HelpdeskError, InvalidInput

FIELDS = ("email", "addresses", *(field.name for field in CONTACT.fields if field.flag and field.name != "fields"))
"""What a column can be; beside them `field.KEY`."""
OWN = "field."
_DELIMITERS = ",;\t"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer of a file. `values` as the kind contact has them, and `email` and `addresses`; `cells` as they
    stand there; `fault`: why it cannot be used at all.
    """

    line: int
    values: Mapping[str, Any]
    cells: Sequence[str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ContactFile:
    """`columns` are the headings of the cells, `unused` those that are no field."""

    columns: Sequence[str]
    entries: Iterable[Entry]
    unused: Sequence[str] = ()


def read(name: str, data: bytes, columns: Mapping[str, str] | None = None) -> ContactFile:
    """The customers of a file called `name`; `columns`: field -> heading, and then no other column counts.

    InvalidInput with file:line where the file as a whole cannot be read, or has not the columns that were named.
    """
    text = _text(name, data)
    try:
        if not re.match(r"\s*BEGIN:VCARD\b", text, re.IGNORECASE):
            return _table(name, text, columns or {})
        if columns:
            raise InvalidInput("1: a vCard has no columns to map")
        return ContactFile(("email", "name", "phone", "company"), [_of_card(card) for card in vcard.read(text)])
    except InvalidInput as error:
        raise InvalidInput(f"{name}:{error.message}", hint=error.hint) from error


def mapping(words: Iterable[str]) -> dict[str, str]:
    """`email=E-Mail,name=Name` as field -> heading. InvalidInput for what is no field."""
    found = {}
    for pair in (pair for word in words for pair in next(csv.reader([word]), [])):
        field, equals, heading = pair.partition("=")
        if not equals or not heading:
            raise InvalidInput(f'--map "{pair}" is no pair', hint="--map email=E-Mail,name=Name")
        if field not in FIELDS and not field.startswith(OWN):
            raise InvalidInput(f'--map: a contact has no "{field}"', hint=f"known: {', '.join(FIELDS)}, {OWN}KEY")
        found[field] = heading
    return found


def _text(name: str, data: bytes) -> str:
    """UTF-8, also with a byte order mark; UTF-16 with one, as spreadsheets write it; else Windows-1252."""
    marked = [codec for mark, codec in _MARKS if data.startswith(mark)]
    for codec in marked or ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidInput(f"{name}: is no text file", hint="save it as CSV UTF-8")


def _table(name: str, text: str, wanted: Mapping[str, str]) -> ContactFile:
    delimiter = _delimiter(text)

    def rows() -> Iterator[tuple[int, list[str]]]:
        return _rows(text, delimiter)

    columns = [heading.strip() for heading in next(rows(), (1, []))[1]]
    places = _mapped(columns, wanted) if wanted else _recognised(columns)
    if not places.keys() & {"email", "external_id"}:
        raise InvalidInput("1: no column is the e-mail address", hint=f"--map email={'|'.join(columns) or 'COLUMN'}")
    deque(rows(), maxlen=0)  # a file that breaks off half-way is told before anything is made of it
    unused = [] if wanted else [heading for at, heading in enumerate(columns) if at not in places.values()]
    return ContactFile(columns, _entries(rows, len(columns), places), unused)


def _delimiter(text: str) -> str:
    """The one that makes the most columns of the heading."""
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader(_lines(text), delimiter=delimiter), [])))


def _lines(text: str) -> Iterable[str]:
    return io.StringIO(text, newline="")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the lines at which they begin."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(f"{line}: {error}") from error


def _mapped(columns: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    missing = [heading for heading in wanted.values() if heading.strip() not in columns]
    if missing:
        raise InvalidInput(f'1: no column "{missing[0]}"', hint=f"known: {', '.join(columns)}")
    return {field: columns.index(heading.strip()) for field, heading in wanted.items()}


def _recognised(columns: Sequence[str]) -> dict[str, int]:
    known = {_plain(field): field for field in FIELDS}
    places: dict[str, int] = {}
    for at, heading in enumerate(columns):
        field = heading if heading.startswith(OWN) else known.get(_plain(heading))
        if field is not None:
            places.setdefault(field, at)
    return places


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]", "", heading).casefold()


def _entries(
    rows: Callable[[], Iterator[tuple[int, list[str]]]], width: int, places: Mapping[str, int]
) -> Iterator[Entry]:
    found = rows()
    next(found)
    for line, cells in found:
        fault = f"has {len(cells)} cells under {width} headings" if any(cells[width:]) else None
        given = {field: unguarded(cells[at]).strip() for field, at in places.items() if at < len(cells)}
        yield Entry(line, _values({field: cell for field, cell in given.items() if cell}), cells, fault)


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {field: cell for field, cell in given.items() if not field.startswith(OWN)}
    if "addresses" in values:
        values["addresses"] = re.split(r"[\s,;]+", given["addresses"])
    own = {field.removeprefix(OWN): cell for field, cell in given.items() if field.startswith(OWN)}
    return {**values, "fields": own} if own else values


def _of_card(card: vcard.Card) -> Entry:
    email, *addresses = card.emails or ("",)
    values = {"email": email, "name": card.name, "company": card.organization, "phone": "".join(card.phones[:1])}
    fault = (
        None if card.version in vcard.VERSIONS else f"is a vCard {card.version or 'without version'}, not 3.0 or 4.0"
    )
    cells = tuple(values[name] for name in ("email", "name", "phone", "company"))
    given: dict[str, Any] = {name: value for name, value in values.items() if value}
    return Entry(card.line, given | ({"addresses": addresses} if addresses else {}), cells, fault)


def reason(error: HelpdeskError) -> str:
    """Everything that is wrong with an entry, in one line."""
    return "; ".join(f"{p.where}: {p.what}" for p in error.problems) or error.message
