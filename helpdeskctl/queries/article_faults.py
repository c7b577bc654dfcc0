"""What is wrong with the knowledge base as customers find it: links that lead nowhere, languages that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import Status, linked_article, linked_file, links
from helpdeskctl.errors import Problem
from helpdeskctl.queries import articles, settings
from helpdeskctl.queries.articles import Whole


def faults(desk: Desk) -> Iterator[Problem]:
    """Every fault; the place is the article's key with the language."""
    usual = settings.get(desk, "default_language")
    every = {article.key: article for article in articles.list_of(desk)}
    for article in every.values():
        if article.status == Status.PUBLISHED and usual not in article.texts:
            yield Problem(
                article.key,
                f"is published, but not in {usual}, the desk's language",
                f"helpdeskctl kb article translate {article.key} --lang {usual}",
            )
        for language, text in article.texts.items():
            for target in links(text.body):
                if why := _leads_nowhere(target, article, every):
                    yield Problem(f"{article.key} {language}", f"{target}: {why}")


def _leads_nowhere(target: str, article: Whole, every: Mapping[str, Whole]) -> str | None:
    name = linked_file(target, article.key)
    if name is not None:
        return None if name in {file.filename for file in article.files} else "there is no such file"
    other = linked_article(target)
    if other is None:
        return None
    key, language, _ = other
    if key not in every:
        return "there is no such article"
    if language not in every[key].texts:
        return f"that article is not there in {language}"
    if article.status == Status.PUBLISHED and every[key].status != Status.PUBLISHED:
        return f"that article is {every[key].status}: customers will not find it"
    return None
