"""A new request, by a customer or a guest; what becomes of it; a guest's confirmation."""

from __future__ import annotations

from collections.abc import Mapping

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import portal_access, portal_drafts, portal_requests
from helpdeskctl.operations.portal_requests import Guest, NewRequest, Sent
from helpdeskctl.queries import portal, portal_forms
from helpdeskctl.queries.portal_articles import Line
from portald import basket, request_form
from portald.forms import Filled
from portald.request_form import LONGEST_NAME, LONGEST_SUBJECT, Offer
from portald.routes.articles import suggested
from portald.routes.login import gone
from portald.texts import period, t
from portald.visit import SignInFirst, Visit


def show(visit: Visit) -> HTTPResponse:
    """The empty form, or what was typed into it before signing in."""
    _refuse_guests_where_set(visit)
    if visit.visitor is not None:
        draft = portal_forms.draft(visit.desk, visit.visitor.contact_id, "/new")
        draft = draft or portal_forms.guests_draft(visit.desk, visit.query.get("draft", ""), "/new")
    else:
        draft = None
    if draft:
        return _page(visit, visit.resumed(draft), request_form.offer(visit, draft.fields))
    values = {"subject": visit.query.get("subject", "")[:LONGEST_SUBJECT]}
    return _page(visit, visit.filled(values), request_form.offer(visit, visit.query))


def send(visit: Visit) -> HTTPResponse:
    """Open the ticket, or show the form again with what is missing, or once with what may help before it is sent."""
    _refuse_guests_where_set(visit)
    form, offered = visit.sent_form("/new"), request_form.offer(visit, visit.form.fields)
    if visit.form.line("action") == "done":
        portal_drafts.throw_away(visit.desk, form)
        return visit.redirect(visit.at("/new/helped"))
    problems = basket.put(visit, form)
    if visit.form.number("remove") or visit.form.line("action") == "topic":
        return _again(visit, offered, problems)
    problems |= request_form.faults(visit, offered)
    if problems or offered.chosen is None or not offered.shown:
        return _again(visit, offered, problems)
    if lines := _may_help(visit):
        return _again(visit, offered, {}, lines)
    try:
        sent = _sent(visit, request_form.request(visit, offered, offered.chosen))
    except InvalidInput:
        return _again(visit, offered, {"email": t("This is an address of ours. Enter your own one.")})
    visit.site.delivery.soon(*sent.mails)
    return visit.redirect(visit.at(f"/sent/{form.nonce}"))


def show_helped(visit: Visit) -> HTTPResponse:
    """An article helped: nothing was sent."""
    return visit.page("helped.html")


def show_sent(visit: Visit, nonce: str) -> HTTPResponse:
    """The number, and what happens next."""
    outcome = portal_forms.outcome(visit.desk, nonce)
    if outcome is None:
        return gone(visit)
    return visit.page("sent.html", outcome=outcome, promised=outcome.promised and period(outcome.promised))


def show_confirm(visit: Visit, secret: str) -> HTTPResponse:
    """A page with one button."""
    if not portal.holds(visit.desk, secret, "confirm"):
        return gone(visit)
    return visit.page("confirm.html", filled=visit.filled())


def confirm(visit: Visit, secret: str) -> HTTPResponse:
    """The button was pressed: the address is proven."""
    number = portal_access.confirm_request(visit.desk, secret)
    return visit.page("confirmed.html", number=number) if number else gone(visit)


def _refuse_guests_where_set(visit: Visit) -> None:
    if visit.visitor is None and not visit.settings["guest_requests"]:
        raise SignInFirst


def _sent(visit: Visit, new: NewRequest) -> Sent:
    form = visit.sent_form("/new")
    if visit.visitor is not None:
        return portal_requests.open_request(visit.desk, visit.visitor.actor, form, new)
    guest = Guest(visit.form.line("email"), visit.form.line("name")[:LONGEST_NAME])
    return portal_requests.guest_request(visit.desk, guest, form, new)


def _may_help(visit: Visit) -> tuple[Line, ...]:
    """The articles to be shown before a request is sent: once for each form, if any fits (POR-2)."""
    if visit.form.line("suggested") or not visit.settings["suggest_articles"]:
        return ()
    return suggested(visit, visit.form.line("subject"))


def _again(visit: Visit, offered: Offer, problems: Mapping[str, str], lines: tuple[Line, ...] = ()) -> HTTPResponse:
    return _page(visit, visit.again(problems), offered, lines=lines, status=400 if problems else 200)


def _page(
    visit: Visit, filled: Filled, offered: Offer, *, lines: tuple[Line, ...] = (), status: int = 200
) -> HTTPResponse:
    if not offered.subjects:
        return visit.page("no_form.html", status=status)
    return visit.page("new.html", status=status, filled=filled, offer=offered, lines=lines)
