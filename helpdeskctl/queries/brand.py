"""How the portal looks (POR-7): for the command line and the doctor."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain import contrast
from helpdeskctl.queries import look, settings
from helpdeskctl.queries.look import Picture, picture
from helpdeskctl.store.tables import BrandImage

_PLACE = (440, 370)
"""Pixels of the picture beside the form to sign in, on a screen of ordinary density."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The look. `text`, `text_dark`: what the accent becomes where words have it, by day and by night; `contrast`: of
    the worse of the two with what is behind it."""

    name: str
    accent: str | None
    accent_as_it_is: bool
    text: str | None
    text_dark: str | None
    contrast: float | None
    radius: int
    logo: str | None
    logo_dark: str | None
    login_image: str | None
    css: str | None


def now(desk: Desk) -> Brand:
    """The look as it is."""
    known = settings.several(desk, "name", "accent", "accent_as_it_is", "corner_radius")
    found = pictures()
    accent, forced = known["accent"], known["accent_as_it_is"]
    text, dark, least = _shades(accent, as_it_is=forced) if accent else (None, None, None)
    logo, logo_dark, login = (_shown(found.get(name)) for name in ("logo", "logo-dark", "login"))
    css = look.read(desk).style
    octets = f"{len(css.encode())} octets" if css else None
    radius = known["corner_radius"]
    return Brand(known["name"], accent, forced, text, dark, least, radius, logo, logo_dark, login, octets)


def pictures() -> dict[str, Picture]:
    """The desk's own pictures by their names."""
    return {row.name: picture(row) for row in BrandImage.select().order_by(BrandImage.name)}


def too_small() -> str | None:
    """A sentence where the picture beside the form to sign in is smaller than its place."""
    found = pictures().get("login")
    if found is None or ((found.width or 0) >= _PLACE[0] and (found.height or 0) >= _PLACE[1]):
        return None
    return f"the picture has {found.width} x {found.height} pixels; {_PLACE[0]} x {_PLACE[1]} or more looks sharp"


def _shades(accent: str, *, as_it_is: bool) -> tuple[str, str, float]:
    day, night = contrast.shades(accent, as_it_is=as_it_is)
    least = min(contrast.least_ratio(day.text, contrast.LIGHT), contrast.least_ratio(night.text, contrast.DARK))
    return day.text, night.text, round(least, 1)


def _shown(found: Picture | None) -> str | None:
    if found is None:
        return None
    size = f" {found.width}x{found.height}" if found.width and found.height else ""
    return f"{found.content_type}{size}"
