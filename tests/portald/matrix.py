"""What every route of the portal opens to whom: the table that `test_matrix` and `test_crawl` walk along.

A row names, for each kind of thing that a route can be asked for, who gets it. Whoever is not named gets what is shown
for a thing that is not there, or, on pages for customers (`inside`), is sent to sign in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PEOPLE = "nobody alice bob carl eve vera paul dele dora"
INSIDE = "alice bob carl eve vera paul dele"
OUTSIDE = "nobody dora"
SEES, RUNS, ACME, MAIN = "alice carl vera dele", "alice carl dele", "alice bob carl", "carl eve"
WITHHELD = ("hidden", "unproven", "spam", "unlisted")
OF_TICKET = {"t1": SEES, "solved": RUNS, "eves": "eve"}
ARTICLES = {"public": PEOPLE, "members": INSIDE, "company": ACME}

SEEN_BY: Mapping[str, str] = {
    **OF_TICKET, **dict.fromkeys((*WITHHELD, "tinas", "note", "draft"), ""),
    **ARTICLES, "openpage": PEOPLE, "memberspage": INSIDE,
}  # fmt: skip
"""Who may ever read the words of a thing, on whatever page."""


@dataclass(frozen=True, slots=True)
class Row:
    """`thing`: the name in the route of what is asked for, "" for pages of no such thing. `told`: who sees a thing and
    is told that they may not do this with it. `also`: further addresses of the same page. `tried`: who tries; tokens
    need nobody's session. `fields`: a form that is filled in rightly, `<key>` from the thing. `given`: what else stands
    in the route, as thing and kind."""

    thing: str
    opens: Mapping[str, str]
    told: Mapping[str, str] = field(default_factory=dict)
    inside: bool = False
    also: tuple[str, ...] = ()
    tried: str = PEOPLE
    fields: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, str] = ("", "")


def page(opens: str = PEOPLE, *also: str, **fields: str) -> Row:
    """A page of no single thing. One that is not for everybody is for customers."""
    return Row("", {"": opens}, inside=opens != PEOPLE, also=also, fields=fields)


def ticket(opens: str, told: str = "", **fields: str) -> Row:
    """Something about T1 and about one that is solved; eve has a ticket of her own."""
    everybody = {"t1": opens, "solved": RUNS, "eves": "eve"}
    return Row("number", everybody, told={"t1": told}, inside=True, fields=fields)


def token(*purposes: str, tried: str = "nobody", **fields: str) -> Row:
    """Something that tokens of these purposes open, to whoever has them."""
    return Row("secret", dict.fromkeys(purposes, tried), tried=tried, fields=fields)


def open_page(*also: str, tried: str = "nobody alice eve", **fields: str) -> Row:
    """A page that shows everybody the same."""
    return Row("", {"": tried}, tried=tried, also=also, fields=fields)


LINK = "nobody eve"
TABLE: Mapping[str, Row] = {
    "GET /": page(PEOPLE),
    "GET /login": open_page(),
    "POST /login": open_page(tried="nobody alice"),
    "GET /login/code": open_page(),
    "POST /login/code": open_page(tried="nobody alice"),
    "GET /login/link/<secret>": token("sign_in"),
    "POST /login/link/<secret>": token("sign_in"),
    "GET /login/openid": Row("", {}),
    "GET /login/openid/back": Row("", {}),
    "POST /logout": page(PEOPLE),
    "GET /register": open_page(),
    "POST /register": open_page(tried="nobody alice"),
    "GET /register/<secret>": token("register"),
    "POST /register/<secret>": token("register"),
    "GET /forgot": open_page(),
    "POST /forgot": open_page(tried="nobody alice"),
    "GET /reset/<secret>": token("reset", "invite"),
    "POST /reset/<secret>": token("reset", "invite", new="quiet brown otter"),
    "GET /account/password": page(INSIDE),
    "POST /account/password": page(INSIDE, new="quiet brown otter"),
    "GET /account/email": page(INSIDE),
    "POST /account/email": page(INSIDE),
    "GET /account/email/<secret>": token("change_address"),
    "POST /account/email/<secret>": token("change_address"),
    "POST /account/language": page(INSIDE, language="de"),
    "GET /account": page(INSIDE),
    "POST /account": page(INSIDE, phone="+49 30 1"),
    "GET /account/sessions": page(INSIDE),
    "POST /account/sessions": page(INSIDE, begun="2001-01-01T00:00:00+00:00"),
    "GET /account/people": page(INSIDE),
    "POST /account/people": page(INSIDE, email="<anew>"),
    "POST /account/acting": Row("", {"": ""}, inside=True, fields={"person": "helper@nowhere.example"}),
    "GET /account/data": page(INSIDE),
    "POST /account/data/export": page(INSIDE),
    "GET /account/data/delete": page(INSIDE),
    "POST /account/data/delete": page(INSIDE, action="ask"),
    "POST /account/feed": page(INSIDE, action="off"),
    "GET /account/feed.atom": Row("", {}),
    "GET /tickets": page(INSIDE, "?show=all", "?q=canary", "?show=solved"),
    "GET /tickets/<number>": ticket(SEES),
    "POST /tickets/<number>/reply": ticket(SEES, body="More.", seen="999999999999"),
    "POST /tickets/<number>/close": ticket(RUNS, told="vera"),
    "POST /tickets/<number>/reopen": ticket(RUNS, told="vera"),
    "POST /tickets/<number>/cc": ticket(RUNS, told="vera", email="<anew>", may_view="1"),
    "POST /tickets/<number>/mute": Row(
        "number",
        {"t1": "carl vera", "solved": "carl"},
        told={"t1": "alice dele", "solved": "alice dele", "eves": "eve"},
        inside=True,
        fields={"action": "mute"},
    ),
    "POST /tickets/<number>/rate": Row(
        "number",
        {"solved": "alice dele"},
        told={"t1": SEES, "solved": "carl", "eves": "eve"},
        inside=True,
        fields={"good": "yes"},
    ),
    "GET /rate/<secret>": token("rate"),
    "POST /rate/<secret>": token("rate", good="yes"),
    "GET /rate/<secret>/stop": token("rate"),
    "POST /rate/<secret>/stop": token("rate", **{"List-Unsubscribe": "One-Click"}),
    "GET /company": page(MAIN, "?show=all"),
    "GET /company/requests.csv": page(MAIN, "?show=all"),
    "GET /company/people": page(MAIN),
    "POST /company/people": Row(
        "person",
        {"bob": "carl"},
        told={"eve": "eve"},
        inside=True,
        fields={"action": "no_main", "person": "<person>"},
    ),
    "GET /files/<attachment>/<name>": Row("attachment", OF_TICKET, inside=True),
    "GET /messages/<message>/html": Row("message", OF_TICKET, inside=True),
    "GET /t/<secret>": token("ticket_link", tried=LINK),
    "POST /t/<secret>/reply": token("ticket_link", tried=LINK, body="By link.", seen="999999999999"),
    "GET /t/<secret>/files/<attachment>/<name>": Row(
        "attachment", {"tinas": LINK}, tried=LINK, given=("secret", "ticket_link")
    ),
    "GET /t/<secret>/messages/<message>/html": Row(
        "message", {"tinas": LINK}, tried=LINK, given=("secret", "ticket_link")
    ),
    "GET /new": page(PEOPLE),
    "POST /new": page(PEOPLE, subject="Hello", body="Please help."),
    "GET /new/helped": open_page(),
    "GET /embed/new": open_page(),
    "POST /embed/new": open_page(tried="nobody"),
    "GET /embed/new/helped": open_page(),
    "GET /embed/sent/<nonce>": Row("nonce", {"alices": LINK}, tried=LINK),
    "GET /embed/search": open_page("?q=canary"),
    "GET /embed/suggest": open_page("?q=canary"),
    "GET /embed.js": open_page(),
    "GET /sent/<nonce>": Row("nonce", {"alices": LINK}, tried=LINK),
    "GET /confirm/<secret>": token("confirm"),
    "POST /confirm/<secret>": token("confirm"),
    "GET /kb": page(PEOPLE),
    "GET /kb/feed.atom": open_page(),
    "GET /kb/suggest": page(PEOPLE, "?q=canary"),
    "GET /kb/files/<file>/<name>": Row("file", ARTICLES),
    "POST /kb/<article>/vote": Row("article", ARTICLES, fields={"key": "<key>", "language": "en", "action": "yes"}),
    "GET /kb/<language>/<key>": Row("key", ARTICLES),
    "GET /search": page(PEOPLE, "?q=canary"),
    "GET /p/<key>": Row("page", {"openpage": PEOPLE, "memberspage": INSIDE}),
    "GET /brand/<name>": Row("picture", {}),
    "GET /brand/theme.css": open_page(),
    "GET /static/<mark>/<name>": Row("mark", {"sheet": LINK}, tried=LINK),
    "GET /healthz": open_page(),
    "GET /readyz": open_page(),
    "GET /robots.txt": open_page(),
    "GET /favicon.ico": open_page(),
    "GET /.well-known/security.txt": open_page(),
    "GET /.well-known/change-password": open_page(),
}
"""Method and rule of a route: who gets what."""
