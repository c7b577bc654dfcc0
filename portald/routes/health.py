"""For programs: is the process there, can it work; what robots may read, whom to tell of a hole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import timedelta

from bottle import HTTPResponse

from helpdeskctl.desk import Desk
from helpdeskctl.errors import ConfigError, HelpdeskError, NotFound
from helpdeskctl.queries import metrics, settings
from helpdeskctl.queries.portal_proof import NONCE, proof
from helpdeskctl.store import schema
from portald.visit import Visit

_PRIVATE = (
    "/tickets", "/files", "/messages", "/t/", "/new", "/sent", "/confirm", "/rate", "/embed", "/login", "/logout",
    "/register", "/forgot", "/reset", "/account", "/company",
)  # fmt: skip
_PATIENCE = 1.0  # seconds for the database
_CONTACT_HOLDS = timedelta(days=180)  # RFC 9116 §2.5.5 advises less than a year
_aside = ThreadPoolExecutor(1, "ready")  # a database that hangs must not hang the answer


def alive(visit: Visit) -> HTTPResponse:
    """The process answers; the database is not asked, for its fault is no reason to restart us (POR-10).

    Who asks with `?check=` and holds the desk's key learns that it is this desk and which version, and nobody else.
    """
    nonce = visit.query.get("check", "")
    return _text(f"ok {proof(visit.desk, nonce)}\n" if NONCE.fullmatch(nonce) else "ok\n")


def ready(visit: Visit) -> HTTPResponse:
    """Whether the portal can work, a word for each check. Neither versions nor numbers are told.

    Mail that is not fetched is told and no reason to take the portal out of service.
    """
    found = dict(_checks(visit.desk))
    ill = any(word == "fails" for word in found.values())
    return _text("".join(f"{name} {word}\n" for name, word in found.items()), 503 if ill else 200)


def robots(visit: Visit) -> HTTPResponse:
    """What search engines leave alone."""
    return _text("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in _PRIVATE))


def security(visit: Visit) -> HTTPResponse:
    """Whom to tell of a hole (RFC 9116), where the setting security_contact names somebody."""
    contact = settings.get(visit.desk, "security_contact")
    if not contact:
        raise NotFound("no security contact is set", subject="setting/security_contact")
    expires = (visit.desk.now() + _CONTACT_HOLDS).strftime("%Y-%m-%dT00:00:00Z")
    lines = [f"Contact: {contact if ':' in contact else f'mailto:{contact}'}", f"Expires: {expires}"]
    lines.append(f"Preferred-Languages: {', '.join(visit.settings['languages'])}")
    if url := visit.settings["portal_url"]:
        lines.append(f"Canonical: {url.rstrip('/')}/.well-known/security.txt")
    return _text("\n".join(lines) + "\n")


def icon(visit: Visit) -> HTTPResponse:
    """Where old browsers look for the icon."""
    return visit.redirect(visit.site.pages.urls["icon.svg"])


def _checks(desk: Desk) -> Iterator[tuple[str, str]]:
    try:
        yield from _aside.submit(_of_database, desk).result(_PATIENCE).items()
    except TookTooLong:
        yield "database", "fails"
    if desk.database.kind == "sqlite":  # Postgres keeps them itself
        there = next(folder for folder in (desk.blobs.root, *desk.blobs.root.parents) if folder.exists())
        yield "attachments", "ok" if os.access(there, os.W_OK | os.X_OK) else "fails"


def _of_database(desk: Desk) -> dict[str, str]:
    try:
        with desk.connected():
            try:
                schema.check(desk.database)
            except ConfigError:
                return {"database": "ok", "schema": "fails"}
            return {"database": "ok", "schema": "ok", "mail": "late" if metrics.mail_is_late() else "ok"}
    except HelpdeskError:
        return {"database": "fails"}


def _text(text: str, status: int = 200) -> HTTPResponse:
    return HTTPResponse(text, status, {"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"})
