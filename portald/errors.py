"""From the error family to pages: a status, what happened, what to do. No message of the family itself is shown:
those speak to admins.

A POST that failed comes back as a form with all its text and the button "Send again"; who must sign in first finds it
afterwards where it was.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from bottle import HTTPError, HTTPResponse, request

from helpdeskctl import errors as family
from helpdeskctl import log
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.operations import portal_drafts
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.store import schema
from portald import basket, forms, texts
from portald.texts import later, t
from portald.visit import SignInFirst, Site, Visit


class Forged(Exception):
    """A POST that no page of ours sent."""


class Stale(Exception):
    """A form of ours, made for another session than the present one."""


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TooMany, 429),
    (family.InvalidInput, 400),
    (family.InputMissing, 400),
    (family.NotFound, 404),
    (family.NotPermitted, 403),
    (family.Refused, 403),
    (family.Exists, 409),
    (family.NegativeAnswer, 409),
    (family.StorageFailed, 503),
    (family.TryAgain, 503),
    (forms.TooLarge, 413),
    (forms.Unreadable, 400),
    (Forged, 403),
    (Stale, 403),
)
_NOT_SHOWN = {"form", "password", "new", "current", "code", "website", "action", "remove"}
_RETRY_AFTER = 120  # seconds
_DRAFTED = ("body", "subject")
_BUTTON = re.compile(r"(/tickets/[0-9]+)/[a-z]+")  # where a form of a ticket's page goes to: the page is one level up


def environ() -> dict[str, Any]:
    """The WSGI environment of the request that is worked on in this thread."""
    found: dict[str, Any] = request.environ
    return found


def answer(visit: Visit, error: Exception) -> HTTPResponse:
    """The page for an error, in the reader's language."""
    with texts.speaking(visit.language):
        return _answer(visit, error)


def _answer(visit: Visit, error: Exception) -> HTTPResponse:
    if isinstance(error, SignInFirst):
        return _sign_in_first(visit)
    if isinstance(error, Stale) and visit.visitor is None and not visit.framed:
        return _sign_in_first(visit)
    status = status_of(error)
    if status == 500:
        note_fault(error)
        status = 503 if _is_changing(visit) else status
    if status in (503, 429):
        log.event("portal.refused", level=logging.WARNING, status=status, peer=visit.peer)
    kept = _kept(visit)
    title, text = words(visit, status, error)
    if _has_text(kept) and not isinstance(error, Forged | family.NotFound):
        page = visit.page("again.html", status=status, title=title, text=text, filled=_again(visit, kept, error))
    else:
        page = visit.page("error.html", status=status, title=title, text=text)
    if status == 503:
        page.set_header("Retry-After", str(_RETRY_AFTER))
    return page


def _is_changing(visit: Visit) -> bool:
    """Whether the schema is another one than ours: the desk is being upgraded, and what broke is no fault of ours."""
    try:
        with visit.desk.connected():
            schema.check(visit.desk.database)
    except HelpdeskError:
        return True
    return False


def unrouted(error: HTTPError) -> str:
    """Bottle's handler for what no route answers: the same pages."""
    found = environ()
    status = error.status_code
    if error.exception is not None:
        note_fault(error.exception)
    if "portald.settings" not in found:
        return "" if status == 404 else f"{status}\n"
    site: Site = found["portald.site"]
    visit = Visit(site, found, found["portald.settings"], found["portald.secure"])
    if status in (404, 405):  # nothing is broken: who has signed in finds their own menu and language
        visit.recognise()
    with texts.speaking(visit.language):
        title, text = words(visit, status, error)
        page = visit.page("error.html", status=status, title=title, text=text)
    error.set_header("Cache-Control", "no-store")
    return str(page.body)


def note_fault(error: BaseException, name: str = "portal.fault") -> None:
    """Log where a fault of ours happened; not its message, which may hold what people wrote."""
    steps = traceback.extract_tb(error.__traceback__)
    trace = " < ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno} {step.name}" for step in reversed(steps))
    log.event(name, level=logging.ERROR, error=type(error).__name__, trace=trace)


def status_of(error: Exception) -> int:
    """The HTTP status that tells of an error; 500 for what nobody expected."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def words(visit: Visit, status: int, error: Exception) -> tuple[str, str]:
    """Title and text of an error's page."""
    if isinstance(error, TooMany):
        until = texts.clock(error.until, visit.zone)
        return t("Too many attempts"), t("Please wait until %(until)s, then try again.", until=until)
    if isinstance(error, Stale):
        return t("Not sent yet"), t("This page was open for a long time. Please look it over and send it again.")
    if status == 413:
        most = visit.site.pages.size(visit.desk.config.portal.max_body)
        return t("That is too large"), t("Everything together may have %(most)s. Your text is kept below.", most=most)
    title, text = _WORDS.get(status, _WORDS[500])
    return t(title), t(text)


_WORDS: Mapping[int, tuple[str, str]] = {
    400: (later("This did not work"), later("We could not read what was sent. Please go back and try again.")),
    403: (
        later("This is not possible"),
        later("This cannot be done from here. Please open the page anew and try again."),
    ),
    404: (later("There is nothing here"), later("This page does not exist, or it is not meant for you.")),
    405: (later("This is not possible"), later("This page cannot be used that way.")),
    409: (
        later("Not done yet"),
        later("Something has changed in the meantime. Please open the page anew and try again."),
    ),
    500: (later("Something broke"), later("That was our fault, and it has been noted. Please try again later.")),
    503: (later("Please try again soon"), later("We are busy or being maintained. Please try again in a few minutes.")),
}


def _sign_in_first(visit: Visit) -> HTTPResponse:
    if visit.framed:  # nobody signs in in a frame: it could be around a page that only looks like ours
        return visit.page("no_form.html", status=403)
    if visit.environ["REQUEST_METHOD"] != "POST":
        handle = visit.query.get("p", "")
        return visit.redirect(f"/login?next={quote(visit.path)}" + (f"&p={quote(handle)}" if handle else ""))
    button = _BUTTON.fullmatch(visit.path)
    back = button[1] if button else visit.path.removesuffix("/reply")
    if visit.token is not None and visit.token.nonce and _has_text(_kept(visit)):
        form = visit.sent_form(visit.path)
        with suppress(TooMany):
            basket.put(visit, form)
        if portal_drafts.keep(visit.desk, form, _kept(visit)) and form.contact_id is None:
            back += f"?draft={form.nonce}"
    return visit.redirect(f"/login?next={quote(back, safe='/')}")


def _has_text(kept: Mapping[str, str]) -> bool:
    return any(kept.get(name, "").strip() for name in _DRAFTED)


def _kept(visit: Visit) -> dict[str, str]:
    """The texts of the form that came, as far as they are shown again."""
    return {name: value for name, value in visit.form.fields.items() if name not in _NOT_SHOWN}


def _again(visit: Visit, kept: Mapping[str, str], error: Exception) -> forms.Filled:
    """The form with the token it came with, which is good still; a stale one is made anew for the present session."""
    if not isinstance(error, Stale):
        return forms.Filled(visit.form.fields.get("form", ""), kept)
    return visit.filled(kept, again=visit.token)
