"""The first page."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.queries import portal_articles, portal_tickets
from portald.visit import Visit

_SHOWN = 5
_MOST_READ = 3


def show(visit: Visit) -> HTTPResponse:
    """Help first (POR-2), then what waits for the customer and the other open requests; for guests the ways in."""
    reader = portal_articles.reader_of(visit.customer)
    most_read = portal_articles.most_read(visit.desk, reader, visit.language, limit=_MOST_READ)
    if visit.visitor is None:
        return visit.page("welcome.html", private=False, most_read=most_read)
    turn = portal_tickets.page(visit.desk, visit.actor, show="turn")
    still = portal_tickets.page(visit.desk, visit.actor, show="open")
    others = [line for line in still.lines if not line.shown.your_turn]
    return visit.page(
        "home.html", most_read=most_read, turn=turn.lines[:_SHOWN], others=others[:_SHOWN], counts=still.counts
    )
