"""The desk's own look: read once a process and change, and its colours and style sheet as one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

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
