"""One request as the routes see it: the desk, who visits, the form that came, and the ways to answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from bottle import HTTPResponse
from markupsafe import Markup

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations.openid_sign_in import Discovered
from helpdeskctl.operations.portal_drafts import Form as SentForm
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import portal, portal_forms
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.queries.portal_forms import Draft
from portald import cookies, framing
from portald.browsers import accepted
from portald.counts import Counts
from portald.delivery import Delivery
from portald.forms import Filled, Form
from portald.look import Looks, OwnLook
from portald.pages import Pages
from portald.readings import Readings
from portald.tokens import GUEST, FormToken, Tokens

_KEPT_IN_LINKS = ("q", "show", "subject", "dept", "topic")
_STEP = 0.25  # seconds


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

    def recognise(self) -> None:
        """Know the visitor by the session that came with the request, if one did."""
        if secret := cookies.read(self.environ, cookies.host_only(cookies.SESSION, secure=self.secure)):
            self.visitor = portal.visitor(self.desk, secret)

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
        wanted = (own, self.query.get("lang"), cookies.read(self.environ, cookies.LANGUAGE), *accepted(self.environ))
        return next((each for each in wanted if each in offered), None) or self.settings.get("default_language", "en")

    @property
    def own(self) -> OwnLook:
        """The desk's own pictures, colours, pages and words for this reader."""
        return OwnLook(self.site.looks.present, self.settings, self.language, self.visitor is not None)

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
            lasts = self.settings["session_longest"] if remember else None
            name = cookies.host_only(cookies.SESSION, secure=self.secure)
            cookies.put(answer, name, secret, secure=self.secure, lasts=lasts)
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


Handler = Callable[..., HTTPResponse]
