"""A new request, by a customer or a guest; what becomes of it; a guest's confirmation."""

from __future__ import annotations

from datetime import timedelta

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail import addresses
from helpdeskctl.operations import portal_access, portal_requests
from helpdeskctl.operations.portal_requests import Guest, NewRequest, Sent
from helpdeskctl.queries import portal, portal_forms
from helpdeskctl.queries.portal_forms import Subject
from portald.forms import Filled
from portald.routes.login import gone
from portald.routes.tickets import LONGEST, too_long
from portald.texts import t
from portald.visit import SignInFirst, Visit

_QUICKEST = timedelta(seconds=2)  # no person fills the form faster
_LONGEST_SUBJECT, _LONGEST_NAME = 200, 100


def show(visit: Visit) -> HTTPResponse:
    """The empty form, or what was typed into it before signing in."""
    _refuse_guests_where_set(visit)
    if visit.visitor is not None:
        draft = portal_forms.draft(visit.desk, visit.visitor.contact_id, "/new")
        draft = draft or portal_forms.guests_draft(visit.desk, visit.query.get("draft", ""), "/new")
    else:
        draft = None
    values = {"subject": visit.query.get("subject", "")[:_LONGEST_SUBJECT]}
    return _page(visit, visit.resumed(draft) if draft else visit.filled(values))


def send(visit: Visit) -> HTTPResponse:
    """Open the ticket, or show the form again with what is missing."""
    _refuse_guests_where_set(visit)
    form, chosen = visit.sent_form("/new"), _chosen(visit)
    problems = visit.put_files(form) | _faults(visit, chosen)
    if visit.form.number("remove") or problems or chosen is None:
        return _page(visit, visit.again(problems), status=400 if problems else 200)
    new = NewRequest(chosen, visit.form.line("subject"), visit.form.text("body").strip("\n"))
    try:
        sent = _sent(visit, new)
    except InvalidInput:
        problems = {"email": t("This is an address of ours. Enter your own one.")}
        return _page(visit, visit.again(problems), status=400)
    visit.site.delivery.soon(sent.mails)
    return visit.redirect(f"/sent/{form.nonce}")


def show_sent(visit: Visit, nonce: str) -> HTTPResponse:
    """The number, and what happens next."""
    number = portal_forms.went_to(visit.desk, nonce)
    if number is None:
        return gone(visit)
    return visit.page("sent.html", number=number)


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
    guest = Guest(visit.form.line("email"), visit.form.line("name")[:_LONGEST_NAME])
    return portal_requests.guest_request(visit.desk, guest, form, new)


def _offered(visit: Visit) -> tuple[Subject, ...]:
    return portal_forms.subjects(visit.desk, visit.language, guest=visit.visitor is None)


def _chosen(visit: Visit) -> Subject | None:
    offered = _offered(visit)
    about = visit.form.line("about")
    return offered[0] if len(offered) == 1 else next((each for each in offered if each.key == about), None)


def _faults(visit: Visit, chosen: Subject | None) -> dict[str, str]:
    """What is wrong, by field, in the order of the form."""
    form, found = visit.form, {}
    if chosen is None:
        found["about"] = t("Choose what it is about.")
    if visit.visitor is None:
        found |= _guests_faults(visit)
    if not form.line("subject"):
        found["subject"] = t("Say in a few words what it is about.")
    elif len(form.line("subject")) > _LONGEST_SUBJECT:
        found["subject"] = t("Take at most %(most)s characters here.", most=_LONGEST_SUBJECT)
    if not form.text("body").strip():
        found["body"] = t("Write what happened, or what you need.")
    elif len(form.text("body")) > LONGEST:
        found["body"] = too_long(len(form.text("body")))
    return found


def _guests_faults(visit: Visit) -> dict[str, str]:
    if addresses.check(visit.form.line("email")) is None:
        return {"email": t("Enter your e-mail address, as name@example.org.")}
    if visit.form.line("website"):
        return {"website": t("Leave this field empty: it is there to stop robots.")}
    if visit.token is not None and visit.token.age < _QUICKEST:
        return {"body": t("That was very fast. Please look it over and send it again.")}
    return {}


def _page(visit: Visit, filled: Filled, *, status: int = 200) -> HTTPResponse:
    offered = _offered(visit)
    if not offered:
        return visit.page("no_form.html", status=status)
    return visit.page("new.html", status=status, filled=filled, offered=offered)
