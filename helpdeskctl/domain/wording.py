"""The words of our mails in nine languages, from `texts/LANGUAGE.toml`; each file is read once, when asked for.

A file holds the shipped mails by event, the customers' names of the shipped statuses, and the small phrases round
them: who wrote when, how long a link holds. Departments may write their own mails over the shipped ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.templates import Template, fill
from helpdeskctl.resources import resource_text

DEFAULT_LANGUAGE = "en"
_MOST_HOURS = 72  # longer periods are told in days
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wording:
    """One language. `phrases` are the lines of the file's `words`, by key."""

    mails: Mapping[str, Template]
    statuses: Mapping[str, str]
    phrases: Mapping[str, Any]

    def day(self, day: date) -> str:
        """A date as this language writes it: `3 May 2026`."""
        year = day.year + int(self.phrases.get("year_offset", 0))  # Thai counts from the Buddha's death
        given = {"day": str(day.day), "month": self.phrases["months"][day.month - 1], "year": str(year)}
        return fill(self.phrases["date"], given)

    def time(self, moment: datetime) -> str:
        """The time of day in the zone that `moment` is in: `14:00`."""
        return fill(self.phrases["time"], {"hour": f"{moment:%H}", "minute": f"{moment:%M}"})

    def period(self, period: timedelta) -> str:
        """How long something holds: `10 minutes`, `24 hours`, `7 days`."""
        minutes = max(1, round(period.total_seconds() / 60))
        hours, odd = divmod(minutes, 60)
        if odd:
            return _counted(self.phrases["minutes"], minutes)
        if hours <= _MOST_HOURS or hours % 24:
            return _counted(self.phrases["hours"], hours)
        return _counted(self.phrases["days"], hours // 24)

    def size(self, octets: int) -> str:
        """A size, rounded down to whole megabytes: `25 MB`."""
        return fill(self.phrases["size"], {"n": str(max(1, octets // _MEGABYTE))})

    def quoted(self, author: str, written: datetime) -> str:
        """The line above a quotation, `written` in its reader's zone: `On 3 May 2026 at 14:00, Ada wrote:`."""
        return self._said("quoted", author=author, date=self.day(written), time=self.time(written))

    def for_another(self, author: str, person: str) -> str:
        """Who wrote, where a delegate did (CON-6): `Bob for Alice`."""
        return self._said("for_another", author=author, person=person)

    def forwarded(self, author: str, written: datetime, subject: str) -> list[str]:
        """The lines above a message that is handed on."""
        return [
            f"---------- {self.phrases['forwarded']} ----------",
            self._said("forwarded_from", author=author),
            self._said("forwarded_date", date=self.day(written), time=self.time(written)),
            self._said("forwarded_subject", subject=subject),
        ]

    def _said(self, phrase: str, **values: str) -> str:
        return fill(self.phrases[phrase], values)


def _counted(forms: Sequence[str], number: int) -> str:
    """The form for a number: one, two where a language has a word for that, and all others."""
    form = forms[min(number, len(forms)) - 1]
    return fill(form, {"n": str(number)})


@cache
def of(language: str) -> Wording:
    """The words of a language; English where we have none."""
    if language not in LANGUAGES:
        return of(DEFAULT_LANGUAGE)
    read = tomllib.loads(resource_text(f"texts/{language}.toml"))
    mails = {event: Template(mail["subject"], mail["text"]) for event, mail in read["mail"].items()}
    return Wording(mails, read["status"], read["words"])


def shipped(event: str, language: str = DEFAULT_LANGUAGE) -> Template:
    """The shipped mail for `event`; in English where we have no such language. KeyError for an unknown event."""
    return of(language).mails[event]


def status_names(key: str) -> dict[str, str]:
    """What customers read for a shipped status, by language."""
    return {language: of(language).statuses[key] for language in LANGUAGES}
