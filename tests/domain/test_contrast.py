"""Contrast as WCAG counts it, and what becomes of an accent colour that is too weak."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpdeskctl.domain.contrast import DARK, LEAST, LIGHT, colour, fit, least_ratio, ratio, shades, verdict
from helpdeskctl.errors import InvalidInput

SHEET = Path(__file__).parents[2] / "portald" / "static" / "portal.css"


@pytest.mark.parametrize(
    ("text", "ground", "wanted"),
    [
        ("#1b1f24", "#ffffff", 16.6), ("#e6e9ed", "#15181c", 14.6), ("#57606a", "#ffffff", 6.4),
        ("#57606a", "#f3f5f7", 5.8), ("#a5adb8", "#15181c", 7.9), ("#a5adb8", "#1f242a", 6.9),
        ("#0b5cad", "#ffffff", 6.7), ("#0b5cad", "#f3f5f7", 6.1), ("#7ab8ff", "#15181c", 8.6),
        ("#ffffff", "#0b5cad", 6.7), ("#0b1420", "#7ab8ff", 8.9), ("#b3261e", "#ffffff", 6.5),
        ("#1a6b3c", "#ffffff", 6.5), ("#8a4b00", "#ffffff", 6.8), ("#ff9d94", "#15181c", 8.9),
        ("#7ed6a0", "#15181c", 10.2), ("#ffc46b", "#15181c", 11.3), ("#7a828c", "#ffffff", 3.9),
        ("#6e7883", "#15181c", 4.0), ("#000000", "#ffffff", 21.0), ("#777777", "#777777", 1.0),
    ],
)  # fmt: skip
def test_contrast_is_that_of_the_table_of_tokens(text: str, ground: str, wanted: float) -> None:
    assert round(ratio(text, ground), 1) == wanted
    assert ratio(text, ground) == ratio(ground, text)


def test_a_weak_accent_is_answered_with_figures_and_what_is_used_instead() -> None:
    assert verdict("#ffcc00") == (
        "1.5:1 on white is too low for links; using #7a6200 (5.9:1) for text and #ffcc00 for areas (--force to keep)"
    )
    assert verdict("#8f7200") == (
        "4.2:1 on grey is too low for links; using #745c00 (6.4:1) for text and #8f7200 for areas (--force to keep)"
    )
    assert verdict("#0b5cad") is None


@pytest.mark.parametrize("accent", ["#ffcc00", "#ffffff", "#000000", "#777777", "#ff0000", "#00ff00", "#0000ff"])
def test_whatever_the_accent_text_in_it_can_be_read_by_day_and_by_night(accent: str) -> None:
    day, night = shades(accent)
    assert least_ratio(day.text, LIGHT) >= LEAST
    assert least_ratio(night.text, DARK) >= LEAST
    assert ratio(day.on_area, day.area) >= LEAST and ratio(night.on_area, night.area) >= LEAST
    assert day.area == night.area == accent


def test_a_good_accent_stays_as_it_is_and_a_forced_one_too() -> None:
    assert fit("#0b5cad", LIGHT) == "#0b5cad"
    assert shades("#ffcc00", as_it_is=True)[0].text == "#ffcc00"


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    sheet = SHEET.read_text()
    pages = [colour(found) for found in re.findall(r"--page: (#[0-9a-f]+)", sheet)]
    panels = [colour(found) for found in re.findall(r"--panel: (#[0-9a-f]+)", sheet)]
    assert [tuple(pair) for pair in zip(pages, panels, strict=True)] == [LIGHT, DARK]


def test_colours_are_read_short_and_long_and_nothing_else() -> None:
    assert (colour("#FC0"), colour(" #Ffcc00 ")) == ("#ffcc00", "#ffcc00")
    for wrong in ("red", "#ffcc0", "#ffcc00;}", "ffcc00", ""):
        with pytest.raises(InvalidInput):
            colour(wrong)
