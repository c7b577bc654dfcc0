"""The desk's own look: read once a process and change, and the colours as a style sheet of custom properties."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from helpdeskctl.desk import Desk
from helpdeskctl.domain import contrast
from helpdeskctl.domain.defaults import DEFAULTS
from helpdeskctl.queries import look
from helpdeskctl.queries.look import Look


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


@lru_cache(maxsize=8)
def theme(accent: str | None, as_it_is: bool, radius: int) -> str:
    """The tokens that differ from the shipped ones, as CSS; "" where none does."""
    css = ""
    if radius != DEFAULTS["corner_radius"].default:
        css += f":root{{--radius:{radius}px}}\n"
    if accent is not None:
        day, night = contrast.shades(accent, as_it_is=as_it_is)
        css += f":root{{{_tokens(day)}}}\n@media(prefers-color-scheme:dark){{:root{{{_tokens(night)}}}}}\n"
    return css


def _tokens(shades: contrast.Shades) -> str:
    return f"--accent:{shades.text};--area:{shades.area};--on-accent:{shades.on_area}"


def mark_of(css: str) -> str:
    """What the address of the style sheet changes with."""
    return hashlib.sha256(css.encode()).hexdigest()[:12]
