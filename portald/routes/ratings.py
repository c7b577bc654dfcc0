"""How content somebody was with a closed request: said in the portal, or by the link in the mail that asks."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.operations import ratings
from helpdeskctl.queries import ratings as queries
from helpdeskctl.queries.ratings import Rating
from portald.forms import Filled
from portald.routes import tickets
from portald.routes.login import gone
from portald.texts import t
from portald.visit import Visit

_ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 §3.1


def rate(visit: Visit, number: str) -> HTTPResponse:
    """The requester's word, in the portal."""
    if problems := _faults(visit):
        again = {"rating": visit.again(problems)}
        return tickets.page(visit, visit.actor, int(number), at=f"/tickets/{number}", forms=again, status=400)
    ratings.rate(visit.desk, visit.actor, int(number), good=_good(visit), words=visit.form.text("words"))
    return visit.redirect(f"/tickets/{number}?done=rated")


def show(visit: Visit, secret: str) -> HTTPResponse:
    """Two buttons behind a mailed link. Looking counts nothing: mail scanners look, too."""
    number = queries.asked_by(visit.desk, secret)
    if number is None:
        return gone(visit)
    rated = queries.of_ticket(number)
    filled = visit.filled({"words": rated.words} if rated else None)
    return _page(visit, number, filled=filled, rated=rated)


def rate_by_link(visit: Visit, secret: str) -> HTTPResponse:
    """One of them was pressed."""
    number = queries.asked_by(visit.desk, secret)
    if number is None:
        return gone(visit)
    if problems := _faults(visit):
        return _page(visit, number, filled=visit.again(problems), status=400)
    counted = ratings.rate_by_link(visit.desk, secret, good=_good(visit), words=visit.form.text("words"))
    return visit.redirect(f"{visit.path}?done=rated") if counted else gone(visit)


def show_stop(visit: Visit, secret: str) -> HTTPResponse:
    """One button: no more such mail."""
    if queries.asked_by(visit.desk, secret) is None:
        return gone(visit)
    return visit.page("unsubscribe.html", field=_ONE_CLICK, done=False)


def stop(visit: Visit, secret: str) -> HTTPResponse:
    """It was pressed, or a mail program did so for its reader (RFC 8058): the address alone is the proof."""
    if visit.form.line(_ONE_CLICK[0]) != _ONE_CLICK[1] or not ratings.unsubscribe(visit.desk, secret):
        return gone(visit)
    return visit.page("unsubscribe.html", field=_ONE_CLICK, done=True)  # no redirect: RFC 8058 §3.1


def _page(visit: Visit, number: int, *, filled: Filled, rated: Rating | None = None, status: int = 200) -> HTTPResponse:
    done = visit.query.get("done") == "rated"
    return visit.page("rate.html", status=status, number=number, filled=filled, rated=rated, done=done)


def _good(visit: Visit) -> bool:
    return visit.form.line("good") == "yes"


def _faults(visit: Visit) -> dict[str, str]:
    if visit.form.line("good") not in ("yes", "no"):
        return {"words": t("Press one of the two buttons.")}
    words = visit.form.text("words")
    return {"words": tickets.too_long(len(words), ratings.LONGEST)} if len(words) > ratings.LONGEST else {}
