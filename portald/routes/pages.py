"""The desk's own pages (POR-8)."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.domain.articles import Audience
from helpdeskctl.queries import look
from portald.markdown import as_html, clean_html
from portald.visit import Visit


def show(visit: Visit, key: str) -> HTTPResponse:
    """One page, in the language nearest to the reader's."""
    usual = visit.settings["default_language"]
    page = look.page(visit.desk, key, visit.language, usual, signed_in=visit.visitor is not None)
    body = clean_html(page.body) if page.kind == "html" else as_html(page.body, lambda target: target)
    return visit.page("page.html", private=page.audience != Audience.EVERYONE, page=page, body=body)
