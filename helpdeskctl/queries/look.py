"""What every page of the portal shows of the desk's own: pictures, pages in the navigation, words (POR-7, POR-8).

It changes seldom and is asked for with every page. So it is read whole, and again only when its mark has changed,
which comes with the settings in one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.pages import may_read
from helpdeskctl.errors import NotFound
from helpdeskctl.queries.outgoing import named
from helpdeskctl.store.tables import BrandImage, Page, PortalText

STYLE = "css"
"""The key under which the desk's own style sheet stands among its words; it is of no language."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the desk's own pictures; SVG has no size in pixels where the file names none."""

    content_type: str
    width: int | None
    height: int | None
    sha256: str

    @property
    def mark(self) -> str:
        """What its address changes with."""
        return self.sha256[:12]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as the navigation knows it; `url` for one that is only a link."""

    key: str
    names: Mapping[str, str]
    url: str | None
    audience: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything together. `texts`: key -> language -> Markdown; `style`: CSS over the portal's own."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    style: str = ""

    def navigation(self, language: str, usual: str, *, signed_in: bool) -> tuple[tuple[str, str, str | None], ...]:
        """Key, name and address (None: its own page) of what this reader finds in the navigation, in its order."""
        return tuple(
            (entry.key, named(entry.names, language, usual) or entry.key, entry.url)
            for entry in self.entries
            if may_read(entry.audience, signed_in=signed_in)
        )

    def text(self, key: str, language: str, usual: str) -> tuple[str, str] | None:
        """The language and the Markdown of the desk's own words, in the language nearest to the reader's."""
        return nearest(self.texts.get(key, {}), language, usual)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the desk as it is read: its name, and its text with the language of that."""

    key: str
    kind: str
    name: str
    language: str
    body: str
    audience: str


def read(desk: Desk) -> Look:
    """The look as it is now, in three queries."""
    texts: dict[str, dict[str, str]] = {}
    for row in PortalText.select():
        texts.setdefault(row.key, {})[row.language] = row.body
    style = texts.pop(STYLE, {}).get("", "")
    pages = Page.select(Page.key, Page.names, Page.url, Page.audience).where(Page.listed == 1)
    return Look(
        {row.name: picture(row) for row in BrandImage.select()},
        tuple(Entry(row.key, row.names, row.url, row.audience) for row in pages.order_by(Page.position, Page.key)),
        texts,
        style,
    )


def picture(row: Any) -> Picture:
    """A row of BrandImage as a value."""
    return Picture(row.content_type, row.width, row.height, row.sha256)


def page(desk: Desk, key: str, language: str, usual: str, *, signed_in: bool) -> Shown:
    """One page, for this reader. NotFound, the same for what is not there, is a link or is for others."""
    row = Page.get_or_none(Page.key == key, Page.kind != "link")
    found = nearest(row.bodies, language, usual) if row is not None else None
    if row is None or found is None or not may_read(row.audience, signed_in=signed_in):
        raise NotFound("no such page", subject=f"page/{key}")
    return Shown(row.key, row.kind, named(row.names, found[0], usual) or row.key, found[0], found[1], row.audience)


def nearest(texts: Mapping[str, str], language: str, usual: str) -> tuple[str, str] | None:
    """The text in a language, else in the desk's, else in English, else in any; with the language it is in."""
    found = next((word for word in (language, usual, "en", *texts) if word in texts), None)
    return None if found is None else (found, texts[found])
