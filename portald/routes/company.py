"""The company as its main contacts see it: all its requests, also as a table, and its people."""

from __future__ import annotations

from collections.abc import Iterator

from bottle import HTTPResponse

from helpdeskctl import log
from helpdeskctl.domain import spreadsheets
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.operations import colleagues
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import colleagues as queries
from helpdeskctl.queries import portal_tickets
from helpdeskctl.queries.portal_tickets import Line
from portald import texts
from portald.forms import Filled
from portald.routes.tickets import shown
from portald.texts import t
from portald.visit import Visit

_AT_ONCE = 500  # lines of the table in memory
_DONE = frozenset({"invited", "main", "no_main", "closed"})


def show(visit: Visit) -> HTTPResponse:
    """All requests of the company, or those of one person."""
    company = queries.seen_by(visit.actor)
    who, show, people = visit.mark("who"), shown(visit, "all"), queries.choices(company)
    among = queries.tickets_of(company, who)
    page = portal_tickets.page(visit.desk, visit.actor, show=show, after=visit.mark("after"), among=among)
    looks_after = visit.actor.acting_for is None
    return visit.page(
        "company.html", page=page, show=show, who=who, people=people, name=queries.name(company), cares=looks_after
    )


def table(visit: Visit) -> HTTPResponse:
    """The same as a table for spreadsheets, written while it is read."""
    company = queries.seen_by(visit.actor)
    log.event("portal.exported", company=company, contact=visit.actor.id, peer=visit.peer)
    headers = {
        "Content-Type": "text/csv; charset=UTF-8; header=present",  # RFC 4180 §3
        "Content-Disposition": 'attachment; filename="requests.csv"',
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return HTTPResponse(_lines(visit, company, visit.mark("who"), shown(visit, "all")), 200, headers)


def show_people(visit: Visit) -> HTTPResponse:
    """The colleagues and their way into the portal."""
    return _people(visit, visit.filled())


def change_people(visit: Visit) -> HTTPResponse:
    """Invite somebody, make them main contact or take that back, close the portal to them."""
    queries.looked_after(visit.actor)
    action, contact = visit.form.line("action"), visit.form.number("person")
    if action == "invite":
        return _invite(visit)
    if action == "close":
        colleagues.close(visit.desk, visit.actor, contact)
        return visit.redirect("/company/people?done=closed")
    if action not in ("main", "no_main"):
        raise InvalidInput("no such button")
    colleagues.make_main(visit.desk, visit.actor, contact, on=action == "main")
    myself = action == "no_main" and contact == visit.actor.id
    return visit.redirect("/" if myself else f"/company/people?done={action}")


def _invite(visit: Visit) -> HTTPResponse:
    try:
        mail = colleagues.invite(visit.desk, visit.actor, visit.form.line("email"), name=visit.form.line("name"))
    except (InvalidInput, Refused) as error:
        status = 429 if isinstance(error, TooMany) else 400
        return _people(visit, visit.again({"email": _fault(visit, error)}), status=status)
    visit.site.delivery.soon(mail)
    visit.even_out()
    return visit.redirect("/company/people?done=invited")


def _people(visit: Visit, filled: Filled, *, status: int = 200) -> HTTPResponse:
    people = queries.people(visit.desk, visit.actor, after=visit.mark("after"))
    return visit.page("colleagues.html", status=status, people=people, filled=filled, done=visit.done(_DONE))


def _fault(visit: Visit, error: InvalidInput | Refused) -> str:
    if isinstance(error, TooMany):
        return texts.wait(error.until, visit.zone)
    if isinstance(error, InvalidInput):
        return t("Enter the e-mail address of another person, as name@example.org.")
    return t("We cannot invite this address from here. Please write to us, and we will do it.")


def _lines(visit: Visit, company: int, who: int | None, show: str) -> Iterator[bytes]:
    """The table piece by piece; each piece has a connection of its own, for the request's has gone by then."""
    after: int | None = None
    before = spreadsheets.BOM + _heading(visit)
    while True:
        with visit.desk.connected(), texts.speaking(visit.language):
            lines = portal_tickets.some(
                visit.desk, visit.actor, show=show, after=after, most=_AT_ONCE, among=queries.tickets_of(company, who)
            )
            text = before + "".join(_line(visit, line) for line in lines)
        if text:
            yield text.encode("utf-8", "replace")
        if len(lines) < _AT_ONCE:
            return
        before, after = "", lines[-1].number


def _heading(visit: Visit) -> str:
    with texts.speaking(visit.language):
        names = (t("Number"), t("Request"), t("Who"), t("Where it stands"), t("Opened"), t("Last message"))
        return spreadsheets.line(spreadsheets.guarded(name) for name in names)


def _line(visit: Visit, line: Line) -> str:
    state = texts.sentence(line.shown, visit.zone).striptags()
    days = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (line.created_at, line.last_at))
    cells = (line.subject, line.requester, state, *days)
    return spreadsheets.line([str(line.number), *map(spreadsheets.guarded, cells)])
