"""The desk's own pages in the portal (POR-8): what a page is, who reads it, and the texts of the portal's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from helpdeskctl.domain.articles import LONGEST_BODY, Audience
from helpdeskctl.domain.kind import Field, Kind, Shape
from helpdeskctl.domain.kind_types import BODY, LINE, SLUG
from helpdeskctl.domain.setting_types import LANGUAGE, YES_NO, Type, choice, number
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput, Problem

KINDS = ("markdown", "html", "link")
AUDIENCES = (Audience.EVERYONE.value, Audience.SIGNED_IN.value)

TEXTS: Mapping[str, str] = {
    "welcome": "On the first page, under its heading.",
    "notice": "On top of every page: an outage, holidays.",
    "new": "Above the form for a new request.",
    "sign_in": "Above the form to sign in.",
    "footer": "At the end of every page: an address, links.",
}
"""The desk's own words in the portal, in Markdown: the key of each and where it is shown."""


def _where_to(raw: object) -> str:
    text = clean_line(str(raw))
    if text.startswith("/") and not text.startswith(("//", "/\\")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidInput("is no URL") from None
    if not (parts.scheme in ("https", "http") and parts.hostname and not parts.username):
        raise InvalidInput(f'"{text}" is no address of a page', hint="as https://www.example.org/hours, or /kb")
    return text


PAGE = Kind(
    name="page",
    key=SLUG,
    summary=("key", "name", "kind", "audience", "listed", "position"),
    fields=(
        Field(name="name", type=LINE, help="What the navigation calls it, and its heading.", required=True),
        Field(
            name="names",
            type=LINE,
            option="name-lang",
            metavar="LANG=TEXT",
            shape=Shape.MAP,
            names=LANGUAGE,
            help="The name in another language; repeatable.",
        ),
        Field(
            name="kind",
            type=choice(*KINDS),
            metavar="|".join(KINDS),
            help="How it is written, or that it is a link only.",
            by_default="markdown",
        ),
        Field(
            name="url", type=Type("address", _where_to), metavar="URL", help="Where a link leads, here or elsewhere."
        ),
        Field(
            name="audience",
            type=choice(*AUDIENCES),
            metavar="|".join(AUDIENCES),
            help="Who reads it.",
            by_default=Audience.EVERYONE.value,
        ),
        Field(name="listed", type=YES_NO, help="It stands in the navigation.", by_default=True),
        Field(name="position", type=number(0, 100_000), option="", help="Its place in lists.", by_default=0),
        Field(name="bodies", type=BODY, option="", shape=Shape.MAP, names=LANGUAGE, help="Its text in each language."),
    ),
)


def faults(key: str, kind: str, url: str | None, bodies: Mapping[str, Any]) -> list[Problem]:
    """What does not fit together in a page."""
    found = [
        Problem("bodies", f"the text in {language} has {len(body)} characters; a page may have {LONGEST_BODY}")
        for language, body in bodies.items()
        if body and len(body) > LONGEST_BODY
    ]
    if kind == "link" and url is None:
        found.append(Problem("url", "is missing", "--url https://www.example.org"))
    if kind == "link" and any(bodies.values()):
        found.append(Problem("kind", "a link has no text", f"helpdeskctl portal page create another-{key} …"))
    if kind != "link" and url is not None:
        found.append(Problem("url", "only a link has one", "--kind link"))
    if kind != "link" and not any(bodies.values()):
        found.append(Problem("bodies", "a page needs a text", "--body-file FILE, -m TEXT"))
    return found


def may_read(audience: str, *, signed_in: bool) -> bool:
    """Whether a visitor may know of a page."""
    return audience == Audience.EVERYONE or signed_in


def text_key(raw: str) -> str:
    """The key of a portal text. Raises InvalidInput."""
    key = raw.strip().lower().replace("-", "_")
    if key not in TEXTS:
        raise InvalidInput(f'the portal has no text "{raw}"', hint=f"known: {', '.join(TEXTS)}")
    return key
