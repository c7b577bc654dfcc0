"""The people on a request: added, removed; and requests that somebody does not want to see."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import Exists, InvalidInput, Refused
from helpdeskctl.operations import portal_people
from helpdeskctl.operations.rate_limits import TooMany
from portald import texts
from portald.routes import tickets
from portald.texts import t
from portald.visit import Visit


def change(visit: Visit, number: str) -> HTTPResponse:
    """Take somebody off, or put an address on: the answer and its time are the same whoever has it."""
    if visit.form.line("action") == "remove":
        portal_people.remove(visit.desk, visit.actor, int(number), visit.form.line("person"))
        return visit.redirect(f"/tickets/{number}?done=removed")
    may_view = bool(visit.form.line("may_view"))
    try:
        portal_people.add(visit.desk, visit.actor, int(number), visit.form.line("email"), may_view=may_view)
    except (InvalidInput, Exists, Refused) as error:
        again = {"adding": visit.again({"email": _fault(visit, error)})}
        status = 429 if isinstance(error, TooMany) else 400
        return tickets.page(visit, visit.actor, int(number), at=f"/tickets/{number}", forms=again, status=status)
    visit.even_out()
    return visit.redirect(f"/tickets/{number}?done=added")


def mute(visit: Visit, number: str) -> HTTPResponse:
    """Out of the reader's lists and mails, or back into them."""
    on = visit.form.line("action") != "unmute"
    portal_people.mute(visit.desk, visit.actor, int(number), on=on)
    return visit.redirect(f"/tickets/{number}?done={'muted' if on else 'unmuted'}")


def _fault(visit: Visit, error: InvalidInput | Exists | Refused) -> str:
    if isinstance(error, TooMany):
        return texts.wait(error.until, visit.zone)
    if isinstance(error, InvalidInput):
        return t("Enter the e-mail address of another person, as name@example.org.")
    if isinstance(error, Exists):
        return t("This address is on the request already.")
    return t("There is no room for more people on this request.")
