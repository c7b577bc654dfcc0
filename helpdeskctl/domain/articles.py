"""The knowledge base: what an article's status and audience mean, and how its address is made (KB-1)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from helpdeskctl.errors import InvalidInput

LONGEST_BODY = 50_000
"""Characters: what a page of Markdown may cost to be shown is bounded by it."""
_LONGEST_KEY = 60
_LINK = re.compile(r"\]\(\s*<?([^)\s>]{1,500})")
_ARTICLE = re.compile(r"(?:[^?#]*/)?([^/?#]+)\.([a-z]{2})\.md(#[\w-]*)?")
_FILE = re.compile(r"(?:\./)?([^/?#]+)\.files/([^/?#]+)")
COMPANY = "company:"


class Status(StrEnum):
    """Where an article stands. Customers read published ones only."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    OBSOLETE = "obsolete"


class Audience(StrEnum):
    """Who reads a published article."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Reader:
    """A visitor of the portal. `company_id`: the company that a signed-in customer belongs to."""

    signed_in: bool = False
    company_id: int | None = None


GUEST = Reader()


def may_read(status: Status, audience: Audience, company_id: int | None, reader: Reader) -> bool:
    """Whether a visitor may know of an article; `queries/articles.py` asks the same of the database."""
    if status is not Status.PUBLISHED:
        return False
    if audience is Audience.COMPANY:
        return reader.signed_in and company_id is not None and company_id == reader.company_id
    return audience is Audience.EVERYONE or reader.signed_in


def read_audience(text: str) -> tuple[Audience, str | None]:
    """`everyone`, `signed-in` or `company:KEY` as audience and company. Raises InvalidInput."""
    word = text.strip().casefold()
    if word.startswith(COMPANY) and word != COMPANY:
        return Audience.COMPANY, word.removeprefix(COMPANY)
    if word in (Audience.EVERYONE, Audience.SIGNED_IN):
        return Audience(word), None
    raise InvalidInput(f'"{text}" is no audience', hint=f"everyone, signed-in or {COMPANY}KEY")


def key_of(title: str) -> str:
    """The key that a title suggests: `Printer is on fire!` → `printer-is-on-fire`; `article` where nothing is left."""
    letters = unicodedata.normalize("NFKD", title[:500]).casefold()
    kept = "".join(c for c in letters if unicodedata.category(c)[0] != "M")
    words = re.sub(r"[^\w]+", "-", kept).strip("-_")[:_LONGEST_KEY].rstrip("-_")
    return words or "article"


def links(body: str) -> tuple[str, ...]:
    """Where the Markdown of an article leads, as it is written there."""
    return tuple(_LINK.findall(body))


def linked_article(target: str) -> tuple[str, str, str] | None:
    """Key, language and fragment of `../printing/paper-jam.en.md#tray`, as files of articles name each other."""
    found = _ARTICLE.fullmatch(target)
    return (found[1], found[2], found[3] or "") if found else None


def linked_file(target: str, key: str) -> str | None:
    """The name of `KEY.files/NAME`, a file of the article `key` itself."""
    found = _FILE.fullmatch(target)
    return found[2] if found and found[1] == key else None
