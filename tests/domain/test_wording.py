"""The shipped texts: complete in every language, with the same placeholders, well-formed however they are filled."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from helpdeskctl.domain import templates, wording
from helpdeskctl.domain.languages import LANGUAGES, RIGHT_TO_LEFT
from helpdeskctl.domain.lifecycle import STATUSES
from helpdeskctl.domain.templates import EVENTS, REQUIRED, Template, check_event
from helpdeskctl.mail import quotes

_MARK = re.compile(r"\{\{(.*?)\}\}")
_OPTIONAL = {"contact.name", "company.name", "agent.name", "portal.url", "ticket.url"}
_OTHERS = [language for language in LANGUAGES if language != "en"]
_AT = datetime(2026, 5, 3, 14, 0, tzinfo=UTC)


def marks(text: str) -> list[str]:
    return _MARK.findall(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_is_shipped_in_every_language_without_a_fault(language: str) -> None:
    assert list(wording.of(language).mails) == list(wording.of("en").mails)
    assert set(wording.of(language).mails) == set(EVENTS)
    for event, mail in wording.of(language).mails.items():
        assert check_event(event, mail) == [], event


@pytest.mark.parametrize("language", _OTHERS)
def test_every_language_has_the_placeholders_of_the_english_text(language: str) -> None:
    for event in EVENTS:
        mine, english = wording.shipped(event, language), wording.shipped(event)
        assert sorted(marks(mine.text)) == sorted(marks(english.text)), event
        assert sorted(marks(mine.subject)) == sorted(marks(english.subject)), event


@pytest.mark.parametrize("language", _OTHERS)
def test_no_text_was_left_in_english(language: str) -> None:
    same = [event for event in EVENTS if wording.shipped(event, language).text == wording.shipped(event).text]
    assert same == []
    others = [event for event in EVENTS if "{{ticket.subject}}" not in wording.shipped(event).subject]
    left = [event for event in others if wording.shipped(event, language).subject == wording.shipped(event).subject]
    assert left == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_that_may_be_left_out_stands_alone(language: str) -> None:
    for event in EVENTS:
        lines = ["", *wording.shipped(event, language).text.split("\n")]
        for before, line, after in zip(lines, lines[1:], [*lines[2:], ""], strict=False):
            if (_OPTIONAL - set(REQUIRED.get(event, ())) - {"agent.name"}) & set(marks(line)):
                assert (before, after) == ("", ""), f"{event}: {line}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS)
def test_a_mail_reads_well_with_and_without_what_may_be_missing(language: str, event: str) -> None:
    values: dict[str, str | None] = dict.fromkeys(templates.names(event), "x")
    mail = wording.shipped(event, language)
    assert "{{" not in templates.fill(mail.text, values) + templates.fill_subject(mail.subject, values)
    filled = templates.fill(
        mail.text, values | dict.fromkeys(_OPTIONAL - set(REQUIRED.get(event, ())) - {"agent.name"})
    )
    assert filled == filled.strip("\n") + "\n"
    assert len(filled.split("\n\n")) >= (1 if event == "reply" else 2)
    assert "\n\n\n" not in filled


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_every_paragraph_of_a_text_from_right_to_left_begins_so(language: str) -> None:
    for event in EVENTS:
        for paragraph in wording.shipped(event, language).text.split("\n\n"):
            first = re.search(r"[^\W\d_]", _MARK.sub("", paragraph))
            assert first is None or (first[0] >= "\u0590"), f"{event}: {paragraph}"
            begins = paragraph.lstrip().startswith("{{")
            assert not begins or paragraph.strip() == "{{message.text}}", f"{event}: {paragraph}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_phrases_of_every_language_are_complete(language: str) -> None:
    words = wording.of(language).phrases
    english = wording.of("en").phrases
    assert set(words) - {"year_offset"} == set(english)
    assert len(words["months"]) == len(set(words["months"])) == 12
    for name, phrase in english.items():
        if isinstance(phrase, str):
            assert sorted(marks(words[name])) == sorted(marks(phrase)), name
    assert [status.key for status in STATUSES] == list(wording.of(language).statuses)


def test_only_the_question_says_that_it_is_the_customers_turn() -> None:
    for language in LANGUAGES:
        named = wording.of(language).statuses
        assert [key for key, name in named.items() if name == named["question"]] == ["question"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "On 3 May 2026 at 14:00, Ada wrote:"),
        ("fr", "Le 3 mai 2026 à 14:00, Ada a écrit :"),
        ("de", "Am 3. Mai 2026 um 14:00 schrieb Ada:"),
        ("da", "Den 3. maj 2026 kl. 14.00 skrev Ada:"),
        ("nl", "Op 3 mei 2026 om 14:00 schreef Ada:"),
        ("he", "בתאריך 3 במאי 2026 בשעה 14:00, Ada כתב/ה:"),
        ("pt", "Em 3 de maio de 2026 às 14:00, Ada escreveu:"),
        ("es", "El 3 de mayo de 2026 a las 14:00, Ada escribió:"),
        ("th", "เมื่อวันที่ 3 พฤษภาคม 2569 เวลา 14:00 น. Ada เขียนว่า:"),
    ],
)
def test_who_wrote_when_is_told_as_each_language_writes_it_and_folded_when_it_comes_back(
    language: str, line: str
) -> None:
    assert wording.of(language).quoted("Ada", _AT) == line
    answered = f"Thanks!\n\n{line}\n> Is it plugged in?\n"
    folded = {n for fold in quotes.folds(answered) for n in range(fold.first_line, fold.last_line + 1)}
    assert {2, 3} <= folded


@pytest.mark.parametrize(
    ("language", "minutes", "said"),
    [
        ("en", 1, "1 minute"), ("en", 10, "10 minutes"), ("en", 60, "1 hour"), ("en", 1440, "24 hours"),
        ("en", 4320, "72 hours"), ("en", 10080, "7 days"), ("en", 90, "90 minutes"), ("de", 10080, "7 Tage"),
        ("fr", 1440, "24 heures"), ("da", 60, "1 time"), ("nl", 1440, "24 uur"), ("pt", 30, "30 minutos"),
        ("es", 4320, "72 horas"), ("he", 60, "שעה אחת"), ("he", 120, "שעתיים"), ("he", 1440, "24 שעות"),
        ("he", 10, "10 דקות"), ("th", 60, "1 ชั่วโมง"), ("th", 10, "10 นาที"), ("xx", 10, "10 minutes"),
    ],
)  # fmt: skip
def test_how_long_something_holds_is_told_in_words(language: str, minutes: int, said: str) -> None:
    assert wording.of(language).period(timedelta(minutes=minutes)) == said


def test_days_and_sizes() -> None:
    told = [wording.of(language).day(date(2026, 12, 31)) for language in ("de", "he", "th")]
    assert told == ["31. Dezember 2026", "31 בדצמבר 2026", "31 ธันวาคม 2569"]
    assert [wording.of(each).size(25 * 1024**2) for each in ("en", "fr")] == ["25 MB", "25 Mo"]
    for before, after in pairwise(range(1, 13)):
        assert wording.of("fr").day(date(2026, before, 1)) != wording.of("fr").day(date(2026, after, 1))


def test_an_unknown_language_gets_english() -> None:
    assert wording.shipped("reply", "xx") == wording.shipped("reply", "en") == wording.shipped("reply")
    assert isinstance(wording.shipped("reply"), Template)
