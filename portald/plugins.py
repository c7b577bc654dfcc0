"""What happens round every request: Host, peer, connection, headers (`Gate`); session, forms, errors (`Visits`)."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bottle import HTTPResponse

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.domain.setting_types import LOOPBACK
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.operations import sessions
from helpdeskctl.queries import portal_origins, settings
from portald import cookies, errors, forms, framing, peers, texts
from portald.errors import Forged, Stale
from portald.tokens import GUEST
from portald.visit import Handler, Site, Visit

SETTINGS = (
    "name", "portal_url", "timezone", "languages", "default_language", "imprint_url", "privacy_url",
    "accent", "accent_as_it_is", "corner_radius", settings.LOOK,
    "sign_in", "registration", "openid_issuer", "openid_name", "session_longest",
    "guest_requests", "guest_question", "guest_answer", "attachment_size", "attachment_files",
    "portal_priority", "suggest_articles", "ratings", "remote_images",
)  # fmt: skip
"""What a request may need to know, read with it in one query: of the desk and its look, of who comes in, of forms."""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_NO_DATABASE = ("/healthz", "/readyz", "/static/", "/embed.js")
_LONGEST_QUERY = 4096
_YEAR = timedelta(days=365)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""On every answer, unless the answer brings a stricter one of its own."""
HSTS = "max-age=31536000; includeSubDomains"

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Gate:
    """WSGI: settles the peer, opens the desk for the request, lets only known hosts in, adds the headers."""

    def __init__(self, application: Application, site: Site) -> None:
        self.application = application
        self.site = site
        self.desk: Desk = site.desk
        self.known: Mapping[str, Any] = {}  # the settings as they were last read, for when the database is away
        self.origins: tuple[str, ...] = ()  # the same for the sites that may frame

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        began = time.monotonic()
        peers.settle(environ, self.desk.config.portal.trusted_proxies)
        try:
            return self._answer(environ, _with_headers(environ, start))
        finally:
            _note(self.site, environ, time.monotonic() - began)

    def _answer(self, environ: dict[str, Any], begin: Start) -> Iterable[bytes]:
        if self.known:  # as last read, for what asks no database and for what comes before it
            environ["portald.secure"] = bool(admitted(environ.get("HTTP_HOST", ""), self.known["portal_url"]))
        if environ["PATH_INFO"].startswith(_NO_DATABASE):
            return self.application(environ, begin)
        if framing.framed(environ):
            framing.enter(environ, self.origins)
        try:
            with self.desk.connected(), self.desk.database.steady():
                self._look_up(environ)
                return self._inside(environ, begin)
        except HelpdeskError as fault:
            log.event("portal.no_database", level=logging.ERROR, why=fault.message)
            return _plain(self._sorry(environ, fault), environ, begin)

    def _look_up(self, environ: dict[str, Any]) -> None:
        self.known = settings.several(self.desk, *SETTINGS)
        self.site.looks.mind(self.desk, self.known[settings.LOOK])
        if framing.framed(environ):
            self.origins = portal_origins.names(self.desk)
            framing.enter(environ, self.origins)

    def _inside(self, environ: dict[str, Any], begin: Start) -> Iterable[bytes]:
        secure = admitted(environ.get("HTTP_HOST", ""), self.known["portal_url"])
        if secure is None:
            return _plain(HTTPResponse("Bad request: this host is not served here.\n", 400), environ, begin)
        environ["portald.settings"], environ["portald.secure"] = self.known, secure
        return self.application(environ, begin)

    def _sorry(self, environ: dict[str, Any], fault: HelpdeskError) -> HTTPResponse:
        if not self.known:
            return HTTPResponse("We cannot be reached at the moment. Please try again later.\n", 503)
        host = environ.get("HTTP_HOST", "")
        visit = Visit(self.site, environ, self.known, bool(admitted(host, self.known["portal_url"])))
        with suppress(Forged, Stale, forms.TooLarge, forms.Unreadable):
            if environ["REQUEST_METHOD"] == "POST":
                _take_form(visit, guest=True)
        return errors.answer(visit, fault)


class Visits:
    """Bottle plugin: makes the `Visit` that every handler gets, checks what a POST must prove, turns errors to pages.

    A route wired with `guest=True` takes a guest's form from people who have signed in meanwhile; one with
    `one_click=True` takes a POST that no page of ours sent: there the address is a secret, and proof enough.
    """

    name = "visits"
    api = 2

    def __init__(self, site: Site) -> None:
        self.site = site

    def apply(self, callback: Handler, route: Any) -> Callable[..., HTTPResponse]:
        """Bottle's hook: the callback as it runs."""

        def run(**arguments: str) -> HTTPResponse:
            environ = errors.environ()
            visit = Visit(self.site, environ, environ.get("portald.settings", {}), environ.get("portald.secure", False))
            try:
                with self.site.desk.database.faults():  # a query finds the database gone as a transaction does
                    _greet(visit)
                with texts.speaking(visit.language):
                    answer = _answered(visit, callback, arguments, route.config)
            except Exception as error:  # before it was known who asks
                answer = errors.answer(visit, error)
            finally:
                visit.form.close()
                _count_readings(visit)
            environ["portald.page"] = route.rule
            return answer

        return run


