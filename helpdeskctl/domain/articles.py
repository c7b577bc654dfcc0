"""The knowledge base: what an article's status and audience mean, and how its address is made (KB-1)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from helpdeskctl.errors import InvalidInput

LONGEST_BODY = 50_000
"""Characters: what a page of Markdown may cost to be shown is bounded by it."""
_LONGEST_KEY = 60
_LINK = re.compile(r"\]\(\s*<?([^)\s>]{1,500})")
_ARTICLE = re.compile(r"(?:[^?#]*/)?([^/?#]+)\.([a-z]{2})\.md(#[\w-]*)?")
_FILE = re.compile(r"(?:\./)?([^/?#]+)\.files/([^/?#]+)")
_SHORT = 3  # letters
_AROUND_A_WORD = ".,;:!?\u00a1\u00bf()[]{}\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb-/"
_AFTER_A_LINK = ".,;:!?)]}"
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


def telling(text: str) -> str:
    """The words of a sentence that say what it is about, as far as their looks tell without knowing the language: the
    longer ones, those with digits, and abbreviations as VPN; without any of these, those of three letters."""
    words = [bare for word in text.split() if (bare := word.strip(_AROUND_A_WORD))]
    capitals = text.upper() == text  # who types everything so means nothing by it
    kept = [word for word in words if len(word) > _SHORT or not word.isalpha() or (word.isupper() and not capitals)]
    return " ".join(kept or [word for word in words if len(word) == _SHORT])


def mentioned(text: str, portal_url: str) -> tuple[str, ...]:
    """The keys of the articles of the portal at `portal_url` that a text links to, in its order, each once."""
    found = re.findall(rf"{re.escape(portal_url)}/kb/[a-z]{{2}}/([^\s/?#<>\"']{{1,300}})", text)
    return tuple(dict.fromkeys(unquote(key).rstrip(_AFTER_A_LINK).casefold() for key in found))


def linked_article(target: str) -> tuple[str, str, str] | None:
    """Key, language and fragment of `../printing/paper-jam.en.md#tray`, as files of articles name each other."""
    found = _ARTICLE.fullmatch(target)
    return (found[1], found[2], found[3] or "") if found else None


def linked_file(target: str, key: str) -> str | None:
    """The name of `KEY.files/NAME`, a file of the article `key` itself."""
    found = _FILE.fullmatch(target)
    return found[2] if found and found[1] == key else None
