"""The portal as a WSGI application: every page with its method and handler, on one screen."""

from __future__ import annotations

from typing import Any

from bottle import Bottle

from helpdeskctl.desk import Desk
from portald import errors
from portald.counts import Counts
from portald.delivery import Delivery
from portald.pages import Pages
from portald.plugins import Application, Gate, Visits
from portald.routes import (
    account,
    address,
    articles,
    brand,
    company,
    delegates,
    embed,
    files,
    health,
    home,
    login,
    messages,
    openid,
    own_data,
    pages,
    people,
    profile,
    ratings,
    registration,
    requests,
    sessions,
    shared,
    tickets,
)
from portald.tokens import Tokens
from portald.visit import Site

KEY = r"<key:re:[^/\0]+>"  # Postgres knows no text with a NUL in it
NAME = "<name:re:.*>"
NONCE = "<nonce:re:[0-9a-f]{32}>"
ARTICLE, ATTACHMENT, FILE, MESSAGE, NUMBER = (
    f"<{each}:re:[1-9][0-9]{{0,17}}>" for each in ("article", "attachment", "file", "message", "number")
)
SECRET = "<secret:re:.*>"  # noqa: S105 - the shape of a path, no password
ONE_SECRET = "<secret:re:[^/]*>"  # noqa: S105 - the same, where the path goes on


def make_site(desk: Desk, counts: Counts | None = None) -> Site:
    """What all requests of a desk share. `counts`: those of all its processes."""
    return Site(desk, Pages(), Tokens(desk.keys.key("portal-form")), Delivery(desk), counts=counts or Counts())


def make_app(site: Site) -> Application:
    """The application, ready to be served."""
    return Gate(_named(wired(site), site), site)


def wired(site: Site) -> Any:
    """Every page at its place, before the gate is put round them."""
    app = Bottle()
    app.install(Visits(site))
    app.default_error_handler = errors.unrouted
    for subject in (_reading, _people, _account, _tickets, _asking, _files_and_health):
        subject(app)
    return app


def _reading(app: Any) -> None:
    app.route("/", "GET", home.show)
    app.route("/kb", "GET", articles.show_all)
    app.route("/kb/feed.atom", "GET", articles.feed)
    app.route("/kb/suggest", "GET", articles.suggest)
    app.route(f"/kb/files/{FILE}/{NAME}", "GET", articles.download)
    app.route(f"/kb/{ARTICLE}/vote", "POST", articles.vote, guest=True)
    app.route(f"/kb/<language:re:[a-z][a-z]>/{KEY}", "GET", articles.show)
    app.route("/search", "GET", articles.search)

    app.route(f"/p/{KEY}", "GET", pages.show)
    app.route("/brand/<name:re:logo|logo-dark|login>", "GET", brand.picture)
    app.route("/brand/theme.css", "GET", brand.theme)


def _people(app: Any) -> None:
    app.route("/login", "GET", login.show)
    app.route("/login", "POST", login.enter, guest=True)
    app.route("/login/code", "GET", login.show_code)
    app.route("/login/code", "POST", login.enter_by_code, guest=True)
    app.route(f"/login/link/{SECRET}", "GET", login.show_link)
    app.route(f"/login/link/{SECRET}", "POST", login.enter_by_link, guest=True)
    app.route("/login/openid", "GET", openid.leave)
    app.route("/login/openid/back", "GET", openid.come_back)
    app.route("/logout", "POST", login.leave)

    app.route("/register", "GET", registration.show)
    app.route("/register", "POST", registration.ask, guest=True)
    app.route(f"/register/{SECRET}", "GET", registration.show_link)
    app.route(f"/register/{SECRET}", "POST", registration.confirm, guest=True)

    app.route("/forgot", "GET", account.show_forgot)
    app.route("/forgot", "POST", account.ask_reset, guest=True)
    app.route(f"/reset/{SECRET}", "GET", account.show_reset)
    app.route(f"/reset/{SECRET}", "POST", account.reset, guest=True)
    app.route("/account/password", "GET", account.show_password)
    app.route("/account/password", "POST", account.change_password)
    app.route("/account/email", "GET", address.show)
    app.route("/account/email", "POST", address.ask)
    app.route(f"/account/email/{SECRET}", "GET", address.show_link)
    app.route(f"/account/email/{SECRET}", "POST", address.confirm, guest=True)
    app.route("/account/language", "POST", account.choose_language)


