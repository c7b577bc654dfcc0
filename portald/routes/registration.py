"""Registering: the form, and the page behind the mailed link that proves the address (POR-1)."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import registration
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import registration as queries
from helpdeskctl.queries import settings
from helpdeskctl.queries.registration import Newcomer
from portald import texts
from portald.routes.account import fault
from portald.routes.login import gone
from portald.texts import later, t
from portald.visit import Visit

LONGEST_NAME = 100
_FAULTS = {
    "none": later("Enter your e-mail address, as name@example.org."),
    "ours": later("This is an address of ours. Enter your own one."),
    "domain": later("Only addresses of these companies can register here: %(domains)s."),
}


def show(visit: Visit) -> HTTPResponse:
    """The empty form; after it was sent, what happens next."""
    _refuse_unless_offered(visit)
    if visit.visitor is not None:
        return visit.redirect("/")
    return _page(visit, {"language": visit.language})


def ask(visit: Visit) -> HTTPResponse:
    """Whatever the address is, the answer and its time are the same."""
    _refuse_unless_offered(visit)
    if visit.form.line("website"):
        return _again(visit, "website", t("Leave this field empty: it is there to stop robots."))
    form = visit.form
    language = form.line("language")
    newcomer = Newcomer(
        form.line("email"),
        form.line("name")[:LONGEST_NAME],
        language if language in visit.settings["languages"] else visit.language,
    )
    try:
        mail = registration.ask(visit.desk, newcomer, nonce=visit.nonce, peer=visit.peer)
    except InvalidInput as error:
        return _again(visit, "email", address_fault(visit, error))
    except TooMany as error:
        return _again(visit, "email", texts.wait(error.until, visit.zone), status=429)
    visit.site.delivery.soon(mail)
    visit.even_out()
    return visit.redirect(f"/register?asked={visit.nonce}")


def show_link(visit: Visit, secret: str) -> HTTPResponse:
    """A page with one button, and a password for those who like."""
    typed = queries.typed(visit.desk, secret)
    if typed is None or queries.mode(visit.desk) == "closed":
        return gone(visit)
    return _proof(visit, typed, {"name": typed.name})


def confirm(visit: Visit, secret: str) -> HTTPResponse:
    """The button was pressed."""
    typed, form = queries.typed(visit.desk, secret), visit.form
    if typed is None:
        return gone(visit)
    name, password = form.line("name")[:LONGEST_NAME], form.secret("new")
    try:
        done = registration.confirm(visit.desk, secret, visit.browser(), name=name, password=password)
    except InvalidInput as error:
        return _proof(visit, typed, {"name": name}, problems={"new": fault(error)}, status=400)
    if done is None:
        return gone(visit)
    return landed(visit, done)


def landed(visit: Visit, done: registration.Registered) -> HTTPResponse:
    """Where somebody goes whose address is proven: in, or to the page that says why not yet, or why not."""
    if done.standing == "in":
        return visit.redirect("/?done=registered", secret=done.secret)
    if done.standing == "waiting":
        return visit.page("waiting.html")
    return visit.page("ended.html", status=403, until=None)


def address_fault(visit: Visit, error: InvalidInput) -> str:
    """What is wrong with an address, in words."""
    domains = ", ".join(settings.get(visit.desk, "registration_domains"))
    return t(_FAULTS[error.message], domains=domains)


def _refuse_unless_offered(visit: Visit) -> None:
    if queries.mode(visit.desk) == "closed":
        raise NotFound("nobody registers here")


def _again(visit: Visit, field: str, problem: str, *, status: int = 400) -> HTTPResponse:
    return _page(visit, visit.form.fields, problems={field: problem}, status=status)


def _page(
    visit: Visit, values: dict[str, str], *, problems: dict[str, str] | None = None, status: int = 200
) -> HTTPResponse:
    filled = visit.filled(values, problems=problems)
    asked = "" if problems else visit.query.get("asked", "")[:64]
    return visit.page("register.html", status=status, filled=filled, asked=asked)


def _proof(
    visit: Visit,
    typed: Newcomer,
    values: dict[str, str],
    *,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> HTTPResponse:
    filled = visit.filled(values, problems=problems)
    return visit.page("registration.html", status=status, filled=filled, address=typed.address)
