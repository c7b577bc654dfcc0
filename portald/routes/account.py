"""Choosing a password: forgotten, invited, or changed."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import passwords, portal_access, portal_accounts
from helpdeskctl.operations.portal_access import SignInAgain, WrongPassword
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import portal
from portald import texts
from portald.links import safe_next
from portald.routes.login import gone
from portald.texts import later, t
from portald.visit import Visit

_FAULTS = {
    "short": later("Take at least %(shortest)s characters. Several words are easier to keep in mind than signs."),
    "long": later("Take at most %(longest)s characters."),
    "common": later("This password is one of those that everybody tries first. Take another one."),
    "personal": later("This is too near to your address. Take another one."),
}


def show_forgot(visit: Visit) -> HTTPResponse:
    """Where a new password is asked for."""
    return visit.page("forgot.html", filled=visit.filled(), sent=visit.query.get("done") == "asked")


def ask_reset(visit: Visit) -> HTTPResponse:
    """Whatever the address is, the answer and its time are the same."""
    try:
        mail = portal_access.ask_reset(visit.desk, visit.form.line("email"), peer=visit.peer)
    except TooMany as error:
        problems = {"email": texts.wait(error.until, visit.zone)}
        return visit.page("forgot.html", status=429, filled=visit.again(problems), sent=False)
    visit.site.delivery.soon(mail)
    visit.even_out()
    return visit.redirect("/forgot?done=asked")


def show_reset(visit: Visit, secret: str) -> HTTPResponse:
    """The form behind a mailed link."""
    if not portal.holds(visit.desk, secret, "reset", "invite"):
        return gone(visit)
    return visit.page("reset.html", filled=visit.filled())


def reset(visit: Visit, secret: str) -> HTTPResponse:
    """A password was chosen there."""
    try:
        entered = portal_access.reset_password(visit.desk, secret, visit.form.secret("new"), visit.browser())
    except InvalidInput as error:
        return visit.page("reset.html", status=400, filled=visit.filled(problems={"new": fault(error)}))
    return visit.redirect("/?done=password", secret=entered.secret) if entered else gone(visit)


def show_password(visit: Visit) -> HTTPResponse:
    """The form to change it, for who has signed in."""
    return visit.page("password.html", filled=visit.filled(), who=visit.actor)


def change_password(visit: Visit) -> HTTPResponse:
    """It was changed: every other session has ended."""
    new, current = visit.form.secret("new"), visit.form.secret("current")
    try:
        entered = portal_access.set_password(visit.desk, visit.signed_in, new, current=current, browser=visit.browser())
    except WrongPassword:
        problems = {"current": t("This is not your present password.")}
        return visit.page("password.html", status=400, filled=visit.filled(problems=problems), who=visit.actor)
    except SignInAgain:
        again = t("You came in a while ago. Please sign out, sign in again and come back here.")
        return visit.page("password.html", status=400, filled=visit.filled(problems={"new": again}), who=visit.actor)
    except InvalidInput as error:
        filled = visit.filled(problems={"new": fault(error)})
        return visit.page("password.html", status=400, filled=filled, who=visit.actor)
    return visit.redirect("/?done=password", secret=entered.secret)


def choose_language(visit: Visit) -> HTTPResponse:
    """A language was chosen at the foot of a page: for the account, so for mails, too."""
    portal_accounts.choose_language(visit.desk, visit.actor, visit.form.line("language"))
    return visit.redirect(safe_next(visit.came_from))


def change_password_at(visit: Visit) -> HTTPResponse:
    """Where password managers ask to be sent."""
    return visit.redirect("/account/password")


def fault(error: InvalidInput) -> str:
    """Why a password cannot be chosen, in words."""
    return t(_FAULTS[error.message], shortest=passwords.SHORTEST, longest=passwords.LONGEST)
