"""Signing in at the desk's OpenID provider (POR-12): off to it, and back."""

from __future__ import annotations

import logging

from bottle import HTTPResponse

from helpdeskctl import log
from helpdeskctl.errors import NotFound, Refused, TryAgain
from helpdeskctl.operations import openid_sign_in
from helpdeskctl.operations.openid_sign_in import NoAccount, Unverified
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import openid as queries
from portald import cookies
from portald.links import safe_next
from portald.routes import registration
from portald.texts import t
from portald.visit import Visit


def leave(visit: Visit) -> HTTPResponse:
    """Off to the provider; the browser keeps what its answer must fit."""
    _provider(visit)
    after = safe_next(visit.query.get("next", "/"))
    if visit.visitor is not None:
        return visit.redirect(after)
    try:
        departure = openid_sign_in.begin(
            visit.desk, visit.site.openid, after=after, language=visit.language, peer=visit.peer
        )
    except (Refused, TryAgain) as fault:
        return _failed(visit, fault)
    answer = visit.redirect(departure.url)
    _cookie(visit, answer, departure.cookie)
    return answer


def come_back(visit: Visit) -> HTTPResponse:
    """The provider has sent the browser back."""
    cookie = cookies.read(visit.environ, _name(visit))
    try:
        arrival = openid_sign_in.finish(visit.desk, visit.site.openid, cookie, visit.query, visit.browser())
    except (Refused, TryAgain) as fault:
        return _failed(visit, fault)
    except (Unverified, NoAccount) as refused:
        log.event("portal.openid_refused", peer=visit.peer, why=refused.message)
        return _page(visit, _why(visit, refused), status=403)
    if arrival.registered.standing == "in":
        answer = visit.redirect(arrival.after, secret=arrival.registered.secret)
    else:
        answer = registration.landed(visit, arrival.registered)
    _cookie(visit, answer, "")
    return answer


def _failed(visit: Visit, fault: Refused | TryAgain) -> HTTPResponse:
    if isinstance(fault, TooMany):
        raise fault
    log.event("portal.openid_failed", level=logging.WARNING, peer=visit.peer, why=fault.message)
    return _page(visit, t("That did not work. Please try again, or sign in another way."), status=400)


def _why(visit: Visit, refused: Unverified | NoAccount) -> str:
    if isinstance(refused, NoAccount):
        return t("Nobody is known here by your address yet. Please write to us by e-mail.")
    return t(
        "%(provider)s tells us no confirmed e-mail address of yours that we could know you by. "
        "Confirm it there and try again, or sign in another way.",
        provider=_provider(visit),
    )


def _page(visit: Visit, why: str, *, status: int) -> HTTPResponse:
    answer = visit.page("openid.html", status=status, why=why, provider=_provider(visit))
    _cookie(visit, answer, "")
    return answer


def _provider(visit: Visit) -> str:
    known = visit.settings
    if not known["openid_issuer"]:
        raise NotFound("no OpenID provider is set up")
    return queries.shown_name(known["openid_name"], known["openid_issuer"])


def _name(visit: Visit) -> str:
    return cookies.host_only(cookies.OPENID, secure=visit.secure)


def _cookie(visit: Visit, answer: HTTPResponse, value: str) -> None:
    cookies.put(answer, _name(visit), value, secure=visit.secure, lasts=openid_sign_in.LASTS)
