"""Templates into pages: Jinja with escaping on and nothing undefined; and the files beside them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from helpdeskctl.domain.languages import LANGUAGES, direction
from helpdeskctl.domain.presentation import Shown
from helpdeskctl.queries.portal_tickets import Line
from portald import texts
from portald.rows import Rows
from portald.surroundings import Surroundings

if TYPE_CHECKING:
    from portald.visit import Visit

_HERE = Path(__file__).parent
_SCRIPT = "text/javascript; charset=UTF-8"
_STATIC = {
    "portal.css": "text/css; charset=UTF-8",
    "icon.svg": "image/svg+xml",
    "portal.js": _SCRIPT,
    "embed.js": _SCRIPT,
}
_LINK = re.compile(r"(https?://[^\s<>\"'\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,1000})")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Pages:
    """The views and static files of the portal, read once."""

    def __init__(self) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(_HERE / "views"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            auto_reload=False,  # an upgrade under a running portal must not mix old code with new views
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]  # comes with the extension
            texts.gettext_of_reader, texts.ngettext_of_reader, newstyle=True, pgettext=texts.pgettext_of_reader
        )
        self.environment.globals["_"] = texts.said  # the extension's own asks thrice as much of every page
        self.environment.filters |= {"linked": linked, "line": one_line}
        self.environment.filters |= {"size": texts.size, "whole_day": texts.whole_day}
        self.statics: Mapping[str, tuple[str, bytes]] = {
            name: (kind, (_HERE / "static" / name).read_bytes()) for name, kind in _STATIC.items()
        }
        self.urls = {name: f"/static/{_mark(data)}/{name}" for name, (_, data) in self.statics.items()}
        self.environment.globals |= {"static": self.urls, "languages": LANGUAGES, "direction": direction}
        self.rows = Rows(self._text, one_line)
        self.environment.globals["surroundings"] = Surroundings(self._text).of

    def render(self, template: str, *, visit: Visit, **values: Any) -> str:
        """A page as text. `day`, `clock` and `state` speak of times in the reader's zone."""

        def day(at: datetime) -> Markup:
            return texts.time_element(at, texts.day(at, visit.zone))

        def moment(at: datetime) -> Markup:
            words = f"{texts.day(at, visit.zone)} {texts.clock(at, visit.zone)}"
            return texts.time_element(at, words)

        def state(shown: Shown) -> Markup:
            return texts.sentence(shown, visit.zone)

        def rows(lines: Iterable[Line]) -> Markup:
            return self.rows.of(lines, visit.language, visit.zone)

        page = self.environment.get_template(template)
        return page.render(visit=visit, day=day, moment=moment, state=state, rows=rows, **values)

    def _text(self, template: str, values: Mapping[str, Any]) -> str:
        return self.environment.get_template(template).render(values)

    @staticmethod
    def size(octets: int) -> str:
        """A size for people."""
        return texts.size(octets)


def linked(text: str) -> Markup:
    """Text of a message: escaped, web addresses as links, what could reorder it taken out."""
    pieces = _LINK.split(_UNSEEN.sub("", text))
    return Markup("").join(_link(piece) if n % 2 else escape(piece) for n, piece in enumerate(pieces))


def one_line(text: str) -> str:
    """A subject, name or file name: without controls, those of writing direction included."""
    return _UNSEEN.sub("", text).replace("\n", " ")


def _link(address: str) -> Markup:
    bare = address.rstrip(".,;:!?)]}")
    link = Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(bare)
    return link + escape(address[len(bare) :])


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
