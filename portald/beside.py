"""What stands beside the messages of a request: the desk's own fields, and the articles that our answers link to."""

from __future__ import annotations

from datetime import date

from helpdeskctl.domain.articles import mentioned
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import portal_articles, portal_fields
from helpdeskctl.queries.portal_articles import Line
from helpdeskctl.queries.portal_fields import Told
from helpdeskctl.queries.portal_thread import Thread
from portald import texts
from portald.texts import t
from portald.visit import Visit


def fields(visit: Visit, number: int) -> tuple[tuple[str, str], ...]:
    """Name and value of what customers may read, as this reader's language writes it."""
    return tuple((told.name, _words(told)) for told in portal_fields.told(visit.desk, number, visit.language))


def articles(visit: Visit, actor: Actor, thread: Thread) -> tuple[Line, ...]:
    """The articles of ours that the shown answers link to, those that the reader may know of."""
    said = "\n".join(text for entry in thread.entries if entry.ours for _, text in entry.parts)
    keys = mentioned(said, visit.settings["portal_url"]) if visit.settings["portal_url"] else ()
    if not keys:
        return ()
    reader = portal_articles.reader_of(actor)
    return portal_articles.called(visit.desk, reader, visit.language, keys)


def _words(told: Told) -> str:
    if told.type == "bool":
        return t("Yes") if told.value == "yes" else t("No")
    if told.type == "date":
        return texts.whole_day(date.fromisoformat(told.value))
    return told.value
