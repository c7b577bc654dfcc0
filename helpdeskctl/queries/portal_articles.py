"""The knowledge base as customers read it: what is published, for them (KB-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import Audience, Reader, Status
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import settings
from helpdeskctl.queries.articles import File, Text, as_file, files_of, texts_of
from helpdeskctl.queries.outgoing import named
from helpdeskctl.store import article_search
from helpdeskctl.store.tables import Article, ArticleCategory, ArticleFile, ArticleText, Contact

_CHUNK = 200  # hits of the index that are looked at together


@dataclass(frozen=True, slots=True)
class Line:
    """An article in a list of the portal, in the language nearest to the reader's."""

    id: int
    key: str
    language: str
    title: str
    category: str


@dataclass(frozen=True, slots=True)
class Category:
    """A heading with the articles that the reader finds under it."""

    key: str
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One article as a customer reads it. `languages`: the others it is there in."""

    id: int
    key: str
    category: str
    category_name: str
    text: Text
    languages: tuple[str, ...]
    files: tuple[File, ...]
    related: tuple[Line, ...]


def reader_of(actor: Actor | None) -> Reader:
    """Who reads: a guest, or a signed-in customer with the company they belong to, main contact or not."""
    if actor is None or actor.kind != "contact":
        return Reader()
    company = Contact.select(Contact.company_id).where(Contact.id == actor.id).scalar()
    return Reader(signed_in=True, company_id=company)


def readable(reader: Reader) -> Any:
    """`domain.articles.may_read` as a condition on `Article`."""
    if not reader.signed_in:
        return (Article.status == Status.PUBLISHED) & (Article.audience == Audience.EVERYONE)
    shown = Article.audience != Audience.COMPANY
    if reader.company_id is not None:
        shown |= Article.company_id == reader.company_id
    return (Article.status == Status.PUBLISHED) & shown


def categories(desk: Desk, reader: Reader, language: str, *, only: str | None = None) -> tuple[Category, ...]:
    """The headings under which this reader finds something, with what there is. `only`: one of them."""
    rows: Any = (
        Article.select(Article, ArticleCategory.key.alias("category_key"), ArticleCategory.names.alias("names"))
        .join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
        .where(readable(reader), *([ArticleCategory.key == only] if only is not None else []))
        .order_by(ArticleCategory.position, ArticleCategory.key, Article.position, Article.key)
    ).objects()
    listed: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        listed[row.category_key].append(row)
    usual = settings.get(desk, "default_language")
    return tuple(
        Category(key, named(dict(of[0].names), language, usual) or key, _lines(desk, of, language))
        for key, of in listed.items()
    )


def newest(desk: Desk, reader: Reader, language: str, *, limit: int) -> tuple[Line, ...]:
    """What was published last."""
    return _lines(desk, _some(reader, Article.published_at.desc(), limit), language)


def most_read(desk: Desk, reader: Reader, language: str, *, limit: int) -> tuple[Line, ...]:
    """What is read most."""
    return _lines(desk, _some(reader, Article.views.desc(), limit), language)


def called(desk: Desk, reader: Reader, language: str, keys: Sequence[str]) -> tuple[Line, ...]:
    """The articles with these keys that this reader may know of, in this order."""
    rows: Any = (
        Article.select(Article, ArticleCategory.key.alias("category_key"))
        .join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
        .where(Article.key.in_(list(keys)), readable(reader))
    ).objects()
    return _lines(desk, sorted(rows, key=lambda row: keys.index(row.key)), language)


def search(
    desk: Desk, reader: Reader, language: str, words: str, *, limit: int, any_word: bool = False
) -> tuple[Line, ...]:
    """Articles this reader may know of, best first, each once and in the reader's language where it is there."""
    texts = article_search.hits(desk.database, words, any_word=any_word)
    taken: dict[int, Any] = {}
    for at in range(0, len(texts), _CHUNK):
        chunk = texts[at : at + _CHUNK]
        rows: Any = (
            Article.select(Article, ArticleText.id.alias("text_id"), ArticleCategory.key.alias("category_key"))
            .join(ArticleText, on=(ArticleText.article_id == Article.id))
            .switch(Article)
            .join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
            .where(ArticleText.id.in_(chunk), readable(reader))
        ).objects()
        by_text = {row.text_id: row for row in rows}
        for text in chunk:
            if text in by_text:
                taken.setdefault(by_text[text].id, by_text[text])
        if len(taken) >= limit:
            break
    return _lines(desk, list(taken.values())[:limit], language)


def page(desk: Desk, reader: Reader, key: str, language: str) -> Page:
    """An article in exactly this language. NotFound, the same for what is not there and what is not for this reader."""
    row: Any = (
        Article.select(Article, ArticleCategory.key.alias("category_key"), ArticleCategory.names.alias("names"))
        .join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
        .where(Article.key == key, readable(reader))
        .objects()
        .first()
    )
    texts = texts_of([row.id]).get(row.id, {}) if row is not None else {}
    if row is None or language not in texts:
        raise NotFound("no such article", subject=f"article/{key}")
    usual = settings.get(desk, "default_language")
    return Page(
        row.id,
        row.key,
        row.category_key,
        named(dict(row.names), language, usual) or row.category_key,
        texts[language],
        tuple(other for other in texts if other != language),
        files_of([row.id]).get(row.id, ()),
        _related(desk, reader, row.id, texts[language]),
    )


def file(desk: Desk, reader: Reader, file_id: int) -> File:
    """A file of an article this reader may know of. NotFound otherwise."""
    row = (
        ArticleFile.select(ArticleFile)
        .join(Article, on=(Article.id == ArticleFile.article_id))
        .where(ArticleFile.id == file_id, readable(reader))
        .first()
    )
    if row is None:
        raise NotFound("no such file", subject=f"article_file/{file_id}")
    return as_file(row)


def feed(desk: Desk, language: str, *, limit: int) -> tuple[tuple[Line, Text], ...]:
    """What everybody may read and was published last, with its text."""
    lines = newest(desk, Reader(), language, limit=limit)
    texts = texts_of([line.id for line in lines])
    return tuple((line, texts[line.id][line.language]) for line in lines)


def _related(desk: Desk, reader: Reader, article_id: int, text: Text) -> tuple[Line, ...]:
    hits = search(desk, reader, text.language, text.title, limit=4, any_word=True)
    return tuple(line for line in hits if line.id != article_id)[:3]


def _some(reader: Reader, order: Any, limit: int) -> list[Any]:
    rows: Any = (
        Article.select(Article, ArticleCategory.key.alias("category_key"))
        .join(ArticleCategory, on=(ArticleCategory.id == Article.category_id))
        .where(readable(reader))
        .order_by(order, Article.id.desc())
        .limit(limit)
    ).objects()
    return list(rows)


def _lines(desk: Desk, rows: Sequence[Any], language: str) -> tuple[Line, ...]:
    usual = settings.get(desk, "default_language")
    titles: dict[int, dict[str, str]] = defaultdict(dict)
    texts = ArticleText.select(ArticleText.article_id, ArticleText.language, ArticleText.title)
    for text in texts.where(ArticleText.article_id.in_([row.id for row in rows])).order_by(ArticleText.id):
        titles[text.article_id][text.language] = text.title
    lines = []
    for row in rows:
        there = titles[row.id]
        nearest = next((word for word in (language, usual, "en", *there) if word in there), None)
        if nearest is not None:
            lines.append(Line(row.id, row.key, nearest, there[nearest], row.category_key))
    return tuple(lines)
