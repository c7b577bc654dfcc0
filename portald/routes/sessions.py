"""Where the customer is signed in, and signing out elsewhere."""

from __future__ import annotations

from datetime import datetime

from bottle import HTTPResponse

from helpdeskctl.operations import sessions
from helpdeskctl.queries import own_account
from portald.browsers import named
from portald.visit import Visit


def show(visit: Visit) -> HTTPResponse:
    """The list."""
    who = visit.signed_in
    found = own_account.sessions(visit.desk, who.contact_id, who.session)
    listed = [(named(each.agent_string), each) for each in found]
    return visit.page("sessions.html", sessions=listed, done=visit.query.get("done") == "ended")


def end(visit: Visit) -> HTTPResponse:
    """One of them is ended, named by the moment it began, or all others."""
    who = visit.signed_in
    if visit.form.line("action") == "others":
        sessions.end_others(visit.desk, who)
    elif begun := _moment(visit.form.line("begun")):
        sessions.end_one(visit.desk, who, begun)
    return visit.redirect("/account/sessions?done=ended")


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
