"""Colours of the portal: contrast as WCAG 2.2 counts it, and an accent colour made fit for text, by day and by night.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio and #dfn-relative-luminance; colours are `#rrggbb` in small letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpdeskctl.errors import InvalidInput

LEAST = 4.5
"""What text of ordinary size needs (WCAG 2.2, 1.4.3)."""
_WANTED = 5.0  # what a colour of ours gets: thin letters look paler than their colour is
_STEP = 0.1
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")

LIGHT = ("#ffffff", "#f3f5f7")
DARK = ("#15181c", "#1f242a")
"""Page and panel of the portal's style sheet, on which text in the accent colour stands."""


@dataclass(frozen=True, slots=True)
class Shades:
    """What becomes of one accent colour on a page: of text and links, of areas, of the words on an area."""

    text: str
    area: str
    on_area: str


def colour(raw: str) -> str:
    """`#FC0` or `#ffcc00` as `#ffcc00`. Raises InvalidInput."""
    text = raw.strip().lower()
    if not _COLOUR.fullmatch(text):
        raise InvalidInput(f'"{raw}" is no colour', hint="as #0b5cad")
    return text if len(text) == 7 else "#" + "".join(letter * 2 for letter in text[1:])


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def least_ratio(text: str, grounds: tuple[str, ...]) -> float:
    """The worst contrast of a colour with these grounds."""
    return min(ratio(text, ground) for ground in grounds)


def shades(accent: str, *, as_it_is: bool = False) -> tuple[Shades, Shades]:
    """The accent by day and by night. Where it is too weak for text, text gets the nearest that is not; `as_it_is`
    keeps it by day all the same."""
    by_day = accent if as_it_is else fit(accent, LIGHT)
    on_area = max(("#ffffff", "#000000"), key=lambda ink: ratio(ink, accent))
    return Shades(by_day, accent, on_area), Shades(fit(accent, DARK), accent, on_area)


def fit(accent: str, grounds: tuple[str, ...]) -> str:
    """The colour itself where text in it can be read on these grounds; else one of its tint that can."""
    if least_ratio(accent, grounds) >= LEAST:
        return accent
    moved = _darker if _luminance(grounds[0]) > 0.5 else _lighter
    made, at = accent, _channels(accent)
    while least_ratio(made, grounds) < _WANTED:
        at = [moved(channel) for channel in at]
        made = "#" + "".join(f"{round(channel * 255):02x}" for channel in at)
    return made


def verdict(accent: str) -> str | None:
    """The sentence for an accent that is too weak for text on a light page, None for one that is not."""
    if least_ratio(accent, LIGHT) >= LEAST:
        return None
    text, where = fit(accent, LIGHT), "white" if ratio(accent, LIGHT[0]) < LEAST else "grey"
    found = ratio(accent, LIGHT[0]) if where == "white" else least_ratio(accent, LIGHT)
    return (
        f"{found:.1f}:1 on {where} is too low for links; "
        f"using {text} ({ratio(text, LIGHT[0]):.1f}:1) for text and {accent} for areas (--force to keep)"
    )


def _channels(given: str) -> list[float]:
    return [int(given[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _luminance(given: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(given))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _darker(channel: float) -> float:
    return channel * (1 - _STEP)


def _lighter(channel: float) -> float:
    return channel + (1 - channel) * _STEP
