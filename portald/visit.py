"""One request as the routes see it: the desk, who visits, the form that came, and the ways to answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from bottle import HTTPResponse
from markupsafe import Markup

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations import portal_drafts
from helpdeskctl.operations.openid_sign_in import Discovered
from helpdeskctl.operations.portal_drafts import Form as SentForm
from helpdeskctl.operations.portal_drafts import LeftOut
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import portal_forms
from helpdeskctl.queries.look import Look
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.queries.portal_forms import Draft
from portald import framing
from portald.counts import Counts
from portald.delivery import Delivery
from portald.forms import Filled, Form
from portald.look import Looks, Theme, theme
from portald.markdown import own_words
from portald.pages import Pages
from portald.readings import Readings
from portald.texts import later, t
from portald.tokens import GUEST, FormToken, Tokens

LANGUAGE_COOKIE = "lang"
_KEPT_IN_LINKS = ("q", "show", "subject", "dept", "topic")
_LONGEST_COOKIES = 4096
_STEP = 0.25  # seconds
_NOT_ADDED = {
    "too much": later(
        "%(names)s could not be added: all files together may have %(size)s, and at most %(count)s files."
    ),
    "type": later("%(names)s could not be added: files of this kind are not accepted here."),
    "malware": later("%(names)s could not be added: the virus scanner found malware."),
    "later": later("%(names)s could not be checked for viruses just now. Try again in a few minutes."),
}


class SignInFirst(Exception):
    """This page is for people who have signed in."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all requests share."""

    desk: Desk
    pages: Pages
    tokens: Tokens
    delivery: Delivery
    readings: Readings = field(default_factory=Readings)
    counts: Counts = field(default_factory=Counts)
    openid: Discovered = field(default_factory=Discovered)
    looks: Looks = field(default_factory=Looks)


