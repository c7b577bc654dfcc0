"""The key table: one meaning a key and place, every entry has its action, composer keys leave the text area alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import TextArea

from helpdeskctl.tui import keys
from helpdeskctl.tui.app import DeskApp
from helpdeskctl.tui.screens.base import DeskScreen
from helpdeskctl.tui.screens.composer import Composer
from helpdeskctl.tui.screens.desk import Desk
from helpdeskctl.tui.screens.help import Help
from helpdeskctl.tui.screens.outbox import Outbox
from helpdeskctl.tui.screens.quarantine import Quarantine
from helpdeskctl.tui.screens.search import Search
from helpdeskctl.tui.screens.ticket import Ticket
from tests.tui.driver import NARROW

SCREENS: dict[str, type[DeskScreen]] = {
    screen.PLACE: screen for screen in (Desk, Ticket, Outbox, Quarantine, Composer, Search)
}
NEEDS_ALTGR_IN_GERMAN = set("[]{}\\|@~")
HELP_FRAME = 4  # columns of its border and padding
TAKEN_BY_TERMINALS = {"ctrl+a", "ctrl+b", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+enter", "shift+enter"}


@pytest.mark.parametrize("place", [place for place in keys.PLACES if place != keys.EVERYWHERE])
def test_no_key_has_two_meanings_in_one_place(place: str) -> None:
    here = [key for entry in (*keys.at(place), *keys.at(keys.EVERYWHERE)) for key in entry.keys]
    assert sorted(here) == sorted(set(here))


def test_every_place_that_a_key_names_is_known() -> None:
    assert {place for key in keys.KEYS for place in key.where} == set(keys.PLACES)


@pytest.mark.parametrize("place", SCREENS)
def test_every_key_of_a_place_has_its_action_there(place: str) -> None:
    names = {key.action.partition("(")[0] for key in keys.at(place)}
    assert names
    assert [name for name in names if not hasattr(SCREENS[place], f"action_{name}")] == []


def test_every_key_of_everywhere_is_an_action_of_the_app() -> None:
    names = {key.action for key in keys.at(keys.EVERYWHERE)}
    assert names
    assert [name for name in names if not hasattr(DeskApp, f"action_{name}")] == []


def test_composer_keys_are_none_of_the_text_area() -> None:
    own = {key for binding in TextArea.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]  # TextArea has Bindings only
    ours = {key for entry in keys.at("composer") for key in entry.keys}
    assert ours
    assert ours & own == set()


def test_composer_keys_are_no_letters() -> None:
    assert all(len(key) > 1 for entry in keys.at("composer") for key in entry.keys)


def test_no_key_is_out_of_reach_on_a_german_keyboard_or_taken_by_a_terminal() -> None:
    every = {key for entry in keys.KEYS for key in entry.keys}
    assert every & (NEEDS_ALTGR_IN_GERMAN | TAKEN_BY_TERMINALS) == set()


def test_the_footer_fits_its_first_keys_and_help_into_80_columns() -> None:
    for place in SCREENS:
        named = keys.footer(place)
        assert [word for _, word in named[-2:]] == ["help", "all"]
        assert all(len(word) <= 12 for _, word in named)


def test_the_table_is_read_without_loading_textual() -> None:
    code = "import sys, helpdeskctl.tui.keys; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_page_of_keys_in_the_docs_is_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
    lines = [f"| {row['where']} | {row['key']} | {row['does']} |".replace("`", "") for row in keys.rows()]
    assert [line for line in page.replace("`", "").splitlines() if line.startswith("| ")][1:] == lines


@pytest.mark.parametrize("place", keys.PLACES)
def test_help_says_every_key_in_full_on_eighty_columns(place: str) -> None:
    lines = [line.plain for line in Help(place)._lines([])]
    assert lines
    assert [line for line in lines if len(line) > NARROW[0] - HELP_FRAME] == []
    assert [key.shown for key in keys.at(place) if not any(f"{key.shown} " in line for line in lines)] == []
