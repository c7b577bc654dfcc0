"""Tables that spreadsheets read: no cell runs as a formula, by whatever separator the reader's country cuts lines."""

from __future__ import annotations

import csv
import io

import pytest

from helpdeskctl.domain import spreadsheets

STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_begins_as_a_formula_whatever_cuts_the_line(separator: str, start: str) -> None:
    for text in (
        f"{start}1+1",
        f"x{separator}{start}1+1{separator}y",
        f'x{separator}"{start}1+1"',
        f"{separator}{start}1",
    ):
        line = spreadsheets.line(["1001", spreadsheets.guarded(text), "open"])
        (cells,) = csv.reader(io.StringIO(line), delimiter=separator)
        assert not [cell for cell in cells if cell.startswith(STARTS)], (text, line)
        (whole,) = csv.reader(io.StringIO(line))
        assert spreadsheets.unguarded(whole[1]) == text


def test_plain_texts_stay_as_they_are() -> None:
    for text in ("Printer; paper jam", "a|b", "3 - 2", "one, two; three", "it's"):
        assert spreadsheets.guarded(text) == text