@dataclass(slots=True)
class Visit:
    """One request. `settings` are those that every page needs; `token` is the one of the form that came."""

    site: Site
    environ: Mapping[str, Any]
    settings: Mapping[str, Any]
    secure: bool
    visitor: Visitor | None = None
    form: Form = field(default_factory=Form)
    query: Mapping[str, str] = field(default_factory=dict)
    token: FormToken | None = None
    began: float = field(default_factory=time.monotonic)
    _language: tuple[Visitor | None, str] | None = None

    @property
    def desk(self) -> Desk:
        """The desk, connected for the length of the request."""
        return self.site.desk

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return str(self.environ.get("PATH_INFO", "/"))

    @property
    def peer(self) -> str:
        """The address of who asks, as `peers` found it."""
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def framed(self) -> bool:
        """Whether the page stands in a frame on another site, without navigation and cookies."""
        return framing.framed(self.environ)

    def at(self, path: str) -> str:
        """Where a page of ours stands for this visitor; in a frame the address keeps the language."""
        bare = path.removeprefix(framing.PREFIX)
        return f"{framing.PREFIX}{bare}?lang={self.language}" if self.framed else path

    @property
    def new_tab(self) -> Markup:
        """What a link needs that leads out of a frame: no other page of ours may stand in one."""
        return Markup(' target="_blank" rel="noopener"') if self.framed else Markup("")

    @property
    def draft_mark(self) -> str:
        """Whose drafts a browser keeps apart, without saying who that is."""
        return self.site.tokens.binding(f"draft|{self.visitor.contact_id}") if self.visitor else GUEST

    @property
    def actor(self) -> Actor:
        """The signed-in customer. Raises SignInFirst."""
        return self.signed_in.actor

    @property
    def signed_in(self) -> Visitor:
        """The visitor and their session. Raises SignInFirst for guests."""
        if self.visitor is None:
            raise SignInFirst
        return self.visitor

    @property
    def customer(self) -> Actor | None:
        """The signed-in customer, None for guests."""
        return self.visitor.actor if self.visitor else None

    def in_language(self, language: str) -> str:
        """This page in another language, as a link that does not name the page: what is missing looks all the same."""
        known = {name: value for name, value in self.query.items() if name in _KEPT_IN_LINKS}
        return f"?{urlencode({**known, 'lang': language})}"

    @property
    def came_from(self) -> str:
        """The path of our own page on which a button was pressed, "/" where the browser does not say."""
        said = urlsplit(str(self.environ.get("HTTP_REFERER", "")))
        return said.path if said.netloc == self.environ.get("HTTP_HOST") else "/"

    def done(self, known: Collection[str]) -> str:
        """What has just been done, as the address says after a redirect; "" for what is none of the `known` words."""
        said = self.query.get("done", "")
        return said if said in known else ""

    def words(self, name: str) -> str:
        """A search as it stands in the address, on one line and not longer than anybody types."""
        return " ".join(self.query.get(name, "")[:200].split()).replace("\0", "")

    def mark(self, name: str) -> int | None:
        """A number in the address at which a list goes on, None without one."""
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def zone(self) -> str:
        """The reader's time zone."""
        return self.visitor.timezone if self.visitor else str(self.settings["timezone"])

    @property
    def language(self) -> str:
        """The reader's language: of their account, else as chosen here, else of the browser, else the desk's."""
        if self._language is None or self._language[0] is not self.visitor:  # who it is comes to be known on the way
            self._language = self.visitor, self._wanted_language()
        return self._language[1]

    def _wanted_language(self) -> str:
        offered = self.settings.get("languages", ("en",))
        own = self.visitor.language if self.visitor else None
        wanted = (own, self.query.get("lang"), self.cookie(LANGUAGE_COOKIE), *accepted(self.environ))
        return next((each for each in wanted if each in offered), None) or self.settings.get("default_language", "en")

    @property
    def look(self) -> Look:
        """The desk's own pictures, pages and words."""
        return self.site.looks.present

    @property
    def theme(self) -> Theme:
        """The desk's own colours and style sheet, over the shipped ones."""
        known = (self.settings[key] for key in ("accent", "accent_as_it_is", "corner_radius"))
        return theme(*known, self.look.style)

    @property
    def own_pages(self) -> Sequence[tuple[str, str]]:
        """Name and address of the desk's own pages in the navigation, for this reader."""
        usual = self.settings["default_language"]
        found = self.look.navigation(self.language, usual, signed_in=self.visitor is not None)
        return [(name, url or f"/p/{quote(key)}") for key, name, url in found]

    def own_words(self, key: str) -> Markup:
        """What the desk says of its own in a place (`domain.pages.TEXTS`), empty where it says nothing."""
        found = self.look.text(key, self.language, self.settings["default_language"])
        return own_words(found[1], found[0]) if found else Markup("")

    def cookie(self, name: str) -> str:
        """A cookie of the browser, "" without it."""
        try:
            jar = SimpleCookie(str(self.environ.get("HTTP_COOKIE", ""))[:_LONGEST_COOKIES])
        except CookieError:
            return ""
        return jar[name].value if name in jar else ""

    @property
    def contact_id(self) -> int | None:
        """The contact who has signed in, None for guests."""
        return self.visitor.contact_id if self.visitor else None

    @property
    def session(self) -> str | None:
        """The fingerprint of the session, None for guests."""
        return self.visitor.session if self.visitor else None

    def browser(self, *, remember: bool = False) -> Browser:
        """What a new session remembers of where it was opened."""
        return Browser(self.peer, str(self.environ.get("HTTP_USER_AGENT", "")), self.session, remember)

    # -- answers --------------------------------------------------------------------------------------------------

    def page(self, template: str, *, status: int = 200, private: bool = True, **values: Any) -> HTTPResponse:
        """A page of the portal. `private`: search engines leave it alone."""
        body = self.site.pages.render(template, visit=self, **values)
        headers = {"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-store"}
        return HTTPResponse(body, status, **headers, **({"X-Robots-Tag": "noindex"} if private else {}))

    def redirect(self, path: str, *, secret: str | None = None, remember: bool = False) -> HTTPResponse:
        """Go on at `path`, which is one of our own; `secret` begins a session in the browser, "" ends it."""
        answer = HTTPResponse("", 303, Location=path, **{"Cache-Control": "no-store"})
        if secret is not None:
            longest: timedelta = self.settings["session_longest"]
            age = 0 if not secret else int(longest.total_seconds()) if remember else None
            answer.set_cookie(
                cookie_name(secure=self.secure), secret, path="/", httponly=True, samesite="lax", secure=self.secure,
                **({} if age is None else {"maxage": age}),
            )  # fmt: skip
        return answer

    def even_out(self) -> None:
        """Let a fixed time pass, so that it cannot be told what was done in it."""
        spent = time.monotonic() - self.began
        time.sleep(_STEP - spent % _STEP)

    # -- forms ----------------------------------------------------------------------------------------------------

    @property
    def nonce(self) -> str:
        """What the form that came is known by, "" for one without text."""
        return self.token.nonce if self.token else ""

    def button(self) -> str:
        """The token of a form that is one button."""
        return self.site.tokens.button(self.session, self.contact_id)

    @property
    def bindings(self) -> tuple[str, ...]:
        """What forms are bound to that may be sent here, first what a new one is: the session; in a frame, where none
        is seen, a site that is listed, or "" where the browser does not tell around whose page."""
        tokens = self.site.tokens
        if not self.framed:
            return (tokens.binding(self.session),)
        sites = (framing.around(self.environ), "", *framing.listed(self.environ))
        return tuple(tokens.of_frame(site) for site in sites)

    def filled(
        self,
        values: Mapping[str, str] | None = None,
        *,
        again: FormToken | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Filled:
        """A form to be shown; `again`: one that goes on with the text and files of an earlier one."""
        binding = again.binding if again and again.binding in self.bindings else self.bindings[0]
        token = self.site.tokens.make(self.session, self.contact_id, now=self.desk.now(), again=again, binding=binding)
        files = portal_forms.basket(self.desk, again.nonce) if again and again.nonce else ()
        return Filled(token, values or {}, problems or {}, files)

    def again(self, problems: Mapping[str, str] | None = None) -> Filled:
        """The form that came, to be shown again as it was."""
        return self.filled(self.form.fields, again=self.token, problems=problems)

    def resumed(self, draft: Draft) -> Filled:
        """A form with what was kept of it when it could not be sent."""
        return self.filled(draft.fields, again=FormToken(draft.nonce))

    def sent_form(self, route: str) -> SentForm:
        """The form that came, as operations know it."""
        if self.token is None:
            raise ValueError("a form without its token: the route is not wired as POST")
        return SentForm(self.token.nonce, route, self.token.contact_id, self.peer)

    def put_files(self, form: SentForm) -> dict[str, str]:
        """Put the files that came into the form's basket, take out the one to be removed; what went wrong by field."""
        if upload := self.form.number("remove"):
            portal_drafts.take_out(self.desk, form.nonce, upload)
        trusted = self.visitor is not None
        left_out = portal_drafts.put(self.desk, form, self.form.files(), trusted=trusted)
        return {"files": " ".join(self.not_added(left_out))} if left_out else {}

    def not_added(self, left_out: Sequence[LeftOut]) -> Iterator[str]:
        """The words for files that were not taken, a sentence for each reason."""
        names: dict[str, list[str]] = {}
        for file in left_out:
            named = f"{file.filename} ({file.signature})" if file.signature else file.filename
            names.setdefault(file.why, []).append(named)
        size = self.site.pages.size(self.settings["attachment_size"])
        for why, listed in names.items():
            yield t(_NOT_ADDED[why], names=", ".join(listed), size=size, count=self.settings["attachment_files"])


Handler = Callable[..., HTTPResponse]


def accepted(environ: Mapping[str, Any]) -> list[str]:
    """The languages that a browser asks for, the dearest first (RFC 9110 §12.5.4): `de-AT;q=0.8` counts as `de`."""
    found = []
    for piece in str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))[:_LONGEST_COOKIES].split(",")[:20]:
        word, _, weight = piece.partition(";q=")
        try:
            found.append((-float(weight or 1), word.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return [language for weight, language in sorted(found, key=lambda each: each[0]) if weight < 0]


def cookie_name(*, secure: bool) -> str:
    """What the session's cookie is called: `__Host-` makes browsers insist on https, the whole host and the path /."""
    return "__Host-portal" if secure else "portal"
