"""The forms of a result: what programs are promised, and what people see."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from helpdeskctl.cli import output
from helpdeskctl.domain.text import printable

HOSTILE = "\x1b]52;c;eA==\x07 \x1b[2J \x9b31m \x7f \u202egnp.exe \u2028"


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Thing:
    key: str
    at: datetime
    lasts: timedelta
    colour: Colour | None = None
    tags: tuple[str, ...] = ()


BERLIN = timezone(timedelta(hours=2))
THING = Thing("a", datetime(2026, 5, 4, 12, 0, 1, 999, tzinfo=BERLIN), timedelta(minutes=90), Colour.RED, ("x", "y"))


def harmless(text: str) -> bool:
    return not any(
        (ord(sign) < 0x20 and sign not in "\n\t") or 0x7F <= ord(sign) <= 0x9F or sign in "\u202e\u2028"
        for sign in text
    )


def read_csv(lines: list[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(f"{line}\n" for line in lines), newline="")))


def test_json_has_utc_times_with_z_seconds_and_lists() -> None:
    assert output.plain(THING) == {
        "key": "a",
        "at": "2026-05-04T10:00:01Z",
        "lasts": 5400,
        "colour": "red",
        "tags": ["x", "y"],
    }
    assert output.plain({"day": date(2026, 5, 4), "none": None, "set": frozenset({"b", "a"}), "yes": True}) == {
        "day": "2026-05-04",
        "none": None,
        "set": ["a", "b"],
        "yes": True,
    }


def test_json_keeps_every_character_and_none_acts_on_a_terminal() -> None:
    said = output.json_text({"subject": HOSTILE, "umlaut": "Müller"})
    assert harmless(said)
    assert "Müller" in said
    assert json.loads(said) == {"subject": HOSTILE, "umlaut": "Müller"}


def test_a_json_list_is_one_document_whatever_its_length() -> None:
    for rows in ([], [{"a": 1}], [{"a": 1}, {"a": 2}]):
        assert json.loads("\n".join(output.json_lines(rows))) == rows


def test_csv_is_rfc_4180() -> None:
    lines = list(output.csv_lines([{"a": 'say "hi"', "b": "two\nlines", "c": None, "d": True, "e": 1.5, "f": ["x"]}]))
    assert all(line.endswith("\r") for line in lines)
    assert read_csv(lines) == [["a", "b", "c", "d", "e", "f"], ['say "hi"', "two\nlines", "", "true", "1.5", '["x"]']]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        *((cell, f"'{printable(cell)}") for cell in ("=1+1", "+49 30", "-x", "@SUM(A1)", "\r=1")),
        ("\t=1", "'\t'=1"),  # a cell of its own where tabs cut the line
    ],
)
def test_csv_cells_do_not_run_in_a_spreadsheet(cell: str, shown: str) -> None:
    assert read_csv(list(output.csv_lines([{"a": cell}], header=False))) == [[shown]]
    assert read_csv(list(output.csv_lines([{"a": cell}], header=False, raw=True))) == [[cell]]


def test_numbers_in_csv_stay_numbers() -> None:
    assert list(output.csv_lines([{"a": -5}], header=False)) == ["-5\r"]


def test_an_identity_is_what_another_command_takes() -> None:
    assert output.identity({"id": 3, "key": "support"}) == "support"
    assert output.identity({"id": 7, "number": 1001, "key": "x"}) == "1001"
    assert output.identity({"address": "a@b", "id": 1}) == "a@b"
    assert output.identity({"version": "0.1"}) == "0.1"
    assert output.identity({}) == ""


def test_a_table_is_aligned_and_harmless() -> None:
    rows: list[output.Row] = [{"key": "a", "long_name": HOSTILE}, {"key": "longer", "long_name": None}]
    lines = list(output.table_lines(rows))
    assert lines[0] == "KEY     LONG NAME"
    assert lines[2] == "longer  -"
    assert harmless("\n".join(lines))
    assert all("\n" not in line for line in lines)
    assert list(output.table_lines(rows, header=False)) == lines[1:]
    assert list(output.table_lines([])) == []


def test_a_cell_says_things_as_people_do() -> None:
    assert [output.cell(value) for value in (None, "", True, False, [], ["a", 1], {"k": None})] == [
        "-", "-", "yes", "no", "-", "a, 1", "k=-",
    ]  # fmt: skip
    assert output.cell(datetime(2026, 5, 4, 10, 0, tzinfo=UTC)) == "2026-05-04 10:00"
    assert output.cell(timedelta(minutes=90)) == "1h 30m"
    assert output.cell("two\nlines\tand a tab") == "two lines and a tab"


def test_a_terminals_table_shows_markup_as_text_and_is_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    output.terminal_table([{"subject": f"[red]x[/] [/foo] {HOSTILE}"}], color=False)
    said = capsys.readouterr().out
    assert "[red]x[/] [/foo]" in said
    assert harmless(said)


def test_details_keep_the_lines_of_a_text() -> None:
    assert list(output.detail_lines({"name": "a", "long_text": "one\ntwo\x1b", "none": None})) == [
        "name       a",
        "long text  one",
        "           two␛",
        "none       -",
    ]
