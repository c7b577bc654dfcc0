"""The knowledge base as agents see it: every article, in all its languages, with its files and votes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import COMPANY
from helpdeskctl.errors import NotFound
from helpdeskctl.queries.setup_places import keys
from helpdeskctl.store import article_search
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import (
    Article,
    ArticleCategory,
    ArticleFile,
    ArticleText,
    ArticleVote,
    Company,
    Event,
)

_CHUNK = 200  # hits of the index that are looked at together


@dataclass(frozen=True, slots=True)
class Text:
    """An article in one language; `body` is Markdown."""

    language: str
    title: str
    body: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with an article; `size` in octets."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Whole:
    """An article as agents see it. `audience` is everyone, signed-in or company:KEY."""

    id: int
    key: str
    category: str
    status: str
    audience: str
    position: int
    views: int
    helpful: int
    unhelpful: int
    ticket: int | None
    texts: Mapping[str, Text]
    files: tuple[File, ...]
    published_at: datetime | None
    updated_at: datetime

    def title(self, language: str) -> str:
        """The title in a language, else in any."""
        text = self.texts.get(language) or next(iter(self.texts.values()), None)
        return text.title if text else self.key


def one(desk: Desk, key: str) -> Whole:
    """An article by its key or `id:3`. NotFound."""
    if key.startswith("id:"):
        found = Article.get_or_none(Article.id == (int(key[3:]) if key[3:].isdecimal() else 0))
    else:
        found = Article.get_or_none(Article.key == key.strip().casefold())
    if found is None:
        raise NotFound(f'no article "{key}"', hint="helpdeskctl kb article list", subject=f"article/{key}")
    return _wholes([found])[0]


def is_there(key: str) -> bool:
    """Whether an article has this key."""
    return bool(Article.select().where(Article.key == key).exists())


def list_of(
    desk: Desk,
    *,
    category: str | None = None,
    status: str | None = None,
    language: str | None = None,
    limit: int | None = None,
) -> list[Whole]:
    """Articles by category and place."""
    rows: Any = Article.select(Article).join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
    if category is not None:
        rows = rows.where(ArticleCategory.key == category.casefold())
    if status is not None:
        rows = rows.where(Article.status == status)
    if language is not None:
        having = ArticleText.select(ArticleText.article_id).where(ArticleText.language == language)
        rows = rows.where(Article.id.in_(having))
    rows = rows.order_by(ArticleCategory.position, ArticleCategory.key, Article.position, Article.key)
    return _wholes(list(rows.limit(limit) if limit is not None else rows))


def found(desk: Desk, words: str, *, limit: int) -> list[Whole]:
    """Articles of any status with all the words, best first."""
    listed: dict[int, None] = {}
    texts = article_search.hits(desk.database, words)
    for at in range(0, len(texts), _CHUNK):
        chunk = texts[at : at + _CHUNK]
        rows: Any = ArticleText.select(ArticleText.id, ArticleText.article_id).where(ArticleText.id.in_(chunk)).tuples()
        owner: dict[int, int] = dict(rows)
        for text in chunk:
            listed.setdefault(owner[text])
        if len(listed) >= limit:
            break
    wanted = list(listed)[:limit]
    by_id = {row.id: row for row in _wholes(list(Article.select().where(Article.id.in_(wanted))))}
    return [by_id[number] for number in wanted]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to an article. `who`: an agent, or nobody for a reader's vote."""

    at: datetime
    who: str | None
    what: str
    details: Mapping[str, Any]


def history(desk: Desk, key: str) -> list[Moment]:
    """What was done to an article and what readers said of it, the newest first. NotFound."""
    there = one(desk, key)
    done = Event.select().where(Event.object_kind == "article", Event.object_key == there.key)
    said = ArticleVote.select().where(ArticleVote.article_id == there.id)
    moments = [Moment(row.at, row.actor_label, row.verb, row.data) for row in done]
    moments += [Moment(row.at, None, "helpful" if row.helpful else "not helpful", {"words": row.words}) for row in said]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _wholes(rows: Sequence[Article]) -> list[Whole]:
    ids = [row.id for row in rows]
    texts, files = texts_of(ids), files_of(ids)
    categories = keys(ArticleCategory, "key", [row.category_id for row in rows])
    companies = keys(Company, "key", [row.company_id for row in rows])
    said = _counted(ids)
    return [
        Whole(
            row.id,
            row.key,
            categories[row.category_id],
            row.status,
            f"{COMPANY}{companies[row.company_id]}" if row.company_id else row.audience,
            row.position,
            row.views,
            said.get((row.id, True), 0),
            said.get((row.id, False), 0),
            row.ticket_id,
            texts.get(row.id, {}),
            files.get(row.id, ()),
            row.published_at,
            row.updated_at,
        )
        for row in rows
    ]


def texts_of(ids: Iterable[int]) -> Mapping[int, Mapping[str, Text]]:
    """Article -> language -> text."""
    texts: dict[int, dict[str, Text]] = defaultdict(dict)
    for row in ArticleText.select().where(ArticleText.article_id.in_(list(ids))).order_by(ArticleText.id):
        texts[row.article_id][row.language] = Text(row.language, row.title, row.body, row.updated_at)
    return texts


def files_of(ids: Iterable[int]) -> Mapping[int, tuple[File, ...]]:
    """Article -> its files."""
    files: dict[int, tuple[File, ...]] = {}
    for row in ArticleFile.select().where(ArticleFile.article_id.in_(list(ids))).order_by(ArticleFile.id):
        files[row.article_id] = (*files.get(row.article_id, ()), as_file(row))
    return files


def as_file(row: ArticleFile) -> File:
    """A row as it is handed out."""
    return File(row.id, row.filename, row.content_type, row.size, row.sha256)


def _counted(ids: Sequence[int]) -> Mapping[tuple[int, bool], int]:
    rows: Any = (
        ArticleVote.select(ArticleVote.article_id, ArticleVote.helpful, fn.count(ArticleVote.id))
        .where(ArticleVote.article_id.in_(list(ids)))
        .group_by(ArticleVote.article_id, ArticleVote.helpful)
        .tuples()
    )
    return {(article, bool(helpful)): int(count) for article, helpful, count in rows}
