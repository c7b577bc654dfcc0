"""The portal's words, in one place to be translated: English stands in the code, `t` finds the reader's language.

Templates use `_()` and `{% trans %}`. Values are put in as `%(name)s` and escaped where the page is made.
"""

from __future__ import annotations

import gettext
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from helpdeskctl.domain.presentation import SENTENCES, Shown

TRANSLATIONS = gettext.NullTranslations()
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def t(text: str, **values: object) -> str:
    """A text in the reader's language, with its values."""
    return TRANSLATIONS.gettext(text) % values if values else TRANSLATIONS.gettext(text)


def later(text: str) -> str:
    """A text that is looked up when it is shown; this marks it for translators."""
    return text


def day(at: datetime, zone: str, *, now: datetime) -> str:
    """`3 May`, with the year when it is another one."""
    local = at.astimezone(ZoneInfo(zone))
    year = "" if local.year == now.astimezone(ZoneInfo(zone)).year else f" {local.year}"
    return f"{local.day} {t(_MONTHS[local.month - 1])}{year}"


def clock(at: datetime, zone: str) -> str:
    """`14:05`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def time_element(at: datetime, words: str) -> Markup:
    """A `<time>` that programs can read, too."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), words)


def size(octets: int) -> str:
    """`740 B`, `12 kB`, `1.8 MB`, `25 MB`: by 1024, as the desk's limits are set."""
    if octets < 1024:
        return f"{octets} B"
    if octets < 1024**2:
        return f"{round(octets / 1024)} kB"
    return f"{octets / 1024**2:.1f} MB".replace(".0 ", " ")


def sentence(shown: Shown, zone: str, *, now: datetime) -> Markup:
    """A ticket's state in plain words; days in it are `<time>` elements."""
    text = escape(t(SENTENCES[shown.sentence]))
    for name, value in shown.values.items():
        words = time_element(value, day(value, zone, now=now)) if isinstance(value, datetime) else escape(value)
        text = Markup(text.replace("{{" + name + "}}", words))  # noqa: S704 - both sides are escaped
    return text
