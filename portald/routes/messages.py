"""A mail as its sender formatted it, on a page of its own on which nothing runs and nothing is loaded from elsewhere.

The HTML was sanitized when it came in. The page does not rely on that: its policy refuses scripts, styles, frames,
forms and, until the reader asked for them, pictures of other hosts, whatever the HTML says.
"""

from __future__ import annotations

from urllib.parse import quote

from bottle import HTTPResponse
from markupsafe import Markup

from helpdeskctl.domain.permissions import Actor
from helpdeskctl.mail import sanitize
from helpdeskctl.queries import portal_html
from portald.visit import Visit

# allow-same-origin: the mail's own pictures need the reader's session. Without allow-scripts nothing else can use it.
_POLICY = (
    "default-src 'none'; img-src 'self'{}; style-src 'none'; sandbox allow-same-origin; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; form-action 'none'"
)
_REMOTE = " https: http:"


def show(visit: Visit, message: str) -> HTTPResponse:
    """A message of a ticket that the visitor sees."""
    return page(visit, visit.actor, int(message))


def page(visit: Visit, actor: Actor, message: int, *, at: str = "") -> HTTPResponse:
    """The page of a message; `at`: the path of the ticket's page, for who has no more than a link to it."""
    found = portal_html.formatted(visit.desk, actor, message)
    files = f"{at}/files"
    urls = {cid: f"{files}/{number}/{quote(name, safe='')}?inline=1" for cid, (number, name) in found.parts.items()}
    html = sanitize.with_parts(found.html, urls)
    remote = visit.query.get("images") == "1" or visit.settings["remote_images"] == "shown"
    shown = sanitize.with_remote(html) if remote else html
    answer = visit.page(
        "message.html",
        message=found,
        html=Markup(shown),  # noqa: S704  # sanitized at intake, and the page's policy holds without that
        back=f"{at or f'/tickets/{found.number}'}#m{found.id}",
        held_back=not remote and sanitize.with_remote(html) != html,
    )
    answer.set_header("Content-Security-Policy", _POLICY.format(_REMOTE if remote else ""))
    return answer
