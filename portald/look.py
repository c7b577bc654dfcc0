"""The desk's own look: read once a process and change, its colours and style sheet as one, all of it for a reader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from helpdeskctl.desk import Desk
from helpdeskctl.domain import contrast
from helpdeskctl.domain.defaults import DEFAULTS
from helpdeskctl.queries import look
from helpdeskctl.queries.look import Look, Picture
from portald.markdown import own_words


@dataclass(slots=True)
class Looks:
    """The look as it was last read, with its mark. Threads may read it twice; each leaves a whole one behind."""

    present: Look = field(default_factory=Look)
    mark: str | None = None

    def mind(self, desk: Desk, mark: str | None) -> None:
        """Read it anew where its mark has changed: the rows are at least as new as the mark."""
        if mark != self.mark:
            self.present = look.read(desk)
            self.mark = mark


@dataclass(frozen=True, slots=True)
class OwnLook:
    """The look as one reader meets it. `settings` are those of the request."""

    look: Look
    settings: Mapping[str, Any]
    language: str
    signed_in: bool

    @property
    def pictures(self) -> Mapping[str, Picture]:
        """The desk's pictures by their names."""
        return self.look.pictures

    @property
    def theme(self) -> Theme:
        """The desk's own colours and style sheet, over the shipped ones."""
        known = (self.settings[key] for key in ("accent", "accent_as_it_is", "corner_radius"))
        return theme(*known, self.look.style)

    @property
    def pages(self) -> Sequence[tuple[str, str]]:
        """Name and address of the desk's own pages in the navigation."""
        usual = self.settings["default_language"]
        found = self.look.navigation(self.language, usual, signed_in=self.signed_in)
        return [(name, url or f"/p/{quote(key)}") for key, name, url in found]

    def words(self, key: str) -> Markup:
        """What the desk says of its own in a place (`domain.pages.TEXTS`), empty where it says nothing."""
        found = self.look.text(key, self.language, self.settings["default_language"])
        return own_words(found[1], found[0]) if found else Markup("")


class Theme(NamedTuple):
    """A style sheet over the shipped one, and what its address changes with; both "" where there is none."""

    css: str
    mark: str


@lru_cache(maxsize=8)
def theme(accent: str | None, as_it_is: bool, radius: int, style: str) -> Theme:
    """The tokens that differ from the shipped ones, then the desk's own `style` sheet."""
    css = ""
    if radius != DEFAULTS["corner_radius"].default:
        css += f":root{{--radius:{radius}px}}\n"
    if accent is not None:
        day, night = contrast.shades(accent, as_it_is=as_it_is)
        css += f":root{{{_tokens(day)}}}\n@media(prefers-color-scheme:dark){{:root{{{_tokens(night)}}}}}\n"
    css += style
    return Theme(css, hashlib.sha256(css.encode()).hexdigest()[:12] if css else "")


def _tokens(shades: contrast.Shades) -> str:
    return f"--accent:{shades.text};--area:{shades.area};--on-accent:{shades.on_area}"
