"""Changing one's address, or adding one: asked for with the password, confirmed by a link to the new address."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import address_change
from helpdeskctl.operations.address_change import Proof
from helpdeskctl.operations.portal_access import WrongPassword
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import portal
from helpdeskctl.queries.portal import Visitor
from portald import texts
from portald.routes.login import gone
from portald.texts import later, t
from portald.visit import Visit

_FAULTS = {
    "none": later("Enter your e-mail address, as name@example.org."),
    "ours": later("This is an address of ours. Enter your own one."),
    "same": later("This is your address already."),
}


def show(visit: Visit) -> HTTPResponse:
    """The addresses there are, and the form for another one."""
    return _page(visit, sent=visit.query.get("done") == "asked")


def ask(visit: Visit) -> HTTPResponse:
    """Whatever the new address is, the answer and its time are the same."""
    try:
        return _mail_code(visit) if visit.form.line("action") == "code" else _ask(visit)
    except TooMany as error:
        return _again(visit, {"email": texts.wait(error.until, visit.zone)}, status=429)
    except InvalidInput as error:
        return _again(visit, {"email": t(_FAULTS[error.message])})
    except WrongPassword:
        visit.even_out()
        return _again(visit, _wrong(visit.signed_in))


def show_link(visit: Visit, secret: str) -> HTTPResponse:
    """A page that says whose account it is about, with a button for either wish."""
    found = portal.proposed(visit.desk, secret)
    if found is None:
        return gone(visit)
    who, address = found
    return visit.page("address_link.html", filled=visit.filled(), who=who, address=address)


def confirm(visit: Visit, secret: str) -> HTTPResponse:
    """One of them was pressed."""
    keep = visit.form.line("action") == "add"
    session = address_change.confirm(visit.desk, secret, visit.browser(), keep=keep, here=visit.contact_id)
    if session is None:
        return gone(visit)
    if session:
        return visit.redirect("/account/email?done=changed", secret=session)
    return visit.redirect("/login?done=address")


def _wrong(visitor: Visitor) -> dict[str, str]:
    if visitor.has_password:
        return {"current": t("This is not your present password.")}
    return {"code": t("This code is not right, or it is too old. Look at the newest mail, or ask for a new one.")}


def _ask(visit: Visit) -> HTTPResponse:
    form = visit.form
    proof = Proof(form.secret("current"), form.line("code"), visit.nonce)
    mails = address_change.ask(visit.desk, visit.signed_in, form.line("email"), proof, peer=visit.peer)
    visit.site.delivery.soon(*mails)
    visit.even_out()
    return visit.redirect("/account/email?done=asked")


def _mail_code(visit: Visit) -> HTTPResponse:
    mail = address_change.mail_code(visit.desk, visit.signed_in, nonce=visit.nonce, peer=visit.peer)
    visit.site.delivery.soon(mail)
    return _page(visit, coded=True)


def _again(visit: Visit, problems: dict[str, str], *, status: int = 400) -> HTTPResponse:
    return _page(visit, problems, status=status, coded="code" in visit.form.fields)


def _page(
    visit: Visit,
    problems: dict[str, str] | None = None,
    *,
    status: int = 200,
    sent: bool = False,
    coded: bool = False,
) -> HTTPResponse:
    who = visit.actor
    filled = visit.again(problems) if visit.token is not None else visit.filled()
    return visit.page("address.html", status=status, filled=filled, who=who, sent=sent, coded=coded)
