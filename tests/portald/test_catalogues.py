"""The portal's catalogues say everything that its pages say, in every language, with the words of our mails."""

from __future__ import annotations

import gettext
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from helpdeskctl.domain import wording
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.presentation import SENTENCES
from portald import texts

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in LANGUAGES if language != "en"]


def po_file(language: str) -> Path:
    return texts.LOCALE / language / "LC_MESSAGES" / "portal.po"


def catalogue(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def messages(found: Catalog) -> dict[tuple[str, str | None], Message]:
    """The messages of a catalogue by their English and context, without its head."""
    return {(_forms(each.id)[0], each.context): each for each in found if each.id}


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\{\w+\}\}", text))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make messages` would extract."""
    keywords = re.findall(r"-k \S+", (ROOT / "Makefile").read_text())
    made = tmp_path_factory.mktemp("messages") / "portal.pot"
    words = " ".join(keywords).split()
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", *words, "-o", made]
    done = subprocess.run([*command, "."], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "arning" not in done.stderr
    with made.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_there_once_filled_in_and_sure(language: str, template: Catalog) -> None:
    found = catalogue(language)
    wanted, have = messages(template), messages(found)
    assert set(wanted) == set(have), "run: make messages, then translate what is new"
    assert not found.obsolete
    for key, message in have.items():
        assert _forms(message.id) == _forms(wanted[key].id)
        assert not message.fuzzy, message.id
        assert all(form.strip() for form in _forms(message.string)), message.id
        assert len(_forms(message.string)) == (found.num_plurals if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_values_stand_in_every_translation(language: str) -> None:
    for message in messages(catalogue(language)).values():
        *few, last = _forms(message.string)
        every = placeholders(_forms(message.id)[-1])
        assert placeholders(last) == every, message.id
        for form in few:  # "one day" need not say the number
            assert every - {"%(num)s", "{{days}}"} <= placeholders(form) <= every, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_the_head_is_filled_in(language: str) -> None:
    text = po_file(language).read_text()
    for blank in ("FIRST AUTHOR", "FULL NAME", "EMAIL@ADDRESS", "YEAR-MO-DA", "PROJECT", "fuzzy"):
        assert blank not in text
    assert catalogue(language).locale_identifier == language


@pytest.mark.parametrize("language", OTHERS)
def test_what_was_installed_is_what_is_written(language: str) -> None:
    written = io.BytesIO()
    write_mo(written, catalogue(language))
    written.seek(0)
    compiled = po_file(language).with_suffix(".mo")
    assert compiled.exists(), f"{language}: the portal has no catalogue to speak from; run: make venv"
    with compiled.open("rb") as installed:
        same = (
            vars(gettext.GNUTranslations(installed))["_catalog"] == vars(gettext.GNUTranslations(written))["_catalog"]
        )
    assert same, f"{language}: the portal speaks from an old catalogue; run: make venv"


@pytest.mark.parametrize("language", OTHERS)
def test_a_form_belongs_to_the_numbers_that_the_language_counts_alike(language: str) -> None:
    rule = Locale(language).plural_form
    form_of = vars(gettext.translation("portal", texts.LOCALE, [language]))["plural"]
    pairs = {(rule(number), form_of(number)) for number in range(200)}
    assert len(pairs) == len({kind for kind, _ in pairs}) == catalogue(language).num_plurals


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_mails_use_the_same_words(language: str) -> None:
    words = wording.of(language)
    with texts.speaking(language):
        assert texts.t("Received") == words.statuses["new"]
        assert texts.t("In progress") == words.statuses["open"]
        assert texts.t("Solved") == words.statuses["closed"]
        answered, solved = SENTENCES["answered"], SENTENCES["solved"]
        assert isinstance(answered, str) and texts.t(answered).startswith(words.statuses["answered"])
        assert isinstance(solved, str) and texts.t(solved).startswith(words.statuses["closed"])
        assert texts.n(*_forms(SENTENCES["solved_for_days"]), 5).startswith(words.statuses["closed"])
        assert texts.t("We have your request") == words.mails["received_first"].subject
        assert texts.size(25 * 1024**2) == words.size(25 * 1024**2)


def test_hebrew_has_a_word_for_two_days_and_thai_one_form_for_all() -> None:
    forms = _forms(SENTENCES["solved_for_days"])
    with texts.speaking("he"):
        said = [texts.n(*forms, days) for days in (1, 2, 3)]
    assert len(set(said)) == 3 and ["{{days}}" in each for each in said] == [False, False, True]
    with texts.speaking("th"):
        assert texts.n(*forms, 1) == texts.n(*forms, 7)
