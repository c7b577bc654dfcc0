"""The portal's words in the reader's language: English stands in the code, gettext catalogues have the others.

Templates use `_()`, `ngettext` and `pgettext`, code `t` and `n`. Values are put in as `%(name)s` and escaped where
the page is made. Dates and times follow the words of our mails (`domain/wording.py`).
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from helpdeskctl.domain import wording
from helpdeskctl.domain.presentation import SENTENCES, Shown

LOCALE = Path(__file__).with_name("locale")
_speaking: ContextVar[str] = ContextVar("speaking", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything said inside is said in this language."""
    before = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(before)


def t(text: str, **values: object) -> str:
    """A text in the reader's language, with its values."""
    found = _catalogue(_speaking.get()).gettext(text)
    return found % values if values else found


def n(one: str, many: str, number: int, **values: object) -> str:
    """The same for a number: the form that the language has for it; `%(num)s` is the number."""
    return _catalogue(_speaking.get()).ngettext(one, many, number) % {"num": number, **values}


def later(text: str) -> str:
    """A text that is looked up when it is shown; this marks it for translators."""
    return text


def gettext_of_reader(text: str) -> str:
    """What templates call: the text without its values."""
    return t(text)


def said(text: str, **values: object) -> Markup:
    """`_()` of templates: the text with its values, which are escaped."""
    found = _ours(_speaking.get(), text)
    return found % values if values or "%" in found else found


def ngettext_of_reader(one: str, many: str, number: int) -> str:
    """What templates call: the form without its values."""
    return _catalogue(_speaking.get()).ngettext(one, many, number)


def pgettext_of_reader(context: str, text: str) -> str:
    """What templates call where a word is said of several things: the text in this context."""
    return _catalogue(_speaking.get()).pgettext(context, text)


def day(at: datetime, zone: str) -> str:
    """`3 May 2026`, as the reader's language writes it."""
    return _day(_speaking.get(), at.astimezone(ZoneInfo(zone)).date())


def whole_day(day: date) -> str:
    """The same for a day that is no moment."""
    return _day(_speaking.get(), day)


def clock(at: datetime, zone: str) -> str:
    """`14:05`, as the reader's language writes it."""
    return wording.of(_speaking.get()).time(at.astimezone(ZoneInfo(zone)))


def time_element(at: datetime, words: str) -> Markup:
    """A `<time>` that programs can read, too."""
    return Markup(f'<time datetime="{at.isoformat(timespec="seconds")}">{escape(words)}</time>')  # noqa: S704 - escaped


def size(octets: int) -> str:
    """`740 B`, `12 kB`, `1.8 MB`, `25 MB`: by 1024, as the desk's limits are set."""
    if octets < 1024:
        return t("%(number)s B", number=octets)
    if octets < 1024**2:
        return t("%(number)s kB", number=round(octets / 1024))
    whole, tenths = divmod(round(octets * 10 / 1024**2), 10)
    return t("%(whole)s.%(tenths)s MB", whole=whole, tenths=tenths) if tenths else t("%(number)s MB", number=whole)


def sentence(shown: Shown, zone: str) -> Markup:
    """A ticket's state in plain words; days in it are `<time>` elements."""
    text: str = _in_words(_speaking.get(), shown.sentence, cast(int, shown.values.get("days", 0)))
    for name, value in shown.values.items():
        put = time_element(value, day(value, zone)) if isinstance(value, datetime) else escape(_said(value))
        text = text.replace("{{" + name + "}}", put)
    if not shown.label:
        return Markup(text)  # noqa: S704 - both sides were escaped
    label = shown.label if shown.label.endswith((".", "!", "?", "\u2026")) else f"{shown.label}."
    return Markup("<bdi>{}</bdi> {}").format(label, Markup(text))  # noqa: S704 - as above


def period(length: timedelta) -> str:
    """`4 hours`, as the reader's language writes it."""
    return wording.of(_speaking.get()).period(length)


def wait(until: datetime, zone: str) -> str:
    """What is said to who has tried too often."""
    return t("Too many attempts. Please wait until %(until)s.", until=clock(until, zone))


def _said(value: object) -> object:
    return period(value) if isinstance(value, timedelta) else value


@lru_cache(2000)
def _day(language: str, at: date) -> str:
    return wording.of(language).day(at)


@lru_cache(20_000)
def _ours(language: str, text: str) -> Markup:
    return Markup(_catalogue(language).gettext(text))  # noqa: S704 - ours


@lru_cache(2000)
def _in_words(language: str, sentence: str, days: int) -> str:
    words = SENTENCES[sentence]
    of_one = _catalogue(language)
    return str(escape(of_one.gettext(words) if isinstance(words, str) else of_one.ngettext(*words, days)))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("portal", LOCALE, [language], fallback=True)
