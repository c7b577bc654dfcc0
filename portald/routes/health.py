"""For programs: is the process there, can it work; what robots may read."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries.portal_proof import NONCE, proof
from helpdeskctl.store import schema
from portald.visit import Visit

_ROBOTS = "User-agent: *\nDisallow: /tickets\nDisallow: /files\nDisallow: /login\nDisallow: /account\nDisallow: /sent\n"


def alive(visit: Visit) -> HTTPResponse:
    """The process answers; the database is not asked, for its fault is no reason to restart us (POR-10).

    Who asks with `?check=` and holds the desk's key learns that it is this desk and which version, and nobody else.
    """
    nonce = visit.query.get("check", "")
    return _text(f"ok {proof(visit.desk, nonce)}\n" if NONCE.fullmatch(nonce) else "ok\n")


def ready(visit: Visit) -> HTTPResponse:
    """The database answers, and with the schema this code knows. Neither versions nor numbers are told."""
    try:
        schema.check(visit.desk.database)
    except HelpdeskError:
        return _text("schema\n", 503)
    return _text("ok\n")


def robots(visit: Visit) -> HTTPResponse:
    """What search engines leave alone."""
    return _text(_ROBOTS)


def _text(text: str, status: int = 200) -> HTTPResponse:
    return HTTPResponse(text, status, {"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"})
