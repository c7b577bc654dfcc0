"""The first page."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.queries import portal_tickets
from portald.visit import Visit

_SHOWN = 5


def show(visit: Visit) -> HTTPResponse:
    """What waits for the customer, then the other open requests; for guests the ways in."""
    if visit.visitor is None:
        return visit.page("welcome.html", private=False)
    turn = portal_tickets.page(visit.desk, visit.actor, show="turn")
    still = portal_tickets.page(visit.desk, visit.actor, show="open")
    others = [line for line in still.lines if not line.shown.your_turn]
    return visit.page("home.html", turn=turn.lines[:_SHOWN], others=others[:_SHOWN], counts=still.counts)
