"""Signing in, by password, mailed link or code, and out."""

from __future__ import annotations

from urllib.parse import quote

from bottle import HTTPResponse

from helpdeskctl.operations import portal_access
from helpdeskctl.operations.portal_access import AccessEnded, Entered, WrongPassword
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import openid, portal
from portald import links, texts
from portald.texts import t
from portald.visit import Visit

_CODE_ASKED = "asked"


def show(visit: Visit) -> HTTPResponse:
    """The sign-in form; behind a link from a mail of ours, one button that mails a sign-in link there (POR-5)."""
    after = links.safe_next(visit.query.get("next", "/"))
    if visit.visitor is not None:
        return visit.redirect(after)
    return _form(visit, {"next": after, "p": visit.query.get("p", "")})


def enter(visit: Visit) -> HTTPResponse:
    """Either button of the form."""
    if not visit.form.line("email") and not visit.form.line("p"):
        return _form(visit, problems={"email": t("Enter your e-mail address.")}, status=400)
    return _by_password(visit) if visit.form.line("action") == "password" else _mail_link(visit)


def show_code(visit: Visit) -> HTTPResponse:
    """Where the six digits are typed."""
    return _code_form(visit, visit.query.get(_CODE_ASKED, ""), links.safe_next(visit.query.get("next", "/")))


def enter_by_code(visit: Visit) -> HTTPResponse:
    """The digits were typed."""
    asked, after = visit.form.line(_CODE_ASKED), links.safe_next(visit.form.line("next"))
    remember = bool(visit.form.line("remember"))
    browser = visit.browser(remember=remember)
    entered = portal_access.sign_in_by_code(visit.desk, asked, visit.form.line("code"), browser)
    if entered is None:
        problems = {
            "code": t("This code is not right, or it is too old. Look at the newest mail, or ask for a new one.")
        }
        return _code_form(visit, asked, after, problems=problems, status=400)
    return _landed(visit, entered, after, remember=remember)


def show_link(visit: Visit, secret: str) -> HTTPResponse:
    """A page with one button: programs that look into mails follow links, and must use nothing up."""
    if not portal.holds(visit.desk, secret, "sign_in"):
        return gone(visit)
    return visit.page("link.html", filled=visit.filled())


def enter_by_link(visit: Visit, secret: str) -> HTTPResponse:
    """The button was pressed."""
    remember = bool(visit.form.line("remember"))
    entered = portal_access.sign_in_by_link(visit.desk, secret, visit.browser(remember=remember))
    return _landed(visit, entered, "/", remember=remember) if entered else gone(visit)


def leave(visit: Visit) -> HTTPResponse:
    """Sign out."""
    if visit.visitor is not None:
        portal_access.sign_out(visit.desk, visit.visitor)
    return visit.redirect("/?done=signed-out", secret="")


def gone(visit: Visit) -> HTTPResponse:
    """The one page for every link that is not good: used, too old, cut off, or never ours."""
    return visit.page("gone.html", status=404)


def _by_password(visit: Visit) -> HTTPResponse:
    remember = bool(visit.form.line("remember"))
    email, password = visit.form.line("email"), visit.form.secret("password")
    if not password:
        return _form(visit, problems={"password": t("Write your password, or let us mail you a link.")}, status=400)
    try:
        browser = visit.browser(remember=remember)
        entered = portal_access.sign_in_by_password(visit.desk, email, password, browser)
    except WrongPassword:
        visit.even_out()
        problem = t("E-mail address and password do not belong together. You can also let us mail you a link.")
        return _form(visit, problems={"password": problem}, status=400)
    except AccessEnded as error:
        return visit.page("waiting.html" if error.waiting else "ended.html", status=403, until=error.until)
    except TooMany as error:
        return _form(visit, problems={"email": texts.wait(error.until, visit.zone)}, status=429)
    return _landed(visit, entered, links.safe_next(visit.form.line("next")), remember=remember)


def _mail_link(visit: Visit) -> HTTPResponse:
    """Whatever the address is, the answer and its time are the same."""
    after = links.safe_next(visit.form.line("next"))
    address = portal.recipient(visit.desk, visit.form.line("p")) or visit.form.line("email")
    nonce = visit.nonce
    try:
        mail = portal_access.ask_link(visit.desk, address, nonce=nonce, ticket=links.ticket_of(after), peer=visit.peer)
    except TooMany as error:
        return _form(visit, problems={"email": texts.wait(error.until, visit.zone)}, status=429)
    visit.site.delivery.soon(mail)
    visit.even_out()
    return visit.redirect(f"/login/code?{_CODE_ASKED}={nonce}&next={quote(after)}")


def _landed(visit: Visit, entered: Entered, after: str, *, remember: bool) -> HTTPResponse:
    where = f"/tickets/{entered.ticket}" if entered.ticket else after
    return visit.redirect(where, secret=entered.secret, remember=remember)


def _form(
    visit: Visit, values: dict[str, str] | None = None, *, problems: dict[str, str] | None = None, status: int = 200
) -> HTTPResponse:
    shown = values or {name: visit.form.line(name) for name in ("email", "next", "p", "remember")}
    known = portal.recipient(visit.desk, shown.get("p", "")) is not None
    filled = visit.filled(shown, problems=problems)
    provider = openid.shown_name(visit.settings["openid_name"], visit.settings["openid_issuer"])
    shown_by_handle = known and not problems
    return visit.page("login.html", status=status, filled=filled, by_handle=shown_by_handle, provider=provider)


def _code_form(
    visit: Visit, asked: str, after: str, *, problems: dict[str, str] | None = None, status: int = 200
) -> HTTPResponse:
    filled = visit.filled({_CODE_ASKED: asked[:64], "next": after}, problems=problems)
    return visit.page("code.html", status=status, filled=filled)
