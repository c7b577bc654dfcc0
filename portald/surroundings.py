"""What stands round the main part of every page: made once for all readers of whom a page shows the same there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from helpdeskctl.queries.look import Picture
from portald import texts

if TYPE_CHECKING:
    from portald.visit import Visit

_TOKEN, _CUT = "\0token\0", "\0cut\0"  # no text that is shown has a NUL
_KEPT = 256


class Seen(NamedTuple):
    """All that is shown there, but the token of the reader's buttons. The template `surroundings.html` sees no more
    than this, so that what is kept of one reader's page cannot hold anything of another's.

    `company`: the reader reads a company's requests; `ways`: each language with a guest's way to the page in it.
    """

    language: str
    name: str
    theme: str
    pictures: tuple[Picture | None, Picture | None]
    pages: tuple[tuple[str, str], ...]
    notice: Markup
    footer: Markup
    framed: bool
    secure: bool
    signed_in: bool
    company: bool
    acting_for: str | None
    ways: tuple[tuple[str, str], ...]
    imprint: str | None
    privacy: str | None
    new_tab: Markup


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a page before its title, between title and main part, and behind that."""

    start: Markup
    top: Markup
    end: Markup


class Surroundings:
    """Makes the surroundings of pages; `render` makes text of a template and what it shows."""

    def __init__(self, render: Callable[[str, Mapping[str, Any]], str]) -> None:
        self.render = render
        self._pieces = lru_cache(_KEPT)(self._made)

    def of(self, visit: Visit) -> Pieces:
        """What stands round the page of this visit."""
        pieces = self._pieces(_seen(visit))
        token = visit.button() if visit.visitor else ""
        return Pieces(*(Markup(piece.replace(_TOKEN, token)) for piece in pieces))  # noqa: S704  # rendered

    def _made(self, seen: Seen) -> tuple[str, ...]:
        with texts.speaking(seen.language):
            return tuple(self.render("surroundings.html", {"seen": seen, "token": _TOKEN, "cut": _CUT}).split(_CUT))


def _seen(visit: Visit) -> Seen:
    """What stands round the page of this visit, as a value."""
    own, known, visitor = visit.own, visit.settings, visit.visitor
    person = visitor.actor if visitor else None
    acting_for = person.acting_for if person else None
    return Seen(
        visit.language,
        known["name"],
        own.theme.mark,
        (own.pictures.get("logo"), own.pictures.get("logo-dark")),
        tuple(own.pages),
        own.words("notice"),
        own.words("footer"),
        visit.framed,
        visit.secure,
        person is not None,
        person is not None and person.person.company_id is not None,
        acting_for.name if acting_for else None,
        tuple((each, "" if person else visit.in_language(each)) for each in known["languages"]),
        known["imprint_url"],
        known["privacy_url"],
        visit.new_tab,
    )