def admitted(host: str, portal_url: str | None) -> bool | None:
    """Whether a request for `host` is served over https (True), plainly on this machine (False), or not (None)."""
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return None
    name, port = found[1], int(found[2] or 0)
    ours = urlsplit(portal_url or "")
    usual = {"https": 443, "http": 80}.get(ours.scheme, 0)
    if portal_url and name.strip("[]") == ours.hostname and (port or usual) == (ours.port or usual):
        return ours.scheme == "https"
    return False if name.strip("[]") in LOOPBACK else None


def same_origin(visit: Visit) -> bool:
    """Whether a POST comes from a page of ours, as far as the browser says."""
    said = visit.environ.get("HTTP_ORIGIN")
    if said is None:
        return visit.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") in ("same-origin", "none")
    host = visit.environ.get("HTTP_HOST", "").lower()
    return bool(said.lower() == (f"https://{host}" if visit.secure else f"http://{host}"))


def _answered(visit: Visit, callback: Handler, arguments: Mapping[str, str], wired: Mapping[str, Any]) -> HTTPResponse:
    try:
        with visit.desk.database.faults():
            if visit.environ["REQUEST_METHOD"] == "POST" and wired.get("one_click"):
                visit.form = forms.read(visit.environ, max_body=forms.LONGEST_TEXT)
            elif visit.environ["REQUEST_METHOD"] == "POST":
                _take_form(visit, guest=wired.get("guest", False))
            answer = callback(visit, **arguments)
    except Exception as error:
        return errors.answer(visit, error)
    if "secret" in arguments:  # the address itself must go nowhere, not even to ourselves
        answer.set_header("Referrer-Policy", "strict-origin")
    chosen = visit.query.get("lang") in visit.settings.get("languages", ())
    if visit.visitor is None and chosen and not visit.framed:
        cookies.put(answer, cookies.LANGUAGE, visit.query["lang"], secure=visit.secure, lasts=_YEAR)
    return answer


def _greet(visit: Visit) -> None:
    query = visit.environ.get("QUERY_STRING", "")[:_LONGEST_QUERY]
    visit.query = dict(parse_qsl(query, max_num_fields=50, errors="replace")) if query.count("&") < 50 else {}
    if "portald.settings" not in visit.environ:
        return
    visit.recognise()
    if visit.visitor is not None:
        sessions.note_use(visit.desk, visit.visitor)


def _take_form(visit: Visit, *, guest: bool) -> None:
    if not same_origin(visit):
        raise Forged
    try:
        visit.form = forms.read(visit.environ, max_body=visit.desk.config.portal.max_body)
    except forms.TooLarge as error:
        if "form" in error.fields:  # its texts may be shown again, if it is one of ours
            visit.form.fields.update(error.fields)
            _check_token(visit, guest=guest)
        raise
    _check_token(visit, guest=guest)


def _check_token(visit: Visit, *, guest: bool) -> None:
    visit.token = visit.site.tokens.read(visit.form.fields.get("form", ""), now=visit.desk.now())
    if visit.token is None:
        raise Forged
    if not (visit.token.binding in visit.bindings or (guest and visit.token.binding == GUEST)):
        raise Stale


def _count_readings(visit: Visit) -> None:
    """Once in a while; a database that is away must not spoil an answer that is ready."""
    with suppress(HelpdeskError):
        if "portald.settings" in visit.environ:
            visit.site.readings.write(visit.desk)


def _note(site: Site, environ: Mapping[str, Any], seconds: float) -> None:
    status = environ.get("portald.status", 500)
    site.counts.add(status, seconds)
    # the rule, not the path: a path can hold a one-time secret
    log.event(
        "portal.request", method=environ["REQUEST_METHOD"], page=environ.get("portald.page", "-"), status=status,
        ms=round(seconds * 1000),
    )  # fmt: skip


def _with_headers(environ: dict[str, Any], start: Start) -> Start:
    def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        environ["portald.status"] = int(status[:3])
        there = {name.lower() for name, _ in headers}
        added = framing.headers(environ, HEADERS)
        added |= {"Strict-Transport-Security": HSTS} if environ.get("portald.secure") else {}
        headers += [(name, value) for name, value in added.items() if name.lower() not in there]
        return start(status, headers, *rest)

    return begin


def _plain(answer: HTTPResponse, environ: dict[str, Any], begin: Start) -> Iterable[bytes]:
    body = answer.body.encode()
    headers = [(name, value) for name, value in answer.headerlist if name.lower() != "content-length"]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain; charset=UTF-8"))
    begin(answer.status_line, [*headers, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
