"""The lines of a table of requests: `row.html` is rendered once per language, with places for what differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from helpdeskctl.queries.portal_tickets import Line
from portald import texts

_DIFFERS = ("number", "subject", "requester", "state", "last")
_PLACE = re.compile("\0([a-z]+)\0")  # no text that is shown has a NUL


class Rows:
    """Makes the lines; `render` makes text of a template and what it shows, `one_line` of a subject or name."""

    def __init__(self, render: Callable[[str, Mapping[str, Any]], str], one_line: Callable[[str], str]) -> None:
        self.one_line = one_line
        self.render = render
        self._form = lru_cache(64)(self._made)

    def of(self, lines: Iterable[Line], language: str, zone: str) -> Markup:
        """The lines as rows of a table, what differs in them escaped; days are those of the reader's zone."""
        return Markup("".join([self._row(line, language, zone) for line in lines]))  # noqa: S704  # rows of ours

    def _row(self, line: Line, language: str, zone: str) -> str:
        form = self._form(language, line.mine, line.shown.your_turn)
        last = texts.time_element(line.last_at, texts.day(line.last_at, zone))
        subject, requester = self.one_line(line.subject), self.one_line(line.requester)
        return form.format(line.number, escape(subject), escape(requester), texts.sentence(line.shown, zone), last)

    def _made(self, language: str, mine: bool, turn: bool) -> str:
        places = {name: f"\0{name}\0" for name in _DIFFERS}
        with texts.speaking(language):
            text = self.render("row.html", {"mine": mine, "turn": turn, **places})
        pieces = _PLACE.split(text.replace("{", "{{").replace("}", "}}"))
        pieces[1::2] = [f"{{{_DIFFERS.index(name)}}}" for name in pieces[1::2]]
        return "".join(pieces)
