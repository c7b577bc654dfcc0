"""The texts of automatic mail: as shipped, and the desk's own over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain import templates as words
from helpdeskctl.domain import wording
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.setting_types import LANGUAGE
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import settings, setup
from helpdeskctl.queries.setup_places import keys
from helpdeskctl.store.tables import Department, Template


@dataclass(frozen=True, slots=True)
class Text:
    """One template. `origin` is shipped or own; `department` None: for all; `sent_for`: what it tells."""

    key: str
    event: str
    language: str
    department: str | None
    origin: str
    subject: str
    body: str
    html: str | None
    sent_for: str


@dataclass(frozen=True, slots=True)
class Place:
    """Which template: event, language, department (id and key, None for all)."""

    event: str
    language: str
    department_id: int | None
    department: str | None

    @property
    def key(self) -> str:
        """`received/de/support`."""
        return "/".join(filter(None, (self.event, self.language, self.department)))


def place(desk: Desk, event: str, language: str | None, department: str | None) -> Place:
    """Where a template stands. NotFound for an unknown event or department, InvalidInput for a language."""
    if event not in words.EVENTS:
        raise NotFound(f'no template "{event}"', hint=f"known: {', '.join(words.EVENTS)}", subject=f"template/{event}")
    code = LANGUAGE.read(language) if language else settings.get(desk, "default_language")
    number = setup.known(desk, "department", department) if department else None
    return Place(event, code, number, setup.key_of(desk, "department", number) if number else None)


def one(desk: Desk, where: Place) -> Text:
    """The template in force there: the department's own, the desk's own, else the shipped one."""
    row = row_at(where) or (row_at(replace(where, department_id=None)) if where.department_id else None)
    return _shipped(where) if row is None else _own(where, row)


def _own(where: Place, row: Template) -> Text:
    return _text(where, "own", words.Template(row.subject, row.body, row.html))


def _shipped(where: Place) -> Text:
    return _text(where, "shipped", wording.shipped(where.event, where.language))


def _text(where: Place, origin: str, text: words.Template) -> Text:
    said = words.SENTENCES[where.event]
    names = (where.key, where.event, where.language, where.department)
    return Text(*names, origin, text.subject, text.text, text.html, said)


def row_at(where: Place) -> Template | None:
    """The desk's own text for exactly that place."""
    department = Template.department_id
    at = department.is_null() if where.department_id is None else department == where.department_id
    row: Template | None = Template.get_or_none(Template.event == where.event, Template.language == where.language, at)
    return row


def list_of(desk: Desk, *, language: str | None = None, everything: bool = False) -> Iterator[Text]:
    """The desk's own templates, and the shipped ones that nothing stands over, by event.

    Shipped ones in `language`, else in the desk's; in all with `everything`. InvalidInput for no language of ours.
    """
    own = list(Template.select().order_by(Template.event, Template.language, Template.department_id))
    departments = keys(Department, "key", [row.department_id for row in own])
    everywhere = {(row.event, row.language) for row in own if row.department_id is None}
    chosen = LANGUAGE.read(language) if language else settings.get(desk, "default_language")
    for event in words.EVENTS:
        for code in LANGUAGES if everything else (chosen,):
            if (event, code) not in everywhere:
                yield _shipped(Place(event, code, None, None))
        for row in own:
            if row.event == event and (language is None or row.language == chosen):
                yield _own(Place(event, row.language, row.department_id, departments.get(row.department_id)), row)