def _account(app: Any) -> None:
    app.route("/account", "GET", profile.show)
    app.route("/account", "POST", profile.save)
    app.route("/account/sessions", "GET", sessions.show)
    app.route("/account/sessions", "POST", sessions.end)
    app.route("/account/people", "GET", delegates.show)
    app.route("/account/people", "POST", delegates.change)
    app.route("/account/acting", "POST", delegates.switch)
    app.route("/account/data", "GET", own_data.show)
    app.route("/account/data/export", "POST", own_data.export)
    app.route("/account/data/delete", "GET", own_data.show_deletion)
    app.route("/account/data/delete", "POST", own_data.ask_deletion)
    app.route("/account/feed", "POST", own_data.switch_feed)
    app.route("/account/feed.atom", "GET", own_data.feed)


def _tickets(app: Any) -> None:
    app.route("/tickets", "GET", tickets.show_list)
    app.route(f"/tickets/{NUMBER}", "GET", tickets.show)
    app.route(f"/tickets/{NUMBER}/reply", "POST", tickets.reply)
    app.route(f"/tickets/{NUMBER}/close", "POST", tickets.close)
    app.route(f"/tickets/{NUMBER}/reopen", "POST", tickets.reopen)
    app.route(f"/tickets/{NUMBER}/cc", "POST", people.change)
    app.route(f"/tickets/{NUMBER}/mute", "POST", people.mute)
    app.route(f"/tickets/{NUMBER}/rate", "POST", ratings.rate)
    app.route(f"/rate/{ONE_SECRET}", "GET", ratings.show)
    app.route(f"/rate/{ONE_SECRET}", "POST", ratings.rate_by_link, guest=True)
    app.route(f"/rate/{ONE_SECRET}/stop", "GET", ratings.show_stop)
    app.route(f"/rate/{ONE_SECRET}/stop", "POST", ratings.stop, one_click=True)
    app.route(f"/files/{ATTACHMENT}/{NAME}", "GET", files.download)

    app.route(f"/messages/{MESSAGE}/html", "GET", messages.show)
    app.route("/company", "GET", company.show)
    app.route("/company/requests.csv", "GET", company.table)
    app.route("/company/people", "GET", company.show_people)
    app.route("/company/people", "POST", company.change_people)

    app.route(f"/t/{ONE_SECRET}", "GET", shared.show)
    app.route(f"/t/{ONE_SECRET}/reply", "POST", shared.reply, guest=True)
    app.route(f"/t/{ONE_SECRET}/messages/{MESSAGE}/html", "GET", shared.formatted)
    app.route(f"/t/{ONE_SECRET}/files/{ATTACHMENT}/{NAME}", "GET", shared.download)


def _asking(app: Any) -> None:
    app.route("/new", "GET", requests.show)
    app.route("/new", "POST", requests.send)
    app.route("/new/helped", "GET", requests.show_helped)
    app.route(f"/sent/{NONCE}", "GET", requests.show_sent)
    app.route(f"/confirm/{SECRET}", "GET", requests.show_confirm)
    app.route(f"/confirm/{SECRET}", "POST", requests.confirm, guest=True)

    app.route("/embed/new", "GET", requests.show)
    app.route("/embed/new", "POST", requests.send)
    app.route("/embed/new/helped", "GET", requests.show_helped)
    app.route(f"/embed/sent/{NONCE}", "GET", requests.show_sent)
    app.route("/embed/search", "GET", articles.search)
    app.route("/embed/suggest", "GET", articles.suggest)
    app.route("/embed.js", "GET", embed.script)


def _files_and_health(app: Any) -> None:
    app.route("/static/<mark>/<name>", "GET", files.static)
    app.route("/healthz", "GET", health.alive)
    app.route("/readyz", "GET", health.ready)
    app.route("/robots.txt", "GET", health.robots)
    app.route("/favicon.ico", "GET", health.icon)
    app.route("/.well-known/security.txt", "GET", health.security)
    app.route("/.well-known/change-password", "GET", account.change_password_at)


def _named(app: Any, site: Site) -> Application:
    """Bottle's own error handler gets nothing but the request: the site travels in it."""

    def call(environ: dict[str, Any], start: Any) -> Any:
        environ["portald.site"] = site
        return app(environ, start)

    return call
