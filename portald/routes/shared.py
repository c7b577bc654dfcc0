"""One ticket by a link that an agent handed out: to be read and answered without signing in (POR-5)."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import portal
from portald.routes import files, messages, tickets
from portald.routes.login import gone
from portald.visit import Visit


def show(visit: Visit, secret: str) -> HTTPResponse:
    """The ticket, or the one page for links that are not good."""
    actor = portal.link_holder(visit.desk, secret)
    return gone(visit) if actor is None else _readable(visit, actor)


def reply(visit: Visit, secret: str) -> HTTPResponse:
    """Send the answer of whoever has the link."""
    actor = portal.link_holder(visit.desk, secret)
    return gone(visit) if actor is None else tickets.answer(visit, actor, actor.ticket or 0, at=f"/t/{secret}")


def download(visit: Visit, secret: str, attachment: str, name: str) -> HTTPResponse:
    """A file of the ticket."""
    actor = portal.link_holder(visit.desk, secret)
    if actor is None:
        raise NotFound("no such link")
    return files.send(visit, actor, int(attachment))


def formatted(visit: Visit, secret: str, message: str) -> HTTPResponse:
    """A message of the ticket as its sender formatted it."""
    actor = portal.link_holder(visit.desk, secret)
    return gone(visit) if actor is None else messages.page(visit, actor, int(message), at=f"/t/{secret}")


def _readable(visit: Visit, actor: Actor) -> HTTPResponse:
    try:
        return tickets.page(visit, actor, actor.ticket or 0, at=visit.path)
    except NotFound:  # moved by a merge, hidden, spam: a link tells nothing of that
        return gone(visit)
